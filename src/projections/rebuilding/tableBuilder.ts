import { AppError, Refused } from '../../errors/appError.ts';
import type { EventStore, RecordedEvent } from '../../events/eventStore.ts';
import { applyEvents, applyOneByOne, isOfAnEvent } from '../running/applyEvents.ts';
import { bookmarkOf, hasReached, type Bookmark } from '../tables/checkpoints.ts';
import { ownEvents } from '../running/ownEvents.ts';
import type { Projection } from '../tables/projection.ts';
import type { RebuildConnection } from './rebuildConnection.ts';
import { batchesOf } from '../running/batches.ts';
import { streamHeads } from '../tables/streamHeads.ts';

/** How far a table builder has come. */
export interface BuildProgress {
  readonly projections: readonly string[];
  readonly events: number;
  readonly position: bigint;
}

export interface TableBuilderOptions {
  /** Where the handlers find their tables. */
  readonly connection: RebuildConnection;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly batchSize: number;
  /** Checks whether this installation wrote an event. */
  readonly isGenuine: (event: RecordedEvent) => boolean;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Applies the history to tables, from its first event on. */
export interface TableBuilder {
  /** The last record of the store that was considered; undefined before the first. */
  readonly position: bigint | undefined;
  /** The last event applied; undefined before the first. */
  readonly bookmark: Bookmark | undefined;
  readonly events: number;
  /** Streams that lack their beginning or an event in between. */
  readonly broken: ReadonlySet<string>;
  /** Streams whose visibility an operator of the store has changed. */
  readonly touched: ReadonlySet<string>;
  /** This installation wrote at least one of the first events; undefined before them. */
  readonly isGenuine: boolean | undefined;
  /**
   * Considers what follows, up to a position or to the end of the store, and applies what is ours. @returns how many events
   * @throws Refused `projection-failed`, which names the event; Unavailable; AbortError
   */
  catchUp(upTo: bigint | 'end'): Promise<number>;
}

/** Makes a table builder that has applied nothing yet. */
export function createTableBuilder(options: TableBuilderOptions): TableBuilder {
  const { connection, store, projections, batchSize, onProgress, signal, isGenuine } = options;
  const names = projections.map(({ name }) => name);
  const headsAreCurrent = projections.some(({ name }) => name === streamHeads.name);
  const broken = new Set<string>();
  const touched = new Set<string>();
  let position: bigint | undefined;
  let bookmark: Bookmark | undefined;
  let genuine: boolean | undefined;
  let total = 0;

  async function apply(events: readonly RecordedEvent[]): Promise<void> {
    for (const projection of projections) {
      try {
        await applyApart(connection, projection, events);
      } catch (error) {
        throw error instanceof AppError ? error : await projectionFailed(connection, projection, events, error);
      }
    }
  }

  return {
    get position() {
      return position;
    },
    get bookmark() {
      return bookmark;
    },
    get events() {
      return total;
    },
    broken,
    touched,
    get isGenuine() {
      return genuine;
    },
    async catchUp(upTo) {
      const before = total;
      if (upTo !== 'end' && hasReached({ position }, upTo)) return 0;
      const batches = batchesOf(store.scan({ after: position, signal }), position, batchSize);
      for await (const batch of readAhead(batches)) {
        signal?.throwIfAborted();
        const isLast = upTo !== 'end' && batch.upTo >= upTo;
        const wanted = isLast ? batch.events.filter((event) => event.position <= upTo) : batch.events;
        const own = await ownEvents(wanted, { db: connection, headsAreCurrent });
        for (const stream of own.broken) broken.add(stream);
        for (const stream of batch.touched) touched.add(stream);
        if (own.events.length > 0) {
          genuine ??= own.events.some(isGenuine);
          await apply(own.events);
        }
        position = isLast ? upTo : batch.upTo;
        const last = own.events.at(-1);
        bookmark = last === undefined ? bookmark : bookmarkOf(last);
        total += own.events.length;
        onProgress?.({ projections: names, events: total, position });
        if (isLast) break;
      }
      return total - before;
    },
  };
}

/**
 * Applies events to one projection; where a table can't take one of them, each alone, so that only its stream stands still.
 * @throws what the handlers throw that is no single event's fault
 */
export async function applyApart(
  connection: RebuildConnection,
  projection: Projection,
  events: readonly RecordedEvent[],
): Promise<void> {
  try {
    await connection.apart(() => applyEvents(connection, projection, events));
  } catch (error) {
    if (!isOfAnEvent(error)) throw error;
    await connection.apart(() => applyOneByOne(connection, projection, events));
  }
}

/** Finds out which event it was: the handlers stand being called again, and the tables are thrown away anyway. */
async function projectionFailed(
  connection: RebuildConnection,
  projection: Projection,
  batch: readonly RecordedEvent[],
  cause: unknown,
): Promise<unknown> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  for (const event of batch) {
    try {
      await applyApart(connection, projection, [event]);
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
