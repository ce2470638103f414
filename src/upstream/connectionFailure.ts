import { errors } from 'undici';
import { Unavailable } from '../errors.ts';
import { timedOut, tooLarge, truncated, undecodable } from '../mcp/failures.ts';
import { UndecodableContent } from './decoder.ts';
import { protocolOf, tlsFailure } from './tlsFailure.ts';
import type { Endpoint } from './endpoint.ts';

const CONNECT_TIMEOUT: ReadonlySet<string> = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);
const POOL_CLOSED: ReadonlySet<string> = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);
const UNSENDABLE: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_CHAR']);
const LOST: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

/**
 * Turns an error of the HTTP client into one that a caller can act on. Neither the server's address nor its headers show.
 * @param answering the server's answer had begun
 */
export function connectionFailure(endpoint: Pick<Endpoint, 'server'>, cause: unknown, answering: boolean): Unavailable {
  const { server } = endpoint;
  if (cause instanceof UndecodableContent) return undecodable(endpoint, cause.codings);
  const code = codeOf(cause);
  const fail = (kind: string, message: string) => new Unavailable(kind, message, { data: { server }, cause });
  if (CONNECT_TIMEOUT.has(code)) return timedOut(endpoint, 'connect');
  if (POOL_CLOSED.has(code)) return fail('server-changed', `The server "${server}" has just been changed. Try again.`);
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') return tooLarge(endpoint, 'its headers');
  if (cause instanceof errors.HTTPParserError) {
    // Without its cause, which holds whatever the server sent.
    const what = protocolOf('data' in cause ? String(cause.data) : '');
    return new Unavailable('upstream-not-mcp', `The server "${server}" ${what}`, { data: { server } });
  }
  if (UNSENDABLE.has(code)) {
    return fail('upstream-unreachable', `A header or the URL configured for the server "${server}" can’t be sent.`);
  }
  const tls = tlsFailure(code);
  if (tls !== undefined) return fail('upstream-unreachable', `The server "${server}" ${tls}`);
  if (answering) return truncated(endpoint, undefined, cause);
  if (LOST.has(code)) return fail('upstream-reset', `The server "${server}" closed the connection before it answered.`);
  return fail('upstream-unreachable', `The server "${server}" can’t be reached${code && ` (${code})`}.`);
}

/** Finds the code of an error; trying several addresses fails with one error for each, and the first tells enough. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error instanceof AggregateError ? error.errors[0] : error.cause);
}
