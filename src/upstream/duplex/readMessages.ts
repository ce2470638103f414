import { isUtf8 } from 'node:buffer';
import { withoutByteOrderMark } from '../../mcp/byteOrderMark.ts';
import { parseForeignJson } from '../../mcp/foreignJson.ts';
import { EXCERPT_BYTES } from '../../mcp/excerpt.ts';
import { describeExcess, excessOf, findExcess, JSON_BOUNDS, type JsonBounds } from '../../mcp/jsonCost.ts';
import { JsonOutline } from '../../mcp/jsonOutline.ts';
import { faultOfMessage, readServerMessage, type JsonRpcId } from '../../mcp/jsonRpc.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { MessageScan, type FoundResponse } from '../../mcp/messageScan.ts';
import { parseSteps } from '../../mcp/slicedJson.ts';
import { inSlices, type Steps } from '../../slices.ts';
import type { UpstreamMessage } from '../upstream.ts';
import { LARGE_BYTES, readLargeAnswer } from '../largeAnswer.ts';

/** Finds what the answer to a request may cost, by the request's id. */
export type BoundsOf = (id: JsonRpcId | undefined) => JsonBounds;

/** What a piece of a channel holds that is to be one message. */
export type ReadMessage =
  | { readonly as: 'message'; readonly message: UpstreamMessage; readonly bytes: number }
  | Unusable
  /** No JSON-RPC at all, such as what a program prints for people. */
  | { readonly as: 'noise'; readonly text: string }
  | { readonly as: 'blank' };

/** It can't be used; `responses` are those that it holds, and `fault` is the rest of a sentence that begins "it sent". */
export interface Unusable {
  readonly as: 'unusable';
  readonly fault: string;
  readonly responses: readonly FoundResponse[];
  readonly tooLarge: boolean;
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;
/** Its first byte. */
const BYTE_ORDER_MARK = 0xef;

/** Bytes that are looked at in one step. */
const STEP_BYTES = 64 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads what a piece of a channel holds: a message, or the messages of a batch, which servers of 2025-03-26 may send. Whoever
 * waits for an answer that can't be used learns it. What is large is read in slices, anything else at once.
 * @param boundsOf what the answer to a request may cost, by the request's id (Default: as much as any message)
 */
export function readMessages(
  label: ServerLabel,
  bytes: Buffer,
  boundsOf: BoundsOf = () => JSON_BOUNDS,
): readonly ReadMessage[] | Promise<readonly ReadMessage[]> {
  const first = bytes.find((byte) => byte > 0x20);
  if (first === undefined) return [{ as: 'blank' }];
  // It may begin with a byte order mark.
  const isJson = first === OPENING_BRACE || first === OPENING_BRACKET || first === BYTE_ORDER_MARK;
  if (!isJson) return [noise(bytes)];
  if (bytes.length >= LARGE_BYTES) return readLarge(label, bytes, boundsOf);
  const excess = findExcess(bytes);
  if (excess !== undefined) return [tooCostly(`a message that ${describeExcess(excess)}`, responsesIn(bytes))];
  let value: unknown;
  try {
    // A byte order mark is taken off by the decoder.
    value = parseForeignJson(utf8.decode(bytes));
  } catch (error) {
    return [unreadable(bytes, responsesIn(bytes), error instanceof SyntaxError)];
  }
  return readValues(value, bytes);
}

async function readLarge(label: ServerLabel, bytes: Buffer, boundsOf: BoundsOf): Promise<readonly ReadMessage[]> {
  const text = withoutByteOrderMark(bytes);
  const { scan, outline } = await inSlices(lookSteps(text));
  const { responses } = scan;
  const [response] = responses;
  const bounds = responses.length === 1 && response?.isError === false ? boundsOf(response.id) : JSON_BOUNDS;
  const excess = excessOf(outline, bounds);
  if (excess !== undefined) {
    return [tooCostly(`a message of ${bytes.length} bytes that ${describeExcess(excess, bounds)}`, responses)];
  }
  const answer = text.length < bytes.length ? undefined : await readLargeAnswer(label, text, scan);
  if (answer !== undefined) return [{ as: 'message', message: answer, bytes: bytes.length }];
  if (!isUtf8(text)) return [unreadable(bytes, responses, false)];
  let value: unknown;
  try {
    value = await inSlices(parseSteps(text));
  } catch {
    return [unreadable(bytes, responses, true)];
  }
  return readValues(value, bytes);
}

function* lookSteps(text: Buffer): Steps<{ readonly scan: MessageScan; readonly outline: JsonOutline }> {
  const scan = new MessageScan();
  const outline = new JsonOutline();
  for (let at = 0; at < text.length; at += STEP_BYTES) {
    const piece = text.subarray(at, at + STEP_BYTES);
    scan.push(piece);
    outline.push(piece);
    yield;
  }
  return { scan, outline };
}

function readValues(value: unknown, bytes: Buffer): readonly ReadMessage[] {
  if (!Array.isArray(value)) return [readValue(value, () => bytes, bytes.length)];
  const items = value as readonly unknown[];
  const share = Math.ceil(bytes.length / Math.max(1, items.length));
  return items.map((item) => readValue(item, () => Buffer.from(stringifyLossless(item)), share));
}

function tooCostly(fault: string, responses: readonly FoundResponse[]): Unusable {
  return { as: 'unusable', fault, responses, tooLarge: true };
}

/** What programs print for people answers no request. */
function unreadable(bytes: Buffer, responses: readonly FoundResponse[], isUtf8: boolean): ReadMessage {
  if (responses.length === 0) return noise(bytes);
  const fault = isUtf8 ? 'something that is not JSON' : 'a message that is not UTF-8';
  return { as: 'unusable', fault, responses, tooLarge: false };
}

/** @param json what it was read from */
function readValue(value: unknown, json: () => Buffer, bytes: number): ReadMessage {
  const message = readServerMessage(value);
  if (message !== undefined) return { as: 'message', message, bytes };
  const responses = responsesIn(json());
  const fault = `something that is not JSON-RPC: ${faultOfMessage(value)}`;
  return { as: 'unusable', fault, responses, tooLarge: false };
}

function responsesIn(json: Buffer): readonly FoundResponse[] {
  const scan = new MessageScan();
  scan.push(json);
  return scan.responses;
}

function noise(bytes: Buffer): ReadMessage {
  return {
    as: 'noise',
    // Little of it is shown, and most is shown to nobody.
    get text() {
      return bytes.subarray(0, EXCERPT_BYTES).toString('utf8');
    },
  };
}
