import type { Catalogue, Decoded, EventOf } from '../../events/catalogue.ts';
import type { RecordedEvent } from '../../events/eventStore.ts';
import { decodeReadable } from '../../events/knownEvent.ts';
import type { Queryable } from '../../postgres/database.ts';
import type { Checkpoint } from './checkpoints.ts';

/**
 * Applies events to a table, by plain upserts: applied again, they change nothing. They come in batches, so that one
 * statement can take many: each of another stream, and for any one stream in order over all calls of a projection.
 * An event that can't be read is left out. @throws what a statement throws, which applyEvents.ts handles
 */
export type Handler = (tx: Queryable, events: readonly RecordedEvent[]) => Promise<unknown>;

/** How events become the rows of one table, as a value. docs/architecture.md, Read path. */
export interface Projection {
  /** The table's name, and the checkpoint's. */
  readonly name: string;
  /** False: it has no table of its own, and a rebuild applies everything again, which changes nothing. */
  readonly table: boolean;
  /** Higher than the checkpoint's: the table is rebuilt. Raised whenever the same events give other rows. */
  readonly version: number;
  /** Its handlers take several events of one stream at once, still in order. (Default: false) */
  readonly severalOfAStream?: boolean;
  /**
   * Event types in groups, by any name: each event of a group sets all columns that the others of it set, so that of one
   * stream's in a batch only the last counts. The others are not applied. (Default: every event counts)
   */
  readonly lastCounts?: Readonly<Record<string, string>>;
  /** By event type: the keys are the filter. `*` stands for every type that is not named. */
  readonly on: Readonly<Record<string, Handler>>;
}

/** The version of this program's projection; Infinity for a table that this program does not know. */
export function versionOf(projections: readonly Projection[], name: string): number {
  return projections.find((projection) => projection.name === name)?.version ?? Infinity;
}

/** Checks whether a checkpoint is moved on by this program: its table is of this version, and not stopped. */
export function runs(projections: readonly Projection[], checkpoint: Checkpoint): boolean {
  return checkpoint.stoppedReason === undefined && checkpoint.version === versionOf(projections, checkpoint.projection);
}

/** Checks whether a table has to be rebuilt, because an older version has built it. */
export function isOutdated(projections: readonly Projection[], checkpoint: Checkpoint): boolean {
  return checkpoint.version < versionOf(projections, checkpoint.projection);
}

type EventOfType<C extends Catalogue, T> = Decoded<Extract<EventOf<C>, { readonly type: T }>>;

/** A handler for each event type; each gets its own type's events, decoded. */
type HandlersByType<C extends Catalogue> = {
  readonly [T in keyof C & string]: (tx: Queryable, events: readonly EventOfType<C, T>[]) => Promise<unknown>;
};

/** Names the handlers of a table with a row per stream: every event type needs one, so that the row's revision keeps up. */
export function handlers<C extends Catalogue>(catalogue: C, byType: HandlersByType<C>): Record<string, Handler> {
  return handlersOfSome(catalogue, byType);
}

/** Names the handlers of those event types of a catalogue that concern a projection. */
export function handlersOfSome<C extends Catalogue>(
  catalogue: C,
  byType: Partial<HandlersByType<C>>,
): Record<string, Handler> {
  return Object.fromEntries(
    Object.entries(byType).map(([type, handler]) => [
      type,
      // The runner calls a handler with events of its type only, which the compiler can't follow through `entries`.
      decoding(catalogue, handler as (tx: Queryable, events: readonly Decoded<EventOf<C>>[]) => Promise<unknown>),
    ]),
  );
}

/** Names one handler for all event types of a catalogue. */
export function handlerOfAll<C extends Catalogue>(
  catalogue: C,
  handler: (tx: Queryable, events: readonly Decoded<EventOf<C>>[]) => Promise<unknown>,
): Record<string, Handler> {
  const decoder = decoding(catalogue, handler);
  return Object.fromEntries(Object.keys(catalogue).map((type) => [type, decoder]));
}

/** What can't be read is left out: the table unreadable_events has it, and every other stream goes on. */
function decoding<C extends Catalogue>(
  catalogue: C,
  handler: (tx: Queryable, events: readonly Decoded<EventOf<C>>[]) => Promise<unknown>,
): Handler {
  return (tx, recorded) =>
    handler(
      tx,
      recorded
        .map(decodeReadable)
        .filter((event) => event !== undefined && Object.hasOwn(catalogue, event.type)) as Decoded<EventOf<C>>[],
    );
}
