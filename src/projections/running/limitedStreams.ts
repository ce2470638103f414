import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore } from '../../events/eventStore.ts';
import type { Database } from '../../postgres/database.ts';
import { invalidationOfStreams, notifyInvalidation } from '../tables/invalidation.ts';
import { listLimitedStreams, noteVisibility } from '../tables/hiddenStreams.ts';
import { readVisibility } from './streamVisibility.ts';

/** How often they are looked at: the store sends no notice when a limit begins to hide something. In ms. */
const LOOK_EVERY_MS = 5_000;

/** Looked at in one round. */
const MOST = 1_000;

export interface LimitedStreamsOptions {
  readonly db: Database;
  readonly store: EventStore;
  /** Called after each round. */
  readonly onProgress: () => void;
}

/**
 * Looks again and again at the streams with a limit that has not hidden anything yet, until the signal aborts. What is hidden
 * fails closed from then on. @throws Unavailable
 */
export async function watchLimitedStreams(
  { db, store, onProgress }: LimitedStreamsOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const stream of await listLimitedStreams(db, MOST)) {
      const visibility = await readVisibility(store, stream);
      if (visibility === 'limited' || signal.aborted) continue;
      await db.transaction(async (tx) => {
        await noteVisibility(tx, stream, visibility);
        await notifyInvalidation(tx, invalidationOfStreams([stream]));
      });
    }
    onProgress();
    // Rejects when the signal aborts, which is no failure.
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}
