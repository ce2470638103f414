import { createParser } from 'eventsource-parser';
import { GrowingBuffer } from '../../growingBuffer.ts';
import { withoutByteOrderMark } from '../../mcp/byteOrderMark.ts';
import { divideEvent, EventSplitter, MAX_EVENT_LINES, type EventExcess } from '../../mcp/eventSplitter.ts';
import { describeExcess, excessSteps, type JsonBounds } from '../../mcp/jsonCost.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import { parseSteps } from '../../mcp/slicedJson.ts';
import { inSlices, type Steps } from '../../slices.ts';
import { LARGE_BYTES, readLargeAnswer } from '../largeAnswer.ts';
import type { UpstreamAnswer } from '../upstream.ts';
import { isTimedOut, tooLarge } from '../../mcp/failures.ts';
import { unreadableJson } from '../../mcp/unreadableJson.ts';
import type { Pace } from '../pace.ts';
import type { RequestBounds } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import type { HttpTarget } from './target.ts';
import type { HttpResponse } from './httpResponse.ts';
import { StreamRest } from './streamRest.ts';

/** The largest message accepted, in bytes: of JSON, or of one server-sent event. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Where a stream of server-sent events stands. */
export interface StreamCursor {
  lastEventId: string | undefined;
  /** The wait that the server asks for before a reconnection, in milliseconds. */
  retryMs: number | undefined;
}

/** A server-sent event, its type and its data. */
interface ReadEvent {
  readonly event: string;
  readonly data: Buffer;
}

/** Bytes that are looked at in one step. */
const STEP_BYTES = 64 * 1024;

/** What is read whole is held as text and as values: that takes up to twice its bytes until it has been answered. */
const HELD_PER_BYTE = 2;

/**
 * Reads a body whole.
 * @param limit in bytes; what is beyond is cut off
 * @throws what `room` throws when there is none
 */
export async function readBytes(
  response: HttpResponse,
  bounds: RequestBounds,
  { limit, room }: { limit: number; room: Room | undefined },
): Promise<{ bytes: Buffer; complete: boolean }> {
  let bytes: GrowingBuffer | undefined;
  let first: Buffer | undefined;
  for (let length = 0; ;) {
    const next = response.next();
    const chunk = next instanceof Promise ? await next : next;
    // Most answers come in one piece, which is not copied.
    if (chunk === undefined) return { bytes: bytes?.take() ?? first ?? Buffer.alloc(0), complete: true };
    bounds.received(chunk.length);
    bounds.signal.throwIfAborted();
    const taken = chunk.subarray(0, limit - length);
    room?.grow(HELD_PER_BYTE * taken.length);
    length += taken.length;
    if (first === undefined) first = taken;
    else {
      bytes ??= collecting(first);
      bytes.add(taken);
    }
    if (chunk.length > taken.length) {
      response.destroy();
      return { bytes: bytes?.take() ?? first, complete: false };
    }
  }
}

function collecting(first: Buffer): GrowingBuffer {
  const bytes = new GrowingBuffer();
  bytes.add(first);
  return bytes;
}

/**
 * Reads the data of server-sent events as they come, without the empty ones that only carry an id (WHATWG HTML, 9.2.6).
 * @param cursor kept up to date while reading
 * @param room holds the events of the last piece read, and the one that is not whole yet
 * @param pace slows down a server that floods with what is no event; whoever takes the events counts those
 * @throws Unavailable when an event is too large; what `room` throws when there is none
 */
