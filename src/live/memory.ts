import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { ChangeFeed } from './changeFeed.ts';
import type { Change } from '../projections/running/changedSubjects.ts';

/** Loads at once when everything is read again: more would take the connections that calls wait for. */
const RELOADS_AT_ONCE = 4;

export interface MemoryOptions<Id extends string, Value extends object> {
  readonly feed: Pick<ChangeFeed, 'trusted' | 'onChange'>;
  /** Reads one value from the tables; undefined when there is none. */
  readonly load: (id: Id) => Promise<Value | undefined>;
  /** Picks the ids that a change concerns. */
  readonly select: (change: Exclude<Change, { readonly all: true }>) => readonly Id[];
  /** How many values are kept, and how many ids that have none. */
  readonly capacity: number;
  /** Says that a value read again is as before: then the one in use stays. (Default: deep equality) */
  readonly same?: (before: Value, after: Value) => boolean;
}

/** Told when a value read again is another one; undefined: it is gone. */
export type ReplacedListener<Id, Value> = (id: Id, value: Value | undefined) => void;

/** Rows in memory that are as true as the tables. DESIGN 5, in-memory verdicts. */
export interface Memory<Id extends string, Value extends object> extends Disposable {
  /** Answers synchronously, without SQL, what it holds while the feed is trusted; else it loads. Rejects with what `load` throws. */
  get(id: Id): Value | undefined | Promise<Value | undefined>;
  /** Makes an id be read again at every change of it, even when its value had to give way; returns what ends that. */
  hold(id: Id): () => void;
  onReplaced(listener: ReplacedListener<Id, Value>): () => void;
}

interface Entry<Value> {
  readonly value: Value;
  /** False from when a change was notified until it has been read again. */
  fresh: boolean;
}

interface Loading<Value> {
  readonly result: Promise<Value | undefined>;
  /** A change was notified after it began: what it reads may be the older value, and is not used. */
  outdated: boolean;
  /** The load that begins when this one ends, for those who need to see what was there when they asked. */
  next: Promise<Value | undefined> | undefined;
}

/** Makes an in-memory copy of rows that the change feed keeps true. */
export function createMemory<Id extends string, Value extends object>(
  options: MemoryOptions<Id, Value>,
): Memory<Id, Value> {
  const { feed, load, select, capacity, same = isDeepStrictEqual } = options;
  const known = new LRUCache<Id, Entry<Value>>({ max: capacity });
  // Apart, so that guessing at ids evicts nothing but other guesses.
  const unknown = new LRUCache<Id, true>({ max: capacity });
  const loadings = new Map<Id, Loading<Value>>();
  const holds = new Map<Id, number>();
  const listeners = new Set<ReplacedListener<Id, Value>>();

  /** Keeps what was read. @returns the value now in use: the one before, when it is the same */
  function remember(id: Id, value: Value | undefined): Value | undefined {
    const before = known.peek(id)?.value;
    const now = before !== undefined && value !== undefined && same(before, value) ? before : value;
    if (now === undefined) {
      known.delete(id);
      unknown.set(id, true);
    } else {
      unknown.delete(id);
      known.set(id, { value: now, fresh: true });
    }
    // Nobody knows what a held id without a value had before, so its holders are always told.
    const replaced = before === undefined ? holds.has(id) : now !== before;
    if (replaced) for (const listener of listeners) listener(id, now);
    return now;
  }

  function begin(id: Id): Promise<Value | undefined> {
    // One step takes the value in, so that no change can come between it and the end of the load.
    const result = load(id).then(
      (value) => {
        loadings.delete(id);
        return loading.outdated ? current(id) : remember(id, value);
      },
      (error: unknown) => {
        loadings.delete(id);
        throw error;
      },
    );
    const loading: Loading<Value> = { result, outdated: false, next: undefined };
    loadings.set(id, loading);
    return result;
  }

  /** What the load under way reads, or a new one. */
  function current(id: Id): Promise<Value | undefined> {
    return loadings.get(id)?.result ?? begin(id);
  }

  /** What a load reads that begins now or later. */
  function later(id: Id): Promise<Value | undefined> {
    const loading = loadings.get(id);
    if (loading === undefined) return begin(id);
    const ended = loading.result.catch(() => undefined);
    return (loading.next ??= ended.then(() => current(id)));
  }

  async function reload(id: Id): Promise<void> {
    const loading = loadings.get(id);
    if (loading !== undefined) await loading.result;
    // Dropped, or read again by a call, since the change.
    else if (known.peek(id)?.fresh === false || (holds.has(id) && known.peek(id) === undefined)) await begin(id);
  }

  async function onChange(change: Change): Promise<void> {
    const ids =
      'all' in change ? new Set([...known.keys(), ...loadings.keys(), ...holds.keys()]) : new Set(select(change));
    if ('all' in change) unknown.clear();
    for (const id of ids) {
      const entry = known.peek(id);
      if (entry !== undefined) entry.fresh = false;
      const loading = loadings.get(id);
      if (loading !== undefined) loading.outdated = true;
      unknown.delete(id);
    }
    const waiting = ids.values();
    const reloadSome = async (): Promise<void> => {
      for (const id of waiting) await reload(id);
    };
    await Promise.all(Array.from({ length: RELOADS_AT_ONCE }, reloadSome));
  }

  const stop = feed.onChange(onChange);
  return {
    get(id) {
      if (!feed.trusted) return later(id);
      const entry = known.get(id);
      if (entry?.fresh === true) return entry.value;
      if (entry === undefined && unknown.get(id) === true) return undefined;
      return current(id);
    },
    hold(id) {
      holds.set(id, (holds.get(id) ?? 0) + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        const left = (holds.get(id) ?? 1) - 1;
        if (left === 0) holds.delete(id);
        else holds.set(id, left);
      };
    },
    onReplaced(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]: stop,
  };
}
