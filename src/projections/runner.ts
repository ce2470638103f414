import { setTimeout as delay } from 'node:timers/promises';
import { AppError, Unavailable } from '../errors/appError.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import { LAG_DELAY_MS, LAG_TRIES } from '../events/lag.ts';
import { untilAborted } from '../events/untilAborted.ts';
import type { Tracer } from '../tracing/tracer.ts';
import type { Logger } from '../logging/logger.ts';
import type { Database } from '../postgres/database.ts';
import { hasReached, readCheckpoints, type Checkpoint } from './tables/checkpoints.ts';
import { keepCurrent } from './running/keepCurrent.ts';
import { readProjectionStatus, type ProjectionStatus } from './projectionStatus.ts';
import { isOutdated, type Projection } from './tables/projection.ts';
import { createPump } from './running/pump.ts';
import { rebuild, type RebuildReport, type RebuildRequest } from './rebuilding/rebuild.ts';
import { replay, type ReplayReport, type ReplayRequest } from './rebuilding/replay.ts';
import { coalesce } from './running/coalesce.ts';
import { createStoreCheck, type VerifiedStore } from './running/storeCheck.ts';
import { upgrade } from './rebuilding/upgrade.ts';

/** How long what is under way may take to stop, in ms; what waits for a store that does not answer is left behind. */
const STOP_MS = 1_000;

/** What a caller decides about a rebuild. */
export type RebuildOrder = Omit<RebuildRequest, 'choose'> & {
  /** (Default: all) */
  readonly projections?: readonly string[] | undefined;
};

/** How a rebuild is watched. */
export type Watching = Pick<RebuildRequest, 'onProgress' | 'onWaiting' | 'signal'>;

export interface ProjectionRunner {
  /** Why the event store does not fit the read tables; undefined while it does, or before the first look. */
  readonly storeFault: string | undefined;
  /** Why the last pump failed; undefined once one has come to the end of the store again. */
  readonly pumpFault: string | undefined;
  /**
   * Applies what the read tables lack. Afterwards they contain `upTo`, whichever process applied it. Any process may pump at any time.
   * @throws Unavailable `projection-stopped`, `projection-outdated` or `projection-behind` when a table does not contain
   * `upTo`; `projection-newer` when a newer program has built a table; `event-store-changed`, `event-store-behind`; and
   * when a store can't be reached
   */
  pump(upTo?: bigint): Promise<void>;
  /**
   * Keeps the read tables current until the signal aborts, and rebuilds those of an older version meanwhile; never
   * throws. Projections that were stopped get a new chance.
   */
  keepCurrent(signal: AbortSignal): Promise<void>;
  /**
   * Rebuilds the tables that an older version has built; one that fails is stopped. @throws Unavailable; AbortError
   * @returns whether there were any
   */
  upgrade(watching?: Watching): Promise<boolean>;
  /** Rebuilds tables, takes the event store as it is for the truth, and pumps. @throws Refused; Unavailable; AbortError */
  rebuild(order: RebuildOrder): Promise<RebuildReport>;
  /** Compares the read tables with what the events give. @throws Refused; Unavailable; AbortError */
  replay(request: ReplayRequest): Promise<ReplayReport>;
  /**
   * Finds out whether the event store fits the read tables; nothing may be appended before.
   * @throws Unavailable `event-store-changed`, `event-store-behind`, `vault-keys-foreign`
   */
  verifyStore(): Promise<VerifiedStore>;
  /** Reads how far each projection is. @throws Unavailable */
  status(): Promise<ProjectionStatus[]>;
}

export interface ProjectionRunnerOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  /** Checks whether this installation wrote an event, by the hash chain. (Default: it wrote all) */
  readonly isGenuine?: (event: RecordedEvent) => boolean;
  /** Events in a transaction at most. (Default: 500) */
  readonly batchSize?: number;
  /** Undefined: nobody collects traces. */
  readonly tracer?: Tracer | undefined;
  /** The pause before a failed batch is tried again; it doubles. (Default: 100) */
  readonly retryDelayMs?: number;
}

