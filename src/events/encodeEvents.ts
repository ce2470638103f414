import { Invalid } from '../errors/appError.ts';
import type { JsonObject, NewEvent } from './eventStore.ts';
import { checkStorable, checkText } from './storable.ts';
import { MAX_INDEXED_BYTES } from './text.ts';

/** The most that one append may hold, as EventStoreDB counts by default (`MaxAppendSize`). */
export const MAX_APPEND_BYTES = 1_048_576;

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
  checkStorable(value, path);
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
  if (Buffer.byteLength(name) > MAX_INDEXED_BYTES) throw invalid(`${what} must not exceed ${MAX_INDEXED_BYTES} bytes.`);
}

function invalid(message: string): Invalid {
  return new Invalid('event-data-invalid', message);
}
