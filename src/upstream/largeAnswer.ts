import { isUtf8 } from 'node:buffer';
import { notMcp, type ServerLabel } from '../mcp/failures.ts';
import { readServerMessage, type JsonObject } from '../mcp/jsonRpc.ts';
import type { MessageScan } from '../mcp/messageScan.ts';
import { parseSteps } from '../mcp/slicedJson.ts';
import { atOnce, inSlices, type Steps } from '../slices.ts';
import type { UpstreamAnswer } from './upstream.ts';

/** A shorter text is parsed within a millisecond or two. */
export const LARGE_BYTES = 256 * 1024;

/** What stands around the result is parsed at once. */
const MAX_ENVELOPE_BYTES = 64 * 1024;

/** Bytes that are looked at in one step. */
const STEP_BYTES = 64 * 1024;

const OPENING_BRACE = 0x7b;

/**
 * Reads a large response without parsing its result: whoever passes it on has its bytes, so that one of megabytes keeps nobody
 * else waiting. As in the bytes lane, what is checked of the result is its outline.
 * @param scan of these bytes
 * @returns undefined for anything else, which is to be read like any text
 */
export async function readLargeAnswer(
  label: ServerLabel,
  bytes: Buffer,
  scan: MessageScan,
): Promise<UpstreamAnswer | undefined> {
  if (!(await inSlices(utf8Checks(bytes)))) return undefined;
  const range = withoutSpaceBefore(bytes, scan.resultRange);
  if (!scan.complete || range === undefined || scan.responses.length !== 1) return undefined;
  const json = bytes.subarray(range.from, range.to);
  // It is sent on as the data of an event, which is one line.
  if (json[0] !== OPENING_BRACE || !(await inSlices(lineChecks(json)))) return undefined;
  const envelope = envelopeOf(bytes, range);
  if (envelope?.kind !== 'response' || !('result' in envelope.response)) return undefined;
  const { id } = envelope.response;
  let parsed: JsonObject | undefined;
  const unreadable = (): Error => notMcp(label, 'sent something that is not JSON');
  const response = {
    jsonrpc: '2.0' as const,
    id,
    get result(): JsonObject {
      try {
        return (parsed ??= atOnce(parseSteps(json)) as JsonObject);
      } catch {
        throw unreadable();
      }
    },
  };
  return {
    kind: 'response',
    response,
    resultBytes: json,
    async readResult() {
      try {
        return (parsed ??= (await inSlices(parseSteps(json))) as JsonObject);
      } catch {
        throw unreadable();
      }
    },
  };
}

/** Tells whether bytes are UTF-8. */
function* utf8Checks(bytes: Buffer): Steps<boolean> {
  for (let from = 0; from < bytes.length;) {
    let to = Math.min(bytes.length, from + STEP_BYTES);
    // A piece ends between two characters, of which none has more than 4 bytes.
    for (let back = 0; back < 3 && isWithinCharacter(bytes[to]); back++) to--;
    if (!isUtf8(bytes.subarray(from, to))) return false;
    from = to;
    yield;
  }
  return true;
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Tells whether a text is one line. */
function* lineChecks(text: Buffer): Steps<boolean> {
  for (let at = 0; at < text.length; at += STEP_BYTES) {
    const piece = text.subarray(at, at + STEP_BYTES);
    if (piece.includes(0x0a) || piece.includes(0x0d)) return false;
    yield;
  }
  return true;
}

function withoutSpaceBefore(bytes: Buffer, range: MessageScan['resultRange']): MessageScan['resultRange'] {
  if (range === undefined) return undefined;
  let { from } = range;
  while (from < range.to && (bytes[from] ?? 0) <= 0x20) from++;
  return { from, to: range.to };
}

function envelopeOf(bytes: Buffer, { from, to }: { readonly from: number; readonly to: number }) {
  if (bytes.length - (to - from) > MAX_ENVELOPE_BYTES) return undefined;
  try {
    return readServerMessage(JSON.parse(`${bytes.toString('utf8', 0, from)}{}${bytes.toString('utf8', to)}`));
  } catch {
    return undefined;
  }
}
