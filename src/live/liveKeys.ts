import type { Queryable } from '../postgres/database.ts';
import { findKey } from '../projections/tables/apiKeys.ts';
import type { ChangeFeed } from './changeFeed.ts';
import { createMemory } from './memory.ts';
import { liveKeyOf, type LiveKey } from './liveKey.ts';

/** Told of each read of a key or server, before anybody gets what was read; undefined: it is gone. */
export type ReadListener<Value> = (id: string, value: Value | undefined) => void;

/** The API keys of this process's memory. */
export interface LiveKeys extends Disposable {
  /** Answers synchronously when memory knows it; the same object for as long as the key is the same. @throws Unavailable */
  find(id: string): LiveKey | undefined | Promise<LiveKey | undefined>;
  /** Has a key read again at every change, even when its value had to give way; returns what ends that. */
  hold(id: string): () => void;
  /** Returns what ends it. The change feed confirms a change only after its listeners have returned. */
  onRead(listener: ReadListener<LiveKey>): () => void;
}

export interface LiveKeysOptions {
  readonly db: Queryable;
  readonly feed: Pick<ChangeFeed, 'trusted' | 'onChange'>;
  /** Keys kept in memory; one that is held is read beyond that. (Default: 10_000) */
  readonly capacity?: number;
}

/** Makes the memory of keys. DESIGN 5, in-memory verdicts; DESIGN 6, revocation. */
export function createLiveKeys({ db, feed, capacity = 10_000 }: LiveKeysOptions): LiveKeys {
  const listeners = new Set<ReadListener<LiveKey>>();
  const memory = createMemory<string, LiveKey>({
    feed,
    capacity,
    select: ({ keys }) => keys,
    // Whatever changes a key is an event, and so another revision; but what is known of its history may change, too.
    same: (before, after) => before.revision === after.revision && before.active === after.active,
    async load(id) {
      const row = await findKey(db, id);
      const key = row === undefined ? undefined : liveKeyOf(row);
      // Here, and not when memory takes it in: so no read of the table, whoever asked for it, goes without its cuts.
      for (const listener of listeners) listener(id, key);
      return key;
    },
  });

  return {
    find: (id) => memory.get(id),
    hold: (id) => memory.hold(id),
    onRead(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    [Symbol.dispose]() {
      memory[Symbol.dispose]();
    },
  };
}