export async function* readEvents(
  target: HttpTarget,
  response: HttpResponse,
  bounds: RequestBounds,
  { cursor, room, pace }: { cursor: StreamCursor; room?: Room | undefined; pace: Pace },
): AsyncGenerator<ReadEvent> {
  let ready: ReadEvent[] = [];
  /** Of an event that is large: it is not turned into a text. */
  let largeData: Buffer | undefined;
  const parser = createParser({
    onId: (id) => (cursor.lastEventId = id === '' ? undefined : id),
    onRetry: (ms) => (cursor.retryMs = ms),
    onEvent: ({ event = 'message', data }) => {
      if (data !== '') ready.push({ event, data: largeData ?? Buffer.from(data) });
    },
  });
  const splitter = new EventSplitter(MAX_MESSAGE_BYTES);
  const parse = (event: Buffer): void => {
    const before = ready.length;
    if (event.length < LARGE_BYTES) parser.feed(event.toString('utf8'));
    else {
      const { data, others } = divideEvent(event);
      largeData = data;
      parser.feed(data.length === 0 ? `${others}\n` : `${others}data: large\n\n`);
      largeData = undefined;
    }
    if (ready.length === before) pace.spend();
  };
  try {
    // Without a generator in between: a stream may stand for long, and each of them takes 0.7 KB meanwhile.
    for (;;) {
      const chunk = await response.next();
      if (chunk === undefined) break;
      receive(chunk, bounds);
      pace.count(chunk);
      room?.grow(HELD_PER_BYTE * chunk.length);
      const excess = splitter.push(chunk, parse);
      const events = ready;
      ready = [];
      yield* events;
      if (excess !== undefined) throw tooLarge(target, EXCESS[excess]);
      room?.release();
      room?.grow(HELD_PER_BYTE * splitter.pendingBytes);
      await pace.turn();
    }
  } catch (error) {
    // The answer may be there but for its end, which never came.
    const isCut = bounds.signal.aborted ? isTimedOut(bounds.signal.reason) : response.errored === error;
    if (isCut) yield* lastEvents();
    throw error;
  }
  yield* lastEvents();

  function lastEvents() {
    const event = splitter.takeRest();
    if (event !== undefined) {
      parse(event);
      parser.feed('\n\n');
    }
    return ready;
  }
}

const EXCESS: Readonly<Record<EventExcess, string>> = {
  bytes: 'an event of more than 16 MiB',
  lines: `an event of more than ${MAX_EVENT_LINES.toLocaleString('en')} lines`,
};

/** Reads the short rest of a stream whose answer has come, then lets its connection serve again; cuts it when there is more. */
export function drain(target: HttpTarget, response: HttpResponse): void {
  const cut = (): void => response.destroy();
  if (target.closed.aborted) cut();
  if (response.isOver) return;
  const rest = new StreamRest(cut);
  target.closed.addEventListener('abort', cut, { once: true });
  response.readRest({
    read: (bytes) => rest.read(bytes),
    end: () => {
      rest.end();
      target.closed.removeEventListener('abort', cut);
    },
  });
}

/**
 * Parses JSON; numbers keep their text, for the caller gets them. What is large is parsed in slices.
 * @throws Unavailable
 */
export async function parseJson(target: HttpTarget, json: Buffer, bounds?: JsonBounds): Promise<unknown> {
  await checkCost(target, json, bounds);
  try {
    return await inSlices(parseSteps(withoutByteOrderMark(json)));
  } catch {
    throw unreadableJson(target, decode(json));
  }
}

/** Reads a response with a large result, which stays bytes; undefined: it is something else. @throws Unavailable when it is too costly */
export async function parseLarge(
  target: HttpTarget,
  json: Buffer,
  bounds?: JsonBounds,
): Promise<UpstreamAnswer | undefined> {
  await checkCost(target, json, bounds);
  return await readLargeAnswer(target, json, await inSlices(scanSteps(json)));
}

function* scanSteps(json: Buffer): Steps<MessageScan> {
  const scan = new MessageScan();
  for (let at = 0; at < json.length; at += STEP_BYTES) {
    scan.push(json.subarray(at, at + STEP_BYTES));
    yield;
  }
  return scan;
}

async function checkCost(target: HttpTarget, json: Buffer, bounds?: JsonBounds): Promise<void> {
  const excess = await inSlices(excessSteps(json, bounds));
  if (excess !== undefined) {
    throw tooLarge(target, `an answer of ${json.length} bytes that ${describeExcess(excess, bounds)}`);
  }
}

/** Notes that bytes have arrived. @throws the reason of the bounds' signal */
function receive({ byteLength }: Buffer, bounds: RequestBounds): void {
  bounds.received(byteLength);
  bounds.signal.throwIfAborted();
}

/** Decodes UTF-8, without the byte order mark that some servers send. */
export function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}
