import { Invalid } from '../errors.ts';
import type { Json, JsonObject, NewEvent } from './eventStore.ts';

/** The most that one append may hold, as EventStoreDB counts by default (`MaxAppendSize`). */
export const MAX_APPEND_BYTES = 1_048_576;

/** Far more than people write, far less than a recursive reader or PostgreSQL's `max_stack_depth` can bear. */
const MAX_DEPTH = 256;

/** Bytes of UTF-8; PostgreSQL's index rows end at 2,704. */
const MAX_NAME_BYTES = 1_000;

/** One case only: the hash chain covers the id, and a `uuid` column writes it in lower case. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An event as it is sent to a store: `data` and `metadata` are JSON text. */
export interface EncodedEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/**
 * Checks an append before a store sees it, and encodes it: every store gives back exactly what was appended, so what one
 * of them would change or can't hold is refused by all.
 * @throws Invalid `event-data-invalid`, `append-too-large`
 */
export function encodeEvents(stream: string, events: readonly NewEvent[]): EncodedEvent[] {
  checkName(stream, 'The stream');
  if (events.length === 0) throw invalid('An append needs an event.');
  if (new Set(events.map((event) => event.id)).size < events.length) throw invalid('Two events have the same id.');
  const encoded = events.map(encode);
  const bytes = encoded.reduce((sum, event) => sum + sizeOf(event), 0);
  if (bytes <= MAX_APPEND_BYTES) return encoded;
  throw new Invalid('append-too-large', `One append may hold ${MAX_APPEND_BYTES} bytes; this one has ${bytes}.`, {
    data: { bytes, maxBytes: MAX_APPEND_BYTES },
  });
}

function encode({ id, type, data, metadata }: NewEvent): EncodedEvent {
  if (!UUID.test(id)) throw invalid('An event’s id must be a UUID in lower case.');
  checkName(type, 'An event’s type');
  return { id, type, data: encodeObject(data, 'data'), metadata: encodeObject(metadata, 'metadata') };
}

function encodeObject(value: JsonObject, path: string): string {
  checkJson(value, path, 1);
  const text = JSON.stringify(value);
  if (!text.startsWith('{')) throw invalid(`${path} must be an object.`);
  return text;
}

/** EventStoreDB's count: two bytes for each character of the type. */
function sizeOf({ type, data, metadata }: EncodedEvent): number {
  return Buffer.byteLength(data) + Buffer.byteLength(metadata) + 2 * type.length;
}

function checkName(name: string, what: string): void {
  checkText(name, what);
  if (name === '') throw invalid(`${what} must have a name.`);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw invalid(`${what} must not exceed ${MAX_NAME_BYTES} bytes.`);
}

/** jsonb and text hold neither U+0000 nor half a surrogate pair. */
function checkText(text: string, path: string): void {
  if (!text.isWellFormed()) throw invalid(`${path} holds half a surrogate pair.`);
  if (text.includes('\0')) throw invalid(`${path} holds the character U+0000.`);
}

/** A property that is undefined counts as absent, as in JSON.stringify; whatever else JSON.stringify would change is refused. */
function checkJson(value: Json | undefined, path: string, depth: number): void {
  if (typeof value === 'string') {
    checkText(value, path);
    return;
  }
  if (typeof value === 'boolean' || value === null || Number.isFinite(value)) return;
  if (typeof value !== 'object') throw invalid(`${path} is not JSON.`);
  if (depth > MAX_DEPTH) throw invalid(`${path} nests deeper than ${MAX_DEPTH}.`);
  if (isList(value)) {
    // By index: an empty slot is not JSON, and forEach would pass it over.
    for (let i = 0; i < value.length; i += 1) checkJson(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  if (!isPlain(value)) throw invalid(`${path} is not a plain object.`);
  for (const [key, member] of Object.entries<Json | undefined>(value)) {
    checkText(key, `A key of ${path}`);
    if (member !== undefined) checkJson(member, `${path}.${key}`, depth + 1);
  }
}

/** Array.isArray, which for a readonly list forgets what is in it. */
function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

/** A Date, a Map or anything with a toJSON of its own would come back as something else. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function invalid(message: string): Invalid {
  return new Invalid('event-data-invalid', message);
}
