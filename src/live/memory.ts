import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { Invalidations } from './invalidations.ts';
import type { Invalidation } from '../projections/tables/invalidation.ts';

/** Loads at once when everything is read again: more would take the connections that calls wait for. */
const RELOADS_AT_ONCE = 4;

export interface MemoryOptions<Id extends string, Value extends object> {
  readonly invalidations: Pick<Invalidations, 'trusted' | 'onInvalidation'>;
  /** Reads one value from the tables; undefined when there is none. It has no other effect. */
  readonly load: (id: Id) => Promise<Value | undefined>;
  /**
   * Picks the ids that an invalidation concerns.
   * @param known every id in memory, for those that it does not name itself, each with the value that somebody goes by;
   * undefined: it is being read, or there is none
   */
  readonly select: (
    invalidation: Exclude<Invalidation, { readonly all: true }>,
    known: () => Iterable<readonly [Id, Value | undefined]>,
  ) => readonly Id[];
  /** How many values are kept, and how many ids that have none. */
  readonly capacity: number;
  /** How much the values may take together, and how much one takes, in bytes; the least recently used ones go. (Default: no bound) */
  readonly room?: { readonly bytes: number; readonly of: (value: Value) => number } | undefined;
  /** Compares a value that was read again with the one in use, which stays when they are the same. (Default: deep equality) */
  readonly same?: (before: Value, after: Value) => boolean;
}

/** Called when memory has taken another value in; undefined: there is none any more. */
export type ChangeListener<Id, Value> = (id: Id, value: Value | undefined) => void;

/** Rows in memory that are as true as the tables. docs/architecture.md, Read path. */
export interface Memory<Id extends string, Value extends object> extends Disposable {
  /**
   * Answers synchronously, without SQL, what it holds while invalidations are trusted; else it loads.
   * Rejects with what `load` throws.
   */
  get(id: Id): Value | undefined | Promise<Value | undefined>;
  /**
   * Reads an id again at every invalidation of it, even when its value was evicted. Listeners are called when it is
   * another one than `value`, which the holder goes by. Returns what ends that.
   */
  hold(id: Id, value: Value): () => void;
  /**
   * Adds a listener; returns the function that removes it. It is called before anybody gets the new value, and before the
   * invalidation counts as taken in.
   */
  onChange(listener: ChangeListener<Id, Value>): () => void;
}

interface Entry<Value> {
  readonly value: Value;
  /** False from when an invalidation arrived until it has been read again. */
  fresh: boolean;
}

/** Someone who goes by a value for a while, and needs to know when it is another one. */
interface Holder<Value> {
  /** The last value that the listeners got, or the one that the holder began with. */
  value: Value | undefined;
}

interface Loading<Value> {
  readonly result: Promise<Value | undefined>;
  /** An invalidation arrived after it began: what it reads may be the older value, and is not given out. */
  outdated: boolean;
  /** The load that begins when this one ends, for callers that need a value read after their call. */
  next: Promise<Value | undefined> | undefined;
}

/**
 * Makes a copy in memory of rows of the read tables. One direction: an invalidation makes memory load the row anew, memory
 * takes the value in, and its listeners hear of it when it is another one. Loading by itself has no other effect.
 */
export function createMemory<Id extends string, Value extends object>(
  options: MemoryOptions<Id, Value>,
): Memory<Id, Value> {
  const { invalidations, load, select, capacity, room, same = isDeepStrictEqual } = options;
  const known = new LRUCache<Id, Entry<Value>>({
    max: capacity,
    ...(room !== undefined && {
      maxSize: room.bytes,
      sizeCalculation: ({ value }) => Math.max(1, room.of(value)),
    }),
  });
  // Apart, so that guessing at ids evicts nothing but other guesses.
  const unknown = new LRUCache<Id, true>({ max: capacity });
  const loadings = new Map<Id, Loading<Value>>();
  const holders = new Map<Id, Set<Holder<Value>>>();
  const listeners = new Set<ChangeListener<Id, Value>>();

  /**
   * Takes in what was read. What is not fresh is never given out, but its listeners need not wait: invalidations that follow
   * each other without a pause delay no cut. @returns the value now in use: the one before, when it is the same
   */
  function takeIn(id: Id, value: Value | undefined, fresh: boolean): Value | undefined {
    const before = known.peek(id)?.value;
    const now = before !== undefined && value !== undefined && same(before, value) ? before : value;
    if (now === undefined) {
      known.delete(id);
      if (fresh) unknown.set(id, true);
    } else {
      unknown.delete(id);
      known.set(id, { value: now, fresh });
    }
    // Both: memory may have evicted what a holder goes by, and may have taken in what its holder has not seen.
    const differs = updateHolders(id, now);
    if (differs || (before !== undefined && now !== before)) for (const listener of listeners) listener(id, now);
    return now;
  }

  /** @returns whether one of them goes by another value */
  function updateHolders(id: Id, now: Value | undefined): boolean {
    let differs = false;
    for (const holder of holders.get(id) ?? []) {
      const { value } = holder;
      differs ||= value === undefined || now === undefined ? value !== now : value !== now && !same(value, now);
      holder.value = now;
    }
    return differs;
  }

  function begin(id: Id): Promise<Value | undefined> {
    // One step takes the value in, so that no invalidation can come between it and the end of the load.
    const result = load(id).then(
      (value) => {
        loadings.delete(id);
        const now = takeIn(id, value, !loading.outdated);
        return loading.outdated ? current(id) : now;
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
    // Else it was evicted, or read again by a call, since the invalidation.
    else if (known.peek(id)?.fresh === false || (holders.has(id) && known.peek(id) === undefined)) await begin(id);
  }

  function* allKnown(): Generator<readonly [Id, Value | undefined]> {
    for (const [id, { value }] of known.entries()) yield [id, value];
    for (const id of unknown.keys()) yield [id, undefined];
    for (const id of loadings.keys()) yield [id, undefined];
    for (const [id, ofId] of holders) for (const { value } of ofId) yield [id, value];
  }

  async function invalidate(invalidation: Invalidation): Promise<void> {
    const ids =
      'all' in invalidation
        ? new Set([...known.keys(), ...loadings.keys(), ...holders.keys()])
        : new Set(select(invalidation, allKnown));
    if ('all' in invalidation) unknown.clear();
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

  const stop = invalidations.onInvalidation(invalidate);
  return {
    get(id) {
      if (!invalidations.trusted) return later(id);
      const entry = known.get(id);
      if (entry?.fresh === true) return entry.value;
      if (entry === undefined && unknown.get(id) === true) return undefined;
      return current(id);
    },
    hold(id, value) {
      const holder: Holder<Value> = { value };
      const ofId = holders.get(id) ?? new Set();
      holders.set(id, ofId.add(holder));
      return () => {
        if (ofId.delete(holder) && ofId.size === 0) holders.delete(id);
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]: stop,
  };
}
