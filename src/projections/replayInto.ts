import { AppError, Refused } from '../errors.ts';
import type { EventStore, RecordedEvent } from '../events/eventStore.ts';
import type { Queryable } from '../postgres/database.ts';
import { applyEvents } from './applyEvents.ts';
import type { Projection } from './projection.ts';

/** How far a replay has come. */
export interface ReplayProgress {
  readonly projections: readonly string[];
  readonly events: number;
  readonly position: bigint;
}

export interface ReplayOptions {
  /** Where the handlers find their tables. */
  readonly session: Queryable;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly batchSize: number;
  readonly onProgress?: ((progress: ReplayProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Applies the history to tables, from its first event on. */
export interface Replay {
  /** The last event applied; undefined before the first. */
  readonly position: bigint | undefined;
  readonly events: number;
  /**
   * Applies the events that follow, up to a position or to the end of the store. @returns how many there were
   * @throws Refused `projection-failed`, which names the event; Unavailable; AbortError
   */
  catchUp(upTo: bigint | 'end'): Promise<number>;
}

/** Makes a replay that has applied nothing yet. */
export function createReplay(options: ReplayOptions): Replay {
  const { session, store, projections, batchSize, onProgress, signal } = options;
  const names = projections.map(({ name }) => name);
  let position: bigint | undefined;
  let total = 0;

  async function apply(batch: readonly RecordedEvent[]): Promise<void> {
    for (const projection of projections) {
      try {
        await applyEvents(session, projection, batch);
      } catch (error) {
        if (error instanceof AppError) throw error;
        throw await projectionFailed(session, projection, batch, error);
      }
    }
  }

  return {
    get position() {
      return position;
    },
    get events() {
      return total;
    },
    async catchUp(upTo) {
      const before = total;
      const events = store.readAll(position === undefined ? {} : { after: position });
      for await (const batch of readAhead(batchesOf(events, upTo, batchSize))) {
        signal?.throwIfAborted();
        await apply(batch);
        position = batch.at(-1)?.position ?? position;
        total += batch.length;
        if (position !== undefined) onProgress?.({ projections: names, events: total, position });
      }
      return total - before;
    },
  };
}

/** Finds out which event it was: the handlers stand being called again, and the tables are thrown away anyway. */
async function projectionFailed(
  session: Queryable,
  projection: Projection,
  batch: readonly RecordedEvent[],
  cause: unknown,
): Promise<unknown> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  for (const event of batch) {
    try {
      await applyEvents(session, projection, [event]);
    } catch (error) {
      if (error instanceof AppError) return error;
      const { type, stream, revision } = event;
      return new Refused(
        'projection-failed',
        `${projection.name} can’t be rebuilt: it fails at ${type}, ${stream}@${revision}: ${reason}`,
        { data: { projection: projection.name, event: { type, stream, revision } }, cause },
      );
    }
  }
  return new Refused('projection-failed', `${projection.name} can’t be rebuilt: ${reason}`, {
    data: { projection: projection.name },
    cause,
  });
}

async function* batchesOf(
  events: AsyncIterable<RecordedEvent>,
  upTo: bigint | 'end',
  size: number,
): AsyncGenerator<RecordedEvent[], void, undefined> {
  let batch: RecordedEvent[] = [];
  for await (const event of events) {
    if (upTo !== 'end' && event.position > upTo) break;
    batch.push(event);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Reads one batch while the one before it is applied. */
async function* readAhead<T>(source: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
  const read = (): Promise<IteratorResult<T, void>> => {
    const next = source.next();
    // Looked at later, or never when the one before it fails.
    next.catch(() => undefined);
    return next;
  };
  try {
    let ahead = read();
    for (let result = await ahead; result.done !== true; result = await ahead) {
      ahead = read();
      yield result.value;
    }
  } finally {
    await source.return();
  }
}
