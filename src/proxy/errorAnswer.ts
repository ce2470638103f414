import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLI_HERE, withCliName } from '../cliName.ts';
import { Unavailable, type AppError, type ErrorKind } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import {
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  PARSE_ERROR,
  SESSION_NOT_FOUND,
  TRANSPORT_ERROR,
  UNSUPPORTED_VERSION,
} from '../mcp/errorCodes.ts';
import { pushCorsHeaders } from './cors.ts';
import { NO_STORE } from './noStore.ts';
import { limitFields, retryAfter } from '../limits/limitFields.ts';
import { endWithLingeringClose } from './lingeringClose.ts';
import type { JsonRpcErrorBody, JsonRpcId } from '../mcp/jsonRpc.ts';
import type { Refusal } from './refusal.ts';

/** An unread body up to this length is read to its end, so that the connection can be kept. */
const DRAINABLE_BYTES = 65_536;

/** Where none of the specified codes fits it is JSON-RPC's internal error, and ours is in `data.code` (MCP 2026-07-28, "Error codes"). */
interface Outward {
  readonly status: number;
  readonly rpcCode: number;
}

const BY_KIND: Readonly<Record<ErrorKind, Outward>> = {
  invalid: { status: 400, rpcCode: INTERNAL_ERROR },
  refused: { status: 400, rpcCode: INTERNAL_ERROR },
  unauthorized: { status: 401, rpcCode: INTERNAL_ERROR },
  forbidden: { status: 403, rpcCode: INTERNAL_ERROR },
  'not-found': { status: 404, rpcCode: INTERNAL_ERROR },
  conflict: { status: 409, rpcCode: INTERNAL_ERROR },
  limited: { status: 429, rpcCode: INTERNAL_ERROR },
  unavailable: { status: 503, rpcCode: INTERNAL_ERROR },
};

const BAD_GATEWAY: Outward = { status: 502, rpcCode: INTERNAL_ERROR };

const BY_CODE = new Map<string, Outward>(
  Object.entries({
    'parse-error': { status: 400, rpcCode: PARSE_ERROR },
    'invalid-request': { status: 400, rpcCode: INVALID_REQUEST },
    'invalid-envelope': { status: 400, rpcCode: INVALID_PARAMS },
    'header-mismatch': { status: 400, rpcCode: HEADER_MISMATCH },
    'session-not-found': { status: 404, rpcCode: SESSION_NOT_FOUND },
    'host-not-allowed': { status: 403, rpcCode: TRANSPORT_ERROR },
    'origin-not-allowed': { status: 403, rpcCode: TRANSPORT_ERROR },
    'not-offered': { status: 405, rpcCode: TRANSPORT_ERROR },
    'method-not-allowed': { status: 405, rpcCode: TRANSPORT_ERROR },
    'not-acceptable': { status: 406, rpcCode: TRANSPORT_ERROR },
    'loop-detected': { status: 508, rpcCode: INTERNAL_ERROR },
    'headers-too-large': { status: 431, rpcCode: TRANSPORT_ERROR },
    'body-too-large': { status: 413, rpcCode: TRANSPORT_ERROR },
    'json-too-costly': { status: 413, rpcCode: TRANSPORT_ERROR },
    'json-too-deep': { status: 400, rpcCode: INVALID_REQUEST },
    'batch-too-large': { status: 413, rpcCode: INVALID_REQUEST },
    'unsupported-media-type': { status: 415, rpcCode: TRANSPORT_ERROR },
    'upstream-timeout': { status: 504, rpcCode: INTERNAL_ERROR },
    'version-not-supported': { status: 400, rpcCode: TRANSPORT_ERROR },
    'unknown-event-id': { status: 400, rpcCode: TRANSPORT_ERROR },
    'session-required': { status: 400, rpcCode: TRANSPORT_ERROR },
    'unsupported-version': { status: 400, rpcCode: UNSUPPORTED_VERSION },
    'internal-error': { status: 500, rpcCode: INTERNAL_ERROR },
  }),
);

/** Maps an error outward: the proxy's one table of HTTP statuses and JSON-RPC codes. */
export function outwardOf(error: AppError): Outward {
  // Whatever an MCP server did wrong is the fault of neither the client nor the gateway.
  const byPart = error.code.startsWith('upstream-') ? BAD_GATEWAY : BY_KIND[error.kind];
  return BY_CODE.get(error.code) ?? byPart;
}

/** Logs a bug, and makes the error by which its client gets nothing but that there was one. */
export function internalError(logger: Logger, bug: unknown): AppError {
  logger.error({ err: bug }, 'a bug in the proxy');
  return new Unavailable('internal-error', 'Internal error');
}

/** Writes an error as a JSON-RPC message; `id` is null while the request's is not known. */
export function errorMessage(error: AppError, id: JsonRpcId): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: errorBody(error) });
}

/** Makes the error of a JSON-RPC response. */
export function errorBody(error: AppError): JsonRpcErrorBody {
  const { code, message, data } = error;
  return { code: outwardOf(error).rpcCode, message: withCliName(message, CLI_HERE), data: { code, ...data } };
}

/**
 * Answers a request with a refusal, as HTTP and as JSON-RPC.
 * @param corsOrigin the allowed origin of the page that asks, if one does
 */
export function answerError(
  req: IncomingMessage,
  res: ServerResponse,
  { error, id, status = outwardOf(error).status, headers = [] }: Refusal,
  corsOrigin: string | undefined,
): void {
  const body = Buffer.from(errorMessage(error, id));
  const head = ['Content-Type', 'application/json', ...NO_STORE, ...headers];
  if (error.kind === 'unauthorized' && status === 401) head.push('WWW-Authenticate', 'Bearer');
  if (error.code === 'insufficient-scope') {
    head.push('WWW-Authenticate', 'Bearer error="insufficient_scope", scope="mcp"');
  }
  if (error.code === 'method-not-allowed') head.push('Allow', 'GET, POST, DELETE, OPTIONS');
  // RFC 9110, 15.5.6: where the server names no methods, these are the ones that an MCP server must offer.
  if (error.code === 'not-offered' && !headers.includes('allow')) head.push('Allow', 'POST');
  if (status === 503 || status === 429) head.push('Retry-After', retryAfter(error));
  if (status === 429) head.push(...limitFields(error));
  if (corsOrigin !== undefined) pushCorsHeaders(head, corsOrigin);
  sendWhole(req, res, status, head, body);
}

/** Sends a whole answer; a request with much more to come is left unread, and its connection closed. */
export function sendWhole(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: readonly string[],
  body: Buffer,
): void {
  const head = [...headers, 'Content-Length', String(body.length)];
  if (isDrainable(req)) {
    res.writeHead(status, head);
    res.end(body);
  } else {
    head.push('Connection', 'close');
    res.writeHead(status, head);
    endWithLingeringClose(req, res, body);
  }
}

function isDrainable(req: IncomingMessage): boolean {
  if (req.complete) return true;
  const length = req.headers['content-length'];
  if (length !== undefined) return Number(length) <= DRAINABLE_BYTES;
  return req.headers['transfer-encoding'] === undefined;
}
