import { Invalid } from '../../errors/appError.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { parseLossless } from '../../mcp/losslessJson.ts';
import type { ReplyOutcome } from '../../upstream/upstream.ts';

/** What a client has posted: one message. */
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

/** Reads a body that was classified. @throws Invalid for a batch, which only MCP 2025-03-26 has */
export function readPosted(bytes: Buffer): Posted {
  const message = parseLossless(bytes.toString('utf8'));
  if (!isJsonObject(message)) throw new Invalid('invalid-request', 'Send the messages of a batch one by one.');
  const { id, method, params, result, error } = message;
  return {
    id,
    method: typeof method === 'string' ? method : '',
    params: isJsonObject(params) ? params : undefined,
    outcome: method === undefined ? ({ ...(isJsonObject(error) ? { error } : { result }) } as ReplyOutcome) : undefined,
  };
}
