import type { ServerResponse } from 'node:http';
import { NOT_GRANTED } from '../calls/answeredHere.ts';
import { INVALID_REQUEST, METHOD_NOT_FOUND } from '../mcp/errorCodes.ts';
import { pushCorsHeaders } from './cors.ts';
import type { Era } from '../mcp/eras.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import { NO_STORE } from './noStore.ts';

/** What the gateway answers in the server's name, without a request to the server. */
export interface LocalAnswer {
  readonly status: number;
  /** Undefined: there is none. */
  readonly body: string | undefined;
  /** See CallEvent. (Default: `ok`, as the server’s own answer would be) */
  readonly outcome?: string;
}

/** The answer to a notification that is not passed on. */
export const DROPPED: LocalAnswer = { status: 202, body: undefined };

/**
 * Makes an error as the server would answer it: nothing in it shows that it is the gateway's.
 * @param outcome see CallEvent
 */
export function serverError(
  status: number,
  id: JsonRpcId,
  code: number,
  message: string,
  { data, outcome = NOT_GRANTED }: { readonly data?: unknown; readonly outcome?: string } = {},
): LocalAnswer {
  const error = data === undefined ? { code, message } : { code, message, data };
  return { status, body: JSON.stringify({ jsonrpc: '2.0', id, error }), outcome };
}

/** MCP 2026-07-28, basic/transports, "Response": an unknown method is a 404. */
export function methodNotFound(era: Era, id: JsonRpcId, outcome?: string): LocalAnswer {
  return serverError(era === 'modern' ? 404 : 200, id, METHOD_NOT_FOUND, 'Method not found', {
    ...(outcome !== undefined && { outcome }),
  });
}

/** Makes the answer to a message that two parsers may read differently. */
export function ambiguousMessage(id: JsonRpcId): LocalAnswer {
  return serverError(400, id, INVALID_REQUEST, 'The message could be read in more than one way.', {
    outcome: 'invalid-request',
  });
}

/** Sends an answer that the gateway gives in a server's place. @param corsOrigin the page that may read it; undefined: none */
export function sendLocalAnswer(
  res: ServerResponse,
  { status, body = '' }: LocalAnswer,
  corsOrigin: string | undefined,
): void {
  const headers = ['Content-Length', String(Buffer.byteLength(body)), ...NO_STORE];
  if (body !== '') headers.push('Content-Type', 'application/json');
  if (corsOrigin !== undefined) pushCorsHeaders(headers, corsOrigin);
  res.writeHead(status, headers);
  res.end(body);
}
