import { createParser } from 'eventsource-parser';
import { notMcp, tooLarge } from './failures.ts';
import type { Call } from './call.ts';
import type { Endpoint } from './endpoint.ts';
import type { HttpResponse } from './httpRequest.ts';

/** The largest message accepted, in bytes of JSON, or characters of one server-sent event. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What is read of a stream after its answer, so that the connection can serve again. */
const DRAIN = { bytes: 64 * 1024, ms: 1_000 };

/** Where a stream of server-sent events stands. */
export interface StreamCursor {
  lastEventId: string | undefined;
  /** The wait that the server asks for before a reconnection, in milliseconds. */
  retryMs: number | undefined;
}

type Body = HttpResponse['body'];

/**
 * Reads a body as text.
 * @param limit in bytes; what is beyond is cut off
 */
export async function readText(body: Body, call: Call, limit: number): Promise<{ text: string; complete: boolean }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(body, call)) {
    const room = limit - bytes;
    chunks.push(chunk.subarray(0, room));
    bytes += chunk.byteLength;
    if (chunk.byteLength > room) {
      body.destroy();
      return { text: decode(chunks), complete: false };
    }
  }
  return { text: decode(chunks), complete: true };
}

/**
 * Reads the data of server-sent events as they come, without the empty ones that only carry an id (WHATWG HTML, 9.2.6).
 * @param cursor kept up to date while reading
 * @throws Unavailable when an event is too large
 */
export async function* readEvents(
  endpoint: Endpoint,
  body: Body,
  call: Call,
  cursor: StreamCursor,
): AsyncGenerator<{ event: string; data: string }> {
  let ready: { event: string; data: string }[] = [];
  let overflow = false;
  const parser = createParser({
    maxBufferSize: MAX_MESSAGE_BYTES,
    onId: (id) => (cursor.lastEventId = id === '' ? undefined : id),
    onRetry: (ms) => (cursor.retryMs = ms),
    onEvent: ({ event = 'message', data }) => {
      if (data !== '') ready.push({ event, data });
    },
    onError: (error) => (overflow ||= error.type === 'max-buffer-size-exceeded'),
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunksOf(body, call)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const events = ready;
    ready = [];
    yield* events;
    if (overflow) throw tooLarge(endpoint, 'an event of more than 16 MiB');
  }
}

/** Reads the short rest of a stream whose answer has come, then lets its connection serve again; cuts it when there is more. */
export function drain(endpoint: Endpoint, body: Body): void {
  let left = DRAIN.bytes;
  const cut = () => {
    body.destroy();
  };
  const timer = setTimeout(cut, DRAIN.ms);
  endpoint.closed.addEventListener('abort', cut, { once: true });
  body
    .on('error', () => undefined)
    .on('data', (chunk: Uint8Array) => {
      left -= chunk.byteLength;
      if (left < 0) cut();
    })
    .once('close', () => {
      clearTimeout(timer);
      endpoint.closed.removeEventListener('abort', cut);
    });
  if (endpoint.closed.aborted) cut();
}

/** Parses JSON. @throws Unavailable */
export function parseJson(endpoint: Endpoint, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notMcp(endpoint, 'answered with something that is not JSON', text);
  }
}

async function* chunksOf(body: Body, call: Call): AsyncGenerator<Uint8Array> {
  // Leaving the loop early must not cost the connection: the caller drains or destroys.
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('an HTTP body yields bytes');
    call.heard(chunk.byteLength);
    call.signal.throwIfAborted();
    yield chunk;
  }
}

/** Decodes UTF-8, without the byte order mark that some servers send. */
function decode(chunks: readonly Uint8Array[]): string {
  return new TextDecoder().decode(Buffer.concat(chunks));
}
