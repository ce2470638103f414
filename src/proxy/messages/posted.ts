import { CAPABILITIES_KEY } from '../message.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { parseForeignJson } from '../../mcp/foreignJson.ts';
import type { ReplyOutcome } from '../../upstream/upstream.ts';

/** One message that a client has posted. */
export interface Posted {
  readonly id: unknown;
  readonly method: string;
  readonly params: JsonObject | undefined;
  readonly outcome: ReplyOutcome | undefined;
}

/** What a modern request says of its client. */
export function metaOf(posted: Posted | undefined): JsonObject {
  const meta = posted?.params?.['_meta'];
  return isJsonObject(meta) ? meta : {};
}

/** The capabilities that a modern request names (MCP 2026-07-28, basic). */
export function capabilitiesOf(posted: Posted | undefined): JsonObject | undefined {
  const declared = metaOf(posted)[CAPABILITIES_KEY];
  return isJsonObject(declared) ? declared : undefined;
}

/** Reads a body that was classified, and so is within bounds: one message, or a batch of them. */
export function readPosted(bytes: Buffer): Posted | readonly Posted[] {
  const read = parseForeignJson(bytes.toString('utf8'));
  return Array.isArray(read) ? read.map(postedOf) : postedOf(read);
}

function postedOf(message: unknown): Posted {
  if (!isJsonObject(message)) throw new TypeError('what was classified is a message');
  const { id, method, params, result, error } = message;
  return {
    id,
    method: typeof method === 'string' ? method : '',
    params: isJsonObject(params) ? params : undefined,
    outcome: method === undefined ? ({ ...(isJsonObject(error) ? { error } : { result }) } as ReplyOutcome) : undefined,
  };
}
