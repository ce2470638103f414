import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import { fromRejection } from '../../postgres/rejection.ts';
import { systemClock } from '../../clock.ts';
import { Unavailable } from '../../errors/appError.ts';
import type { EventStore } from '../../events/eventStore.ts';
import type { Logger } from '../../logging/logger.ts';
import { createOutageLog } from '../../logging/outageLog.ts';
import type { Database } from '../../postgres/database.ts';
import { hasReached, lowest, resumeProjections, type Checkpoint } from '../tables/checkpoints.ts';
import { watchLimitedStreams } from './limitedStreams.ts';
import type { Projection } from '../tables/projection.ts';

/** How often the checkpoint moves over records of other programs, in ms: each time is a transaction. */
const NOTE_PASSED_EVERY_MS = 10_000;

export interface KeepCurrentOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  readonly pumpToEnd: () => Promise<Checkpoint[]>;
  /** @returns whether anything had to be rebuilt */
  readonly upgrade: (watching: { readonly signal: AbortSignal }) => Promise<boolean>;
}

/** How often the number of the connection to the event store is compared, in ms. */
const LOOK_EVERY_MS = 1_000;

/** What goes on while the event store is away, and while PostgreSQL is: then nobody knows whether a key is still good. */
const STILL_WORKS = 'calls are served from the read tables as they are, changes are refused';
const NOTHING_WORKS = 'calls and changes are refused until it is back';

/**
 * Keeps the read tables current until the signal aborts; never throws. Tables of an older version are rebuilt at the same
 * time, so that the others do not wait for them.
 */
export async function keepCurrent(options: KeepCurrentOptions, signal: AbortSignal): Promise<void> {
  const { db, store, projections, logger, pumpToEnd, upgrade } = options;
  const outages = createOutageLog({ logger, clock: systemClock });

  /** Tries until `work` succeeds or the signal aborts; after `onProgress` the next failure counts as the first one. */
  async function retryUntilDone(what: string, work: (onProgress: () => void) => Promise<void>): Promise<void> {
    let failures = 0;
    const onProgress = (): void => {
      failures = 0;
      outages.recovered(what);
    };
    while (!signal.aborted) {
      try {
        await work(onProgress);
        outages.recovered(what);
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        // An outage is logged once and then seldom; any other error is logged with its stack.
        const known = fromRejection(error);
        if (known instanceof Unavailable)
          outages.failed(what, known, known.code === 'database-unavailable' ? NOTHING_WORKS : STILL_WORKS);
        else logger.error({ err: error }, `${what} failed; trying again`);
        // Rejects when the signal aborts, which is no failure.
        await delay(backoffMs(failures), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Pumps and follows until the signal aborts. */
  async function pumpContinuously(onProgress: () => void): Promise<void> {
    let reached: bigint | undefined;
    let pumpedAt = 0;
    const pump = async (): Promise<void> => {
      reached = lowest(await pumpToEnd());
      pumpedAt = performance.now();
      onProgress();
    };
    await pump();
    for await (const { kind, position } of store.subscribe({ after: reached, signal })) {
      // One pump takes all that is there, so most events of a burst are applied when they arrive here.
      if (hasReached({ position: reached }, position)) continue;
      if (kind === 'passed' && performance.now() - pumpedAt < NOTE_PASSED_EVERY_MS) continue;
      await pump();
    }
  }

  const names = projections.map(({ name }) => name);
  /** The connection over which the store was last found to be the right one. */
  let over = store.connection;
  await retryUntilDone('the database, to let read tables that stopped go on,', () => resumeProjections(db, names));
  await Promise.all([
    retryUntilDone('the event store that the read tables follow', async (onProgress) => {
      while (!signal.aborted) await pumpContinuously(onProgress);
    }),
    retryUntilDone('the event store that the read tables follow, over a new connection,', async (onProgress) => {
      // The store behind it may be an older copy, which has no new event that would begin a pump.
      while (!signal.aborted) {
        if (store.connection !== over) {
          await pumpToEnd();
          over = store.connection;
        }
        onProgress();
        await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      }
    }),
    retryUntilDone('the event store that streams with a limit are looked for in', (onProgress) =>
      watchLimitedStreams({ db, store, onProgress }, signal),
    ),
    retryUntilDone('the event store that read tables of an older version are rebuilt from', async () => {
      if (await upgrade({ signal })) await pumpToEnd();
    }),
  ]);
}
