import { z } from 'zod';
import { Invalid } from '../errors/appError.ts';
import { plainFault } from '../plainFault.ts';
import { canonicalJson } from './canonicalJson.ts';
import type { JsonObject, NewEvent, RecordedEvent } from './eventStore.ts';
import { FORGED, isForged } from './forgery.ts';
import { metadataSchema, type Metadata } from './metadata.ts';
import { checkStorable } from './storable.ts';

/** Turns the data of one released shape into the data of the next. */
export type Upcast = (data: JsonObject) => JsonObject;

/** What is known of an event type. */
interface EventType {
  /** The newest shape of all that was ever written: whatever was stored must parse for ever. */
  readonly data: z.ZodType;
  /** What may be written today, where that is less. (Default: `data`) */
  readonly written?: z.ZodType;
  /** The names of the streams that it belongs to; in any other it is another program's. (Default: any) */
  readonly stream?: RegExp;
  /** Leads from each older shape to the next. */
  readonly upcasts: readonly Upcast[];
}

/** Every event type of a category, by name. */
export type Catalogue = Readonly<Record<string, EventType>>;

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
 * Writes the data of an event, checked by its own schema: it can be stored, and reads back as the same value. Members
 * that are undefined count as absent.
 * @throws Invalid `event-invalid`, with the place; TypeError for a type that the catalogue lacks
 */
export function encodeData(catalogue: Catalogue, type: string, data: unknown): JsonObject {
  const entry = catalogue[type];
  if (entry === undefined) throw new TypeError(`no event type ${type} in the catalogue`);
  const written = withoutUndefined(data);
  checkReadsBack(entry.written ?? entry.data, written, type, 'data');
  return written;
}

/** As `encodeData`, for a whole event but its id and its place in the hash chain. @throws as `encodeData` */
export function encodeEvent(
  catalogue: Catalogue,
  { type, data }: { readonly type: string; readonly data: unknown },
  about: Omit<Metadata, 'schema' | 'prev' | 'hash'>,
): Omit<NewEvent, 'id'> {
  const metadata = withoutUndefined({ schema: schemaOf(catalogue, type), ...about });
  checkReadsBack(metadataSchema.omit({ prev: true, hash: true }), metadata, type, 'metadata');
  return { type, data: encodeData(catalogue, type, data), metadata };
}

/** What a schema would refuse, leave out or change is not written. */
function checkReadsBack(schema: z.ZodType, written: JsonObject, type: string, part: 'data' | 'metadata'): void {
  const parsed = schema.safeParse(written, { error: plainFault });
  if (!parsed.success) {
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw eventInvalid(type, [part, ...path].join('.'), message);
  }
  checkStorable(written, part);
  if (canonicalJson(parsed.data as object) !== canonicalJson(written)) {
    throw eventInvalid(type, part, 'has a member that would read back as something else');
  }
}

function eventInvalid(type: string, path: string, fault: string): Invalid {
  return new Invalid(
    'event-invalid',
    `Nothing was changed, because the change can’t be recorded: ${path}: ${fault}. Correct it and try again.`,
    { data: { type, path } },
  );
}

/** Drops members that are undefined: an optional member that is absent and one that is undefined are the same JSON. */
export function withoutUndefined(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

/**
 * Decodes a recorded event to its newest shape.
 * @returns undefined for a type that the catalogue does not know, or that is in no stream of its own (readers skip it)
 * @throws UnreadableEvent for a known type that does not parse, or holds what no read table can: the reader must stop, loudly
 */
export function decode<C extends Catalogue>(catalogue: C, recorded: RecordedEvent): Decoded<EventOf<C>> | undefined {
  const entry = Object.hasOwn(catalogue, recorded.type) ? catalogue[recorded.type] : undefined;
  if (entry === undefined || entry.stream?.test(recorded.stream) === false) return undefined;
  try {
    if (isForged(recorded)) throw new Error(FORGED);
    checkStorable(recorded.metadata, 'metadata');
    checkStorable(recorded.data, 'data');
    const metadata = metadataSchema.parse(recorded.metadata, { error: plainFault });
    if (metadata.schema > entry.upcasts.length + 1)
      throw new Error(`schema ${metadata.schema} is newer than this program`);
    const newest = entry.upcasts.slice(metadata.schema - 1).reduce((data, upcast) => upcast(data), recorded.data);
    const { stream, revision, position, id, type } = recorded;
    // The one cast of the event layer: zod has just checked `data` against the schema of exactly this `type`.
    return {
      type,
      data: entry.data.parse(newest, { error: plainFault }),
      stream,
      revision,
      position,
      id,
      metadata,
    } as Decoded<EventOf<C>>;
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
