import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import type { EventStore } from '../events/eventStore.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { hasReached, readCheckpoints, resumeProjections, type Checkpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import { createPump } from './pump.ts';

/** How often a pump that ends short of its event looks again: the store may answer from a node that lags behind. */
const BEHIND_TRIES = 20;
const BEHIND_DELAY_MS = 50;
/** The longest pause before a follower that lost a store tries again. */
const FOLLOW_DELAY_MAX_MS = 5_000;

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  /** The last event applied; undefined before the first. */
  readonly position: bigint | undefined;
  /** Why it stands still; undefined while it runs. */
  readonly stoppedReason: string | undefined;
}

export interface ProjectionRunner {
  /**
   * Applies what the read tables lack. Afterwards they contain `upTo`, whoever applied it. Any process may pump at any time.
   * @throws Unavailable `projection-stopped` or `projection-behind` when a table does not contain `upTo`;
   * `projection-newer` when a newer program has built a table; and when a store can't be reached
   */
  pump(upTo?: bigint): Promise<void>;
  /** Keeps the read tables current until the signal aborts; never throws. Projections that were stopped get a new chance. */
  follow(signal: AbortSignal): Promise<void>;
  /** Tells how far each projection is. @throws Unavailable */
  status(): Promise<ProjectionStatus[]>;
}

export interface ProjectionRunnerOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  /** Events in a transaction at most. (Default: 500) */
  readonly batchSize?: number;
  /** The pause before a failed batch is tried again; it doubles. (Default: 100) */
  readonly retryDelayMs?: number;
}

/** Makes what turns events into read tables. DESIGN 5. */
export function createProjectionRunner(options: ProjectionRunnerOptions): ProjectionRunner {
  const { db, store, projections, logger } = options;
  const names = projections.map(({ name }) => name);
  const pumpToEnd = singleFlight(createPump({ batchSize: 500, retryDelayMs: 100, ...options }));

  /** Pumps and follows until the subscription ends or breaks. */
  async function followOnce(signal: AbortSignal): Promise<void> {
    let reached = furthest(await pumpToEnd());
    for await (const { position } of store.subscribe({ after: reached, signal })) {
      // One pump takes all that is there, so most events of a burst are applied when they arrive here.
      if (reached === undefined || position > reached) reached = furthest(await pumpToEnd()) ?? position;
    }
  }

  return {
    async pump(upTo) {
      for (let attempt = 1; ; attempt += 1) {
        const behind = (await pumpToEnd()).filter((checkpoint) => !hasReached(checkpoint, upTo));
        if (behind.length === 0) return;
        const stopped = behind.filter(({ stoppedReason }) => stoppedReason !== undefined);
        if (stopped.length > 0) throw projectionStopped(stopped);
        if (attempt === BEHIND_TRIES) {
          throw new Unavailable('projection-behind', 'The read tables do not contain the change yet.');
        }
        await delay(BEHIND_DELAY_MS);
      }
    },
    async follow(signal) {
      let resumed = false;
      for (let failures = 0; !signal.aborted;) {
        try {
          if (!resumed) await resumeProjections(db, names);
          resumed = true;
          await followOnce(signal);
          failures = 0;
        } catch (error) {
          logger.error({ err: error }, 'following the events failed; trying again');
          const pauseMs = Math.min(100 * 2 ** failures, FOLLOW_DELAY_MAX_MS);
          failures += 1;
          // Rejects when the signal aborts, which is no failure.
          await delay(pauseMs, undefined, { signal }).catch(() => undefined);
        }
      }
    },
    async status() {
      const checkpoints = new Map((await readCheckpoints(db, names)).map((row) => [row.projection, row]));
      return projections.map(({ name, version }) => {
        const checkpoint = checkpoints.get(name);
        const newer = checkpoint !== undefined && checkpoint.version > version;
        return {
          name,
          version,
          position: checkpoint?.position,
          stoppedReason: newer ? 'a newer version of MetaMCP has built this table' : checkpoint?.stoppedReason,
        };
      });
    },
  };
}

function furthest(checkpoints: readonly Checkpoint[]): bigint | undefined {
  return checkpoints.reduce<bigint | undefined>(
    (max, { position }) => (max === undefined || (position !== undefined && position > max) ? position : max),
    undefined,
  );
}

function projectionStopped(stopped: readonly Checkpoint[]): Unavailable {
  const names = stopped.map(({ projection }) => projection);
  return new Unavailable('projection-stopped', `${names.join(', ')} stopped before it; /health says why.`, {
    data: { projections: names },
  });
}

/**
 * Runs one `work` at a time: pumps of one process would only wait for each other, each holding a connection. Who comes
 * while one runs shares the next one, because the one under way may have read the store too early.
 */
function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    next = undefined;
    current = work().finally(() => {
      current = undefined;
    });
    return current;
  };
  return () => {
    if (next === undefined && current === undefined) return begin();
    next ??= (current ?? Promise.resolve()).then(begin, begin);
    return next;
  };
}
