import { z } from 'zod';
import { metadataSchema, type Metadata } from './metadata.ts';
import type { JsonObject, RecordedEvent } from './eventStore.ts';

/** Turns the data of one released shape into the data of the next. */
export type Upcast = (data: JsonObject) => JsonObject;

/** Every event type of a category: its newest shape, and the upcasts that lead there from each older one. */
export type Catalogue = Readonly<Record<string, { readonly data: z.ZodType; readonly upcasts: readonly Upcast[] }>>;

/** The union of a catalogue's events, inferred. */
export type EventOf<C extends Catalogue> = {
  [T in keyof C & string]: { readonly type: T; readonly data: z.infer<C[T]['data']> };
}[keyof C & string];

/** A decoded event together with where it stands. */
export type Decoded<E> = E &
  Pick<RecordedEvent, 'stream' | 'revision' | 'position' | 'id'> & { readonly metadata: Metadata };

/** The `schema` number to write: the number of upcasts + 1. @throws TypeError for a type that the catalogue lacks */
export function schemaOf(catalogue: Catalogue, type: string): number {
  const entry = catalogue[type];
  if (entry === undefined) throw new TypeError(`no event type ${type} in the catalogue`);
  return entry.upcasts.length + 1;
}

/**
 * Decodes a recorded event to its newest shape.
 * @returns undefined for a type that the catalogue does not know (readers skip it)
 * @throws UnreadableEvent for a known type that does not parse: the reader must stop, loudly
 */
export function decode<C extends Catalogue>(catalogue: C, recorded: RecordedEvent): Decoded<EventOf<C>> | undefined {
  const entry = Object.hasOwn(catalogue, recorded.type) ? catalogue[recorded.type] : undefined;
  if (entry === undefined) return undefined;
  try {
    const metadata = metadataSchema.parse(recorded.metadata);
    if (metadata.schema > entry.upcasts.length + 1)
      throw new Error(`schema ${metadata.schema} is newer than this program`);
    const newest = entry.upcasts.slice(metadata.schema - 1).reduce((data, upcast) => upcast(data), recorded.data);
    const { stream, revision, position, id, type } = recorded;
    // The one cast of the event layer: zod has just checked `data` against the schema of exactly this `type`.
    return { type, data: entry.data.parse(newest), stream, revision, position, id, metadata } as Decoded<EventOf<C>>;
  } catch (cause) {
    throw new UnreadableEvent(recorded, cause);
  }
}

/** A known event that does not parse: history is damaged or written by a newer program. Not an AppError: it is no caller's fault. */
export class UnreadableEvent extends Error {
  /** A phrase for people. */
  readonly reason: string;

  constructor(event: RecordedEvent, cause: unknown) {
    super(`event ${event.type} at ${event.stream}@${event.revision} can't be read`, { cause });
    this.name = 'UnreadableEvent';
    this.reason = reasonOf(cause);
  }
}

/** What a person needs of a schema's complaint: where, and what is wrong there. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return cause instanceof Error ? cause.message : String(cause);
  const [issue] = cause.issues;
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it does not fit its schema'}`.replace(/^: /, '');
}
