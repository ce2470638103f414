import { Unavailable } from '../../errors/appError.ts';
import type { EventStore } from '../../events/eventStore.ts';
import type { Database } from '../../postgres/database.ts';
import { adoptStore, isOf, readCheckpoints, setBookmark, type Checkpoint } from '../tables/checkpoints.ts';
import { confirmHistory } from './confirmHistory.ts';

/** An event store that was found to be the one that the read tables were built from. */
export interface VerifiedStore {
  readonly identity: string;
  /** The connection over which that was found; over another one it proves nothing. */
  readonly connection: number;
}

/** Looks whether the event store is the one that the read tables were built from. ADR 11, 16. */
export interface StoreCheck {
  /** Why the event store does not fit the read tables; undefined while it does, or before the first look. */
  readonly fault: string | undefined;
  /**
   * Compares the store with the checkpoints, once for each connection to it.
   * @throws Unavailable `event-store-changed`, `event-store-behind`; and when a store can't be reached
   */
  verify(): Promise<VerifiedStore>;
  /** @throws Unavailable `event-store-changed` */
  refuseOther(checkpoints: readonly Checkpoint[], identity: string): void;
  /** Has the next `verify` look anew. */
  forget(): void;
}

export interface StoreCheckOptions {
  readonly db: Database;
  readonly store: EventStore;
  /** The projections' names. */
  readonly names: readonly string[];
}

/** Makes the check of a process. */
export function createStoreCheck({ db, store, names }: StoreCheckOptions): StoreCheck {
  let verified: VerifiedStore | undefined;
  let looking: Promise<VerifiedStore> | undefined;
  let fault: string | undefined;

  function refuseOther(checkpoints: readonly Checkpoint[], identity: string): void {
    if (checkpoints.every((checkpoint) => isOf(checkpoint, identity))) return;
    verified = undefined;
    const error = eventStoreChanged();
    fault = error.message;
    throw error;
  }

  async function look(): Promise<VerifiedStore> {
    for (;;) {
      const identity = await store.identity();
      const { connection } = store;
      const checkpoints = await readCheckpoints(db, names);
      refuseOther(checkpoints, identity);
      const marks = await confirmHistory({ db, store }, checkpoints);
      for (const [projection, bookmark] of marks) await setBookmark(db, [projection], bookmark);
      if (checkpoints.some((checkpoint) => checkpoint.store === undefined)) await adoptStore(db, names, identity);
      if (store.connection === connection) return { identity, connection };
    }
  }

  return {
    get fault() {
      return fault;
    },
    async verify() {
      if (verified?.connection === store.connection) return verified;
      looking ??= look().finally(() => (looking = undefined));
      try {
        verified = await looking;
        fault = undefined;
        return verified;
      } catch (error) {
        if (error instanceof Unavailable && error.code === 'event-store-behind') fault = error.message;
        throw error;
      }
    },
    refuseOther,
    forget() {
      verified = undefined;
    },
  };
}

/**
 * As `verify`, and writes nothing. @returns false: nobody has worked on this event store yet
 * @throws Unavailable `event-store-changed`, `event-store-behind`; and when a store can't be reached
 */
export async function examineStore({ db, store, names }: StoreCheckOptions): Promise<boolean> {
  const identity = await store.findIdentity();
  const checkpoints = await readCheckpoints(db, names);
  if (checkpoints.some((checkpoint) => checkpoint.store !== undefined && checkpoint.store !== identity))
    throw eventStoreChanged();
  await confirmHistory({ db, store }, checkpoints);
  return identity !== undefined;
}

function eventStoreChanged(): Unavailable {
  return new Unavailable(
    'event-store-changed',
    'The read tables were built from another event store. Check EVENT_STORE_URL; if this store is the right one ' +
      '(after metamcp-cli db copy-events), run: metamcp-cli db rebuild',
  );
}
