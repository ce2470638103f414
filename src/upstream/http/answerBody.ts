import { GrowingBuffer } from '../../growingBuffer.ts';
import { withoutByteOrderMark } from '../../mcp/byteOrderMark.ts';
import { describeExcess, excessSteps, type JsonBounds } from '../../mcp/jsonCost.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import { parseSteps } from '../../mcp/slicedJson.ts';
import { inSlices, type Steps } from '../../slices.ts';
import { readLargeAnswer } from '../largeAnswer.ts';
import type { UpstreamAnswer } from '../upstream.ts';
import { tooLarge } from '../../mcp/failures.ts';
import { unreadableJson } from '../../mcp/unreadableJson.ts';
import type { RequestBounds } from '../requestBounds.ts';
import type { Room } from '../room.ts';
import type { HttpTarget } from './target.ts';
import type { HttpResponse } from './httpResponse.ts';
import { StreamRest } from './streamRest.ts';

/** The largest message accepted, in bytes: of JSON, or of one server-sent event. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Bytes that are looked at in one step. */
const STEP_BYTES = 64 * 1024;

/** What is read whole is held as text and as values: that takes up to twice its bytes until it has been answered. */
export const HELD_PER_BYTE = 2;

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
    const filled = response.filled();
    if (filled !== undefined) await filled;
    const chunk = response.take();
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

/** Decodes UTF-8, without the byte order mark that some servers send. */
export function decode(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}
