import { parseForeignJson } from '../../mcp/foreignJson.ts';
import { EXCERPT_BYTES } from '../../mcp/excerpt.ts';
import { findExcess, describeExcess } from '../../mcp/jsonCost.ts';
import { faultOfMessage, readServerMessage } from '../../mcp/jsonRpc.ts';
import type { ServerLabel } from '../../mcp/failures.ts';
import { stringifyLossless } from '../../mcp/losslessJson.ts';
import { MessageScan, type FoundResponse } from '../../mcp/messageScan.ts';
import type { UpstreamMessage } from '../upstream.ts';
import { readLargeAnswer, LARGE_BYTES } from './largeAnswer.ts';

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

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads what a piece of a channel holds: a message, or the messages of a batch, which servers of 2025-03-26 may send. Whoever
 * waits for an answer that can't be used learns it.
 */
export async function readMessages(label: ServerLabel, bytes: Buffer): Promise<readonly ReadMessage[]> {
  const large = bytes.length < LARGE_BYTES ? undefined : await readLargeAnswer(label, bytes);
  return large === undefined ? readWhole(bytes) : [{ as: 'message', message: large, bytes: bytes.length }];
}

function readWhole(bytes: Buffer): readonly ReadMessage[] {
  const first = bytes.find((byte) => byte > 0x20);
  if (first === undefined) return [{ as: 'blank' }];
  // A byte order mark is taken off by the decoder.
  const isJson = first === OPENING_BRACE || first === OPENING_BRACKET || first === 0xef;
  if (!isJson) return [noise(bytes)];
  const excess = findExcess(bytes);
  if (excess !== undefined) {
    return [
      {
        as: 'unusable',
        fault: `a message that ${describeExcess(excess)}`,
        responses: responsesIn(bytes),
        tooLarge: true,
      },
    ];
  }
  let value: unknown;
  try {
    value = parseForeignJson(utf8.decode(bytes));
  } catch (error) {
    const responses = responsesIn(bytes);
    if (responses.length === 0) return [noise(bytes)];
    const fault = error instanceof SyntaxError ? 'something that is not JSON' : 'a message that is not UTF-8';
    return [{ as: 'unusable', fault, responses, tooLarge: false }];
  }
  if (!Array.isArray(value)) return [readValue(value, () => bytes, bytes.length)];
  const items = value as readonly unknown[];
  const share = Math.ceil(bytes.length / Math.max(1, items.length));
  return items.map((item) => readValue(item, () => Buffer.from(stringifyLossless(item)), share));
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
