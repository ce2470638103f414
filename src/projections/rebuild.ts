import { AppError } from '../errors.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import type { Database } from '../postgres/database.ts';
import { applyEvents, ProjectionFailed } from './applyEvents.ts';
import { notifyChange } from './changes.ts';
import { lockCheckpoints, replaceCheckpoint } from './checkpoints.ts';
import type { Projection } from './projection.ts';

/** The first statement waits for another process that rebuilds, however long that takes. */
const NO_BOUND = { statementTimeoutMs: 0 };

export interface RebuildOptions {
  readonly db: Database;
  readonly store: EventStore;
  readonly batchSize: number;
}

/**
 * Rebuilds the table of a projection whose program is newer than its checkpoint, from the first event on, in one
 * transaction: readers see the old rows until they see the new ones. Does nothing when another process was faster.
 * @throws ProjectionFailed; Unavailable
 */
export async function rebuild({ db, store, batchSize }: RebuildOptions, projection: Projection): Promise<void> {
  await db.transaction(async (tx) => {
    const [checkpoint] = await lockCheckpoints(tx, [projection.name]);
    if (checkpoint === undefined || checkpoint.version >= projection.version) return;
    let position: bigint | undefined;
    try {
      await projection.reset(tx);
      for await (const events of batchesOf(store.readAll(), batchSize)) {
        await applyEvents(tx, projection, events);
        position = events.at(-1)?.position;
      }
    } catch (cause) {
      throw cause instanceof AppError ? cause : new ProjectionFailed(checkpoint, cause);
    }
    await replaceCheckpoint(tx, { projection: projection.name, version: projection.version, position });
    await notifyChange(tx, { all: true });
  }, NO_BOUND);
}

async function* batchesOf(events: AsyncIterable<RecordedEvent>, size: number): AsyncIterable<RecordedEvent[]> {
  let batch: RecordedEvent[] = [];
  for await (const event of events) {
    batch.push(event);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
