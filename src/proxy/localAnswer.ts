import type { ServerResponse } from 'node:http';
import { INVALID_REQUEST, METHOD_NOT_FOUND } from '../mcp/errorCodes.ts';
import { pushCorsHeaders } from './cors.ts';
import type { Era } from '../mcp/eras.ts';
import type { JsonRpcId } from '../mcp/jsonRpc.ts';
import { NO_STORE } from './noStore.ts';

/** What the gateway answers for a server that it does not ask. */
export interface OwnAnswer {
  readonly status: number;
  /** Undefined: there is none. */
  readonly body: string | undefined;
}

/** The answer to a notification that is not passed on. */
export const UNHEARD: OwnAnswer = { status: 202, body: undefined };

/** Makes an answer that says no as the server would: nothing in it tells that it is the gateway's. */
export function refusal(status: number, id: JsonRpcId, code: number, message: string, data?: unknown): OwnAnswer {
  const error = data === undefined ? { code, message } : { code, message, data };
  return { status, body: JSON.stringify({ jsonrpc: '2.0', id, error }) };
}

/** MCP 2026-07-28, basic/transports, "Response": an unknown method is a 404. */
export function methodNotFound(era: Era, id: JsonRpcId): OwnAnswer {
  return refusal(era === 'modern' ? 404 : 200, id, METHOD_NOT_FOUND, 'Method not found');
}

export function readInTwoWays(id: JsonRpcId): OwnAnswer {
  return refusal(400, id, INVALID_REQUEST, 'The message could be read in more than one way.');
}

export function answerForServer(
  res: ServerResponse,
  { status, body = '' }: OwnAnswer,
  corsOrigin: string | undefined,
): void {
  const headers = ['Content-Length', String(Buffer.byteLength(body)), ...NO_STORE];
  if (body !== '') headers.push('Content-Type', 'application/json');
  if (corsOrigin !== undefined) pushCorsHeaders(headers, corsOrigin);
  res.writeHead(status, headers);
  res.end(body);
}
