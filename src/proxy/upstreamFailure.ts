import { Unavailable, type AppError } from '../errors.ts';

/** Codes of connections that never stood: nothing of the request was sent. */
const UNREACHABLE = new Set([
  'EACCES',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/**
 * Turns an error of the HTTP client into one that a caller can act on. Neither the server's address nor its headers show.
 * @param answering the server's answer had begun
 */
export function upstreamFailure(server: string, cause: unknown, answering: boolean): AppError {
  const code = codeOf(cause);
  const detail = code === undefined ? '' : ` (${code})`;
  if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') {
    return new Unavailable('server-changed', `The server "${server}" has just been changed. Please try again.`, {
      cause,
    });
  }
  if (nameOf(cause) === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new Unavailable('upstream-not-mcp', `The server "${server}" does not speak HTTP${detail}.`, { cause });
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    const message = `The headers configured for the server "${server}" can't be sent: ${messageOf(cause)}.`;
    return new Unavailable('upstream-unreachable', message, { cause });
  }
  if (answering || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new Unavailable('upstream-truncated', `The server "${server}" broke its answer off${detail}.`, { cause });
  }
  if (code === undefined || UNREACHABLE.has(code) || isTlsFailure(code)) {
    return new Unavailable('upstream-unreachable', `The server "${server}" can't be reached${detail}.`, { cause });
  }
  const message = `The server "${server}" closed the connection before it answered${detail}.`;
  return new Unavailable('upstream-reset', message, { cause });
}

/** Happy eyeballs fails with one error per address: the first one's code tells enough. */
function codeOf(cause: unknown): string | undefined {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

function isTlsFailure(code: string): boolean {
  return code.startsWith('CERT_') || code.startsWith('ERR_TLS_') || code.includes('CERT') || code.startsWith('ERR_SSL');
}

function nameOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.name : undefined;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'invalid';
}
