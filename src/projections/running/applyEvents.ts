import { decodeOrReason } from '../../events/knownEvent.ts';
import { pg } from '../../postgres/driver.ts';
import { AppError } from '../../errors/appError.ts';
import type { RecordedEvent } from '../../events/eventStore.ts';
import type { Queryable } from '../../postgres/database.ts';
import { invalidationOf, notifyInvalidation } from '../tables/invalidation.ts';
import type { Batch } from './batches.ts';
import {
  advanceCheckpoints,
  bookmarkOf,
  hasReached,
  isOf,
  lockCheckpoints,
  type Checkpoint,
} from '../tables/checkpoints.ts';
import { runs, type Handler, type Projection } from '../tables/projection.ts';
import { noteUnreadable } from '../tables/unreadableEventsProjection.ts';

/** A projection's handler failed; an outage is none of its doing and is thrown as it is. */
export class ProjectionFailed extends Error {
  readonly checkpoint: Checkpoint;

  constructor(checkpoint: Checkpoint, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'ProjectionFailed';
    this.checkpoint = checkpoint;
  }

  /** One of the events is to blame, and nothing else: applied one by one, the others go on. */
  get isOfAnEvent(): boolean {
    return isOfAnEvent(this.cause);
  }
}

export interface BatchOptions extends Omit<Batch, 'touched'> {
  /** All events of our own streams in it: ownEvents.ts. */
  readonly events: readonly RecordedEvent[];
  readonly identity: string;
  /** Projections to apply one event at a time, because an event of this batch is more than a table can take. */
  readonly oneByOne: ReadonlySet<string>;
}

/**
 * Applies to each running projection what it has not seen of a batch, moves the checkpoints on and notifies the
 * replicas: all in this transaction, under the checkpoints' locks, so that each event is applied once by whichever process. A
 * checkpoint of another event store than `identity` stays where it is: its positions mean nothing here.
 * @returns the checkpoints as they are when the transaction commits
 * @throws ProjectionFailed; Unavailable
 */
export async function applyBatch(
  tx: Queryable,
  projections: readonly Projection[],
  { identity, after, upTo, events, oneByOne }: BatchOptions,
): Promise<Checkpoint[]> {
  const checkpoints = await lockCheckpoints(
    tx,
    projections.map(({ name }) => name),
  );
  const advanced = new Set<string>();
  let applied: readonly RecordedEvent[] = [];
  for (const checkpoint of checkpoints) {
    const projection = projections.find(({ name }) => name === checkpoint.projection);
    if (projection === undefined || !runs(projections, checkpoint) || !isOf(checkpoint, identity)) continue;
    // One that was rebuilt meanwhile may be behind this batch; one that another process pumped may be past it.
    if (!hasReached(checkpoint, after) || hasReached(checkpoint, upTo)) continue;
    const unseen = events.filter(({ position }) => !hasReached(checkpoint, position));
    const apply = oneByOne.has(projection.name) ? applyOneByOne : applyEvents;
    await apply(tx, projection, unseen).catch((cause: unknown) => {
      throw cause instanceof AppError ? cause : new ProjectionFailed(checkpoint, cause);
    });
    advanced.add(projection.name);
    if (unseen.length > applied.length) applied = unseen;
  }
  const last = events.at(-1);
  const bookmark = last && bookmarkOf(last);
  if (advanced.size > 0) {
    await advanceCheckpoints(tx, [...advanced], { position: upTo, store: identity, bookmark });
    if (applied.length > 0) await notifyInvalidation(tx, invalidationOf(applied));
  }
  return checkpoints.map((checkpoint) =>
    advanced.has(checkpoint.projection)
      ? { ...checkpoint, position: upTo, bookmark: bookmark ?? checkpoint.bookmark }
      : checkpoint,
  );
}

/**
 * Applies events one by one, inside a transaction; one that no table can take is noted in unreadable_events, so that only
 * its key, role or server stands still. @throws what its handlers throw that is no single event's fault
 */
export async function applyOneByOne(
  tx: Queryable,
  projection: Projection,
  events: readonly RecordedEvent[],
): Promise<void> {
  for (const event of events) {
    await tx.query({ text: 'savepoint one_event', values: [] });
    try {
      await applyEvents(tx, projection, [event]);
    } catch (error) {
      if (!isOfAnEvent(error)) throw error;
      await tx.query({ text: 'rollback to savepoint one_event', values: [] });
      await noteUnreadable(tx, event, error instanceof Error ? error.message : String(error));
    }
    await tx.query({ text: 'release savepoint one_event', values: [] });
  }
}

/** PostgreSQL's classes of errors that a value causes: data exception, integrity constraint, program limit (SQLSTATE 22, 23, 54). */
export function isOfAnEvent(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(22|23|54)/.test(error.code ?? '');
}

/** Applies events to one projection. @throws what its handlers throw */
export async function applyEvents(
  tx: Queryable,
  projection: Projection,
  events: readonly RecordedEvent[],
): Promise<void> {
  for (const { handler, events: some } of runsOf(projection, thatCount(projection, events))) await handler(tx, some);
}

/** Leaves out what a later event of the same stream overwrites: a long history of one key is mostly that. */
function thatCount({ lastCounts }: Projection, events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  if (lastCounts === undefined) return events;
  const last = new Map<string, RecordedEvent>();
  // One that can't be read sets nothing, and overwrites nothing.
  const groupOf = (event: RecordedEvent): string | undefined =>
    Object.hasOwn(lastCounts, event.type) && typeof decodeOrReason(event) !== 'string'
      ? `${String(lastCounts[event.type])} ${event.stream}`
      : undefined;
  for (const event of events) {
    const group = groupOf(event);
    if (group !== undefined) last.set(group, event);
  }
  return events.filter((event) => {
    const group = groupOf(event);
    return group === undefined || last.get(group) === event;
  });
}

interface Run {
  readonly handler: Handler;
  readonly events: RecordedEvent[];
}

/**
 * Groups events into as few handler calls as keep each stream's order: an event joins its handler's latest call unless
 * that one is not later than the call that took the stream's previous event. So no call has two events of one stream,
 * unless the projection takes them.
 */
export function runsOf(projection: Projection, events: readonly RecordedEvent[]): readonly Run[] {
  const runs: Run[] = [];
  const latestOfHandler = new Map<Handler, number>();
  const latestOfStream = new Map<string, number>();
  const apart = projection.severalOfAStream !== true;
  for (const event of events) {
    const handler = handlerOf(projection, event);
    if (handler === undefined) continue;
    let index = latestOfHandler.get(handler) ?? -1;
    if (index === -1 || (apart && index <= (latestOfStream.get(event.stream) ?? -1))) {
      index = runs.push({ handler, events: [] }) - 1;
      latestOfHandler.set(handler, index);
    }
    runs[index]?.events.push(event);
    latestOfStream.set(event.stream, index);
  }
  return runs;
}

function handlerOf({ on }: Projection, event: RecordedEvent): Handler | undefined {
  if (!Object.hasOwn(on, event.type)) return on['*'];
  // Very many that can't be read, of types by turns, would be as many statements that do nothing.
  return typeof decodeOrReason(event) === 'string' ? undefined : on[event.type];
}
