import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../errors.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import type { Logger } from '../logger.ts';
import type { Database } from '../postgres/database.ts';
import { applyBatch, ProjectionFailed, type Batch } from './applyEvents.ts';
import {
  insertCheckpoint,
  lowest,
  markBuilt,
  readCheckpoints,
  stopAtCheckpoint,
  type Checkpoint,
} from './checkpoints.ts';
import { runs, versionOf, type Projection } from './projection.ts';
import type { StoreCheck } from './storeCheck.ts';

/** How often a projection may fail at one place before it is stopped. */
const TRIES = 3;

export interface PumpOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly check: StoreCheck;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  readonly batchSize: number;
  readonly retryDelayMs: number;
}

/**
 * Makes the function that applies all events that the read tables lack and answers how far they are then. A table that
 * another version has built is left alone until it is rebuilt.
 * It throws Unavailable; a projection that fails is stopped, and the others go on.
 */
export function createPump(options: PumpOptions): () => Promise<Checkpoint[]> {
  const { db, store, check, projections, logger, batchSize, retryDelayMs } = options;
  const names = projections.map(({ name }) => name);

  /** Reads the checkpoints, new projections' included. */
  async function prepare(identity: string): Promise<Checkpoint[]> {
    for (;;) {
      const checkpoints = await readCheckpoints(db, names);
      check.refuseOther(checkpoints, identity);
      const newer = checkpoints.find(({ projection, version }) => version > versionOf(projections, projection));
      if (newer !== undefined) throw projectionNewer(newer.projection);
      const known = new Set(checkpoints.map(({ projection }) => projection));
      const missing = projections.filter(({ name }) => !known.has(name));
      if (missing.length === 0) return checkpoints;
      for (const { name, version } of missing) {
        await insertCheckpoint(db, { projection: name, version, store: identity });
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

  /** Notes which projections have come to the end of the store for the first time. */
  async function noteTheBuilt(checkpoints: readonly Checkpoint[], end: bigint | undefined): Promise<void> {
    const built = checkpoints.filter((each) => !each.built && runs(projections, each) && each.position === end);
    if (built.length === 0) return;
    await markBuilt(
      db,
      built.map(({ projection }) => projection),
    );
  }

  return async () => {
    const identity = await check.verify();
    for (;;) {
      const checkpoints = await prepare(identity);
      const running = checkpoints.filter((each) => runs(projections, each));
      if (running.length === 0) return checkpoints;
      // Read before the transaction, which then holds its locks for as long as the statements take and no longer.
      const batch = await readBatch(lowest(running));
      if (batch.events.length === 0) {
        await check.refuseBehind(running);
        await noteTheBuilt(running, lowest(running));
        return checkpoints;
      }
      // Whoever makes a rebuilt table live holds its checkpoint's lock meanwhile, and keeps nobody else waiting.
      const some = projections.filter(({ name }) => running.some(({ projection }) => projection === name));
      const applied = await stoppingTheFailed(() =>
        db.transaction((tx) => applyBatch(tx, some, { identity, ...batch })),
      );
      if (applied === undefined || batch.events.length === batchSize) continue;
      check.refuseOther(applied, identity);
      await noteTheBuilt(applied, batch.events.at(-1)?.position);
      return [...applied, ...checkpoints.filter((each) => !running.includes(each))];
    }
  };
}

function projectionNewer(name: string): Unavailable {
  return new Unavailable(
    'projection-newer',
    `A newer version of MetaMCP has built the table ${name}. Run that version, here too.`,
    { data: { projection: name } },
  );
}
