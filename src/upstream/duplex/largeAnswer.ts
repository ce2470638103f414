import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { notMcp, type ServerLabel } from '../../mcp/failures.ts';
import { parseForeignJson } from '../../mcp/foreignJson.ts';
import { excessOf } from '../../mcp/jsonCost.ts';
import { JsonOutline } from '../../mcp/jsonOutline.ts';
import { isJsonObject, readServerMessage, type JsonObject } from '../../mcp/jsonRpc.ts';
import { MessageScan } from '../../mcp/messageScan.ts';
import type { UpstreamAnswer } from '../upstream.ts';

/** A shorter text is parsed within a millisecond or two. */
export const LARGE_BYTES = 256 * 1024;

/** Bytes that are looked at without giving way to others. */
const SLICE_BYTES = 256 * 1024;

/** What stands around the result is parsed at once. */
const MAX_ENVELOPE_BYTES = 64 * 1024;

const OPENING_BRACE = 0x7b;

/**
 * Reads a large response without parsing its result: whoever passes it on has its bytes, so that one of megabytes keeps nobody
 * else waiting. As in the bytes lane, what is checked of the result is its outline.
 * @returns undefined for anything else, which is to be read like any text
 */
export async function readLargeAnswer(label: ServerLabel, bytes: Buffer): Promise<UpstreamAnswer | undefined> {
  if (!isUtf8(bytes)) return undefined;
  const scan = new MessageScan();
  const outline = new JsonOutline();
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const slice = bytes.subarray(at, at + SLICE_BYTES);
    scan.push(slice);
    outline.push(slice);
    if (scan.broken || excessOf(outline) !== undefined) return undefined;
    await nextTurn();
  }
  const range = withoutSpaceBefore(bytes, scan.resultRange);
  if (!scan.complete || range === undefined || scan.responses.length !== 1) return undefined;
  const result = bytes.subarray(range.from, range.to);
  // It is sent on as the data of an event, which is one line.
  if (result[0] !== OPENING_BRACE || result.includes(0x0a) || result.includes(0x0d)) return undefined;
  const envelope = envelopeOf(bytes, range);
  if (envelope?.kind !== 'response' || !('result' in envelope.response)) return undefined;
  const { id } = envelope.response;
  let read: JsonObject | undefined;
  const response = {
    jsonrpc: '2.0' as const,
    id,
    get result(): JsonObject {
      return (read ??= parseResult(label, result));
    },
  };
  return { kind: 'response', response, resultBytes: result };
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

/** @throws Unavailable for what is no JSON */
function parseResult(label: ServerLabel, result: Buffer): JsonObject {
  try {
    const value = parseForeignJson(result.toString('utf8'));
    if (isJsonObject(value)) return value;
  } catch {
    // Said below.
  }
  throw notMcp(label, 'sent something that is not JSON');
}
