import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { applyBatch, ProjectionFailed, type Batch } from './applyEvents.ts';
import { hasReached, insertCheckpoint, readCheckpoints, stopAtCheckpoint, type Checkpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';
import { rebuild } from './rebuild.ts';

/** How often a projection may fail at one place before it is stopped. */
const TRIES = 3;

export interface PumpOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  readonly batchSize: number;
  readonly retryDelayMs: number;
}

/**
 * Makes the function that applies all events that the read tables lack and answers how far they are then.
 * It throws Unavailable; a projection that fails is stopped, and the others go on.
 */
export function createPump(options: PumpOptions): () => Promise<Checkpoint[]> {
  const { db, store, projections, logger, batchSize, retryDelayMs } = options;
  const names = projections.map(({ name }) => name);

  /** Brings the checkpoints in line with this program's projections: new ones added, outdated ones rebuilt. */
  async function prepare(): Promise<Checkpoint[]> {
    for (;;) {
      const checkpoints = await readCheckpoints(db, names);
      const due = projections.find(({ name, version }) => {
        const checkpoint = checkpoints.find(({ projection }) => projection === name);
        if (checkpoint !== undefined && checkpoint.version > version) throw projectionNewer(name);
        return checkpoint === undefined || (checkpoint.version < version && checkpoint.stoppedReason === undefined);
      });
      if (due === undefined) return checkpoints;
      if (checkpoints.some(({ projection }) => projection === due.name)) {
        logger.info({ projection: due.name, version: due.version }, 'rebuilding a read table');
        await stoppingTheFailed(() => rebuild(options, due));
      } else {
        await insertCheckpoint(db, due.name, due.version);
      }
    }
  }

  /** Runs `work` until no projection fails in it, each of which is stopped when it fails for the third time. */
  async function stoppingTheFailed<T>(work: () => Promise<T>): Promise<T | undefined> {
    const failures = new Map<string, number>();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ProjectionFailed)) throw error;
        const { projection } = error.checkpoint;
        const count = (failures.get(projection) ?? 0) + 1;
        failures.set(projection, count);
        if (count === TRIES) {
          logger.error({ projection, err: error.cause }, 'a projection is stopped');
          await stopAtCheckpoint(db, error.checkpoint, error.message);
          return undefined;
        }
        logger.warn({ projection, err: error.cause }, 'a projection failed; trying again');
        await delay(retryDelayMs * 2 ** (count - 1));
      }
    }
  }

  async function readBatch(after: bigint | undefined): Promise<Batch> {
    const events: RecordedEvent[] = [];
    for await (const event of store.readAll({ limit: batchSize, ...(after !== undefined && { after }) })) {
      events.push(event);
    }
    return { after, events };
  }

  return async () => {
    for (;;) {
      const checkpoints = await prepare();
      const running = checkpoints.filter(({ stoppedReason }) => stoppedReason === undefined);
      if (running.length === 0) return checkpoints;
      // Read before the transaction, which then holds its locks for as long as the statements take and no longer.
      const batch = await readBatch(lowest(running));
      if (batch.events.length === 0) return checkpoints;
      const applied = await stoppingTheFailed(() => db.transaction((tx) => applyBatch(tx, projections, batch)));
      if (applied !== undefined && batch.events.length < batchSize) return applied;
    }
  };
}

/** The position from which on some projection lacks events; undefined: from the first. */
function lowest(checkpoints: readonly Checkpoint[]): bigint | undefined {
  return checkpoints.reduce((least, each) => (hasReached(each, least.position) ? least : each), {
    position: checkpoints[0]?.position,
  }).position;
}

function projectionNewer(name: string): Unavailable {
  return new Unavailable(
    'projection-newer',
    `A newer version of MetaMCP has built the table ${name}. Run that version, here too.`,
    { data: { projection: name } },
  );
}