/** Makes the runner, which turns events into read tables. docs/architecture.md, Read path. */
export function createProjectionRunner(options: ProjectionRunnerOptions): ProjectionRunner {
  const { db, store, projections } = options;
  const names = projections.map(({ name }) => name);
  const check = createStoreCheck({ db, store, names });
  let stopping = new AbortController();
  const parts = {
    batchSize: 500,
    retryDelayMs: 100,
    isGenuine: () => true,
    ...options,
    check,
    stopping: () => stopping.signal,
  };
  const pump = createPump(parts);
  let pumpFault: string | undefined;
  let isMarked = false;
  const pumpToEnd = coalesce(async () => {
    try {
      const checkpoints = await pump();
      pumpFault = undefined;
      return checkpoints;
    } catch (error) {
      if (stopping.signal.aborted) throw stopped();
      pumpFault =
        error instanceof AppError ? error.message : 'The read tables could not be brought up to date; see the log.';
      throw error;
    }
  });
  const upgradeAll = (watching: Watching = {}): Promise<boolean> => upgrade(parts, watching);

  return {
    get storeFault() {
      return check.fault;
    },
    get pumpFault() {
      return pumpFault;
    },
    async pump(upTo) {
      for (let attempt = 1; ; attempt += 1) {
        const behind = (await pumpToEnd()).filter((checkpoint) => !hasReached(checkpoint, upTo));
        if (behind.length === 0) return;
        const stopped = behind.filter(({ stoppedReason }) => stoppedReason !== undefined);
        if (stopped.length > 0) throw projectionStopped(stopped.map(({ projection }) => projection));
        if (attempt === LAG_TRIES) throw stillBehind(behind.filter((each) => isOutdated(projections, each)));
        await delay(LAG_DELAY_MS);
      }
    },
    async keepCurrent(signal) {
      // The process is about to end: a pump that is under way stops, too.
      const mine = stopping;
      const stop = (): void => mine.abort();
      signal.addEventListener('abort', stop);
      const running = keepCurrent({ ...parts, pumpToEnd, upgrade: upgradeAll }, signal);
      await untilAborted(running, signal);
      const over = new AbortController();
      await Promise.race([running, delay(STOP_MS, undefined, { signal: over.signal }).catch(() => undefined)]);
      over.abort();
      signal.removeEventListener('abort', stop);
      // The stores may outlive the gateway that kept them current.
      stopping = new AbortController();
    },
    upgrade: upgradeAll,
    async rebuild({ projections: chosen = names, ...order }) {
      const report = await rebuild(parts, {
        ...order,
        choose: () => projections.filter(({ name }) => chosen.includes(name)),
      });
      check.forget();
      await pumpToEnd();
      return report;
    },
    async replay(request) {
      await check.verify();
      return replay(parts, request);
    },
    async verifyStore() {
      const verified = await check.verify();
      isMarked ||= (await readCheckpoints(db, names)).some(({ bookmark }) => bookmark !== undefined);
      if (isMarked) return verified;
      // Nothing of ours is known: the store may hold a history all the same, whose tables are still to be made.
      await pumpToEnd();
      return check.verify();
    },
    status: () => readProjectionStatus(db, projections),
  };
}

function stopped(): Unavailable {
  return new Unavailable('stopping', 'It is being stopped.');
}

/** Makes the error for tables that stand still. */
export function projectionStopped(names: readonly string[]): Unavailable {
  return new Unavailable('projection-stopped', `${names.join(', ')} stopped before it; /health says why.`, {
    data: { projections: names },
  });
}

function stillBehind(outdated: readonly Checkpoint[]): Unavailable {
  const names = outdated.map(({ projection }) => projection);
  return names.length === 0
    ? new Unavailable('projection-behind', 'The read tables do not contain the change yet.')
    : new Unavailable('projection-outdated', `${names.join(', ')} is being rebuilt, and will contain it afterwards.`, {
        data: { projections: names },
      });
}
