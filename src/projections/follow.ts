import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore } from '../events/eventStore.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { furthest, resumeProjections, type Checkpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import type { StoreCheck } from './storeCheck.ts';

/** The longest pause before one who lost a store tries again. */
const PAUSE_MAX_MS = 5_000;

export interface FollowOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly check: StoreCheck;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  readonly pumpToEnd: () => Promise<Checkpoint[]>;
  readonly upgrade: (watching: { readonly signal: AbortSignal }) => Promise<void>;
}

/**
 * Keeps the read tables current until the signal aborts; never throws. Tables of an older version are rebuilt at the same
 * time, so that the others do not wait for them.
 */
export async function follow(options: FollowOptions, signal: AbortSignal): Promise<void> {
  const { db, store, check, projections, logger, pumpToEnd, upgrade } = options;

  /** Tries until `work` succeeds or the signal aborts. */
  async function persist(what: string, work: () => Promise<void>): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        await work();
        return;
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ err: error }, `${what} failed; trying again`);
        // What comes back after an outage may be another store, or an older state of it.
        check.forget();
        const pauseMs = Math.min(100 * 2 ** failures, PAUSE_MAX_MS);
        // Rejects when the signal aborts, which is no failure.
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Pumps and follows until the signal aborts. */
  async function pumpOnAndOn(): Promise<void> {
    let reached = furthest(await pumpToEnd());
    for await (const { position } of store.subscribe({ after: reached, signal })) {
      // One pump takes all that is there, so most events of a burst are applied when they arrive here.
      if (reached === undefined || position > reached) reached = furthest(await pumpToEnd()) ?? position;
    }
  }

  const names = projections.map(({ name }) => name);
  await persist('letting stopped projections go on', () => resumeProjections(db, names));
  await Promise.all([
    persist('following the events', async () => {
      while (!signal.aborted) await pumpOnAndOn();
    }),
    persist('rebuilding the read tables of an older version', async () => {
      await upgrade({ signal });
      await pumpToEnd();
    }),
  ]);
}
