import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Database } from '../postgres/database.ts';
import { adoptStore, furthest, hasReached, isOf, readCheckpoints, type Checkpoint } from './checkpoints.ts';

/** A store may answer from a node that lags behind: how often and how long it is given before it counts as too old. */
const LAG_TRIES = 20;
const LAG_DELAY_MS = 50;

/** Looks whether the event store is the one that the read tables were built from. ADR 11. */
export interface StoreCheck {
  /** Why the event store does not fit the read tables; undefined while it does, or nobody knows. */
  readonly fault: string | undefined;
  /**
   * Compares the store with the checkpoints, once until the answer is forgotten. @returns the store's identity
   * @throws Unavailable `event-store-changed`, `event-store-behind`; and when a store can't be reached
   */
  verify(): Promise<string>;
  /** @throws Unavailable `event-store-changed` */
  refuseOther(checkpoints: readonly Checkpoint[], identity: string): void;
  /** @throws Unavailable `event-store-behind` when events that were applied are not in the store */
  refuseBehind(checkpoints: readonly Checkpoint[]): Promise<void>;
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
  let verified: Promise<string> | undefined;
  let fault: string | undefined;

  function refuse(error: Unavailable): never {
    verified = undefined;
    fault = error.message;
    throw error;
  }

  function refuseOther(checkpoints: readonly Checkpoint[], identity: string): void {
    if (!checkpoints.every((checkpoint) => isOf(checkpoint, identity))) refuse(eventStoreChanged());
  }

  async function refuseBehind(checkpoints: readonly Checkpoint[]): Promise<void> {
    const applied = furthest(checkpoints);
    for (let attempt = 1; !hasReached({ position: await store.end() }, applied); attempt += 1) {
      if (attempt === LAG_TRIES) refuse(eventStoreBehind());
      await delay(LAG_DELAY_MS);
    }
  }

  async function look(): Promise<string> {
    const identity = await store.identity();
    const checkpoints = await readCheckpoints(db, names);
    refuseOther(checkpoints, identity);
    await refuseBehind(checkpoints);
    if (checkpoints.some((checkpoint) => checkpoint.store === undefined)) await adoptStore(db, names, identity);
    fault = undefined;
    return identity;
  }

  return {
    get fault() {
      return fault;
    },
    verify() {
      if (verified !== undefined) return verified;
      const mine = (verified = look());
      mine.catch(() => {
        if (verified === mine) verified = undefined;
      });
      return mine;
    },
    refuseOther,
    refuseBehind,
    forget() {
      verified = undefined;
    },
  };
}

function eventStoreChanged(): Unavailable {
  return new Unavailable(
    'event-store-changed',
    'The read tables were built from another event store. Check EVENT_STORE_URL; if this store is the right one ' +
      '(after metamcp-cli db copy-events), run: metamcp-cli db rebuild',
  );
}

function eventStoreBehind(): Unavailable {
  return new Unavailable(
    'event-store-behind',
    'The event store lacks events that the read tables contain: it was restored from an older backup. Restore the ' +
      'newest one; to go on without the lost events, run: metamcp-cli db rebuild --accept-loss',
  );
}
