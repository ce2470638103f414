import { Unavailable } from '../../errors/appError.ts';
import { timedOut, tooLarge, truncated, undecodable } from '../../mcp/failures.ts';
import type { Processed } from '../../mcp/resending.ts';
import { MalformedAnswer } from './client/malformedAnswer.ts';
import { UndecodableContent } from './decoder.ts';
import { protocolOf, tlsFailure } from './tlsFailure.ts';
import type { HttpTarget } from './target.ts';
import { RequestLost } from './sending.ts';

const POOL_CLOSED: ReadonlySet<string> = new Set(['UND_ERR_CLOSED', 'UND_ERR_DESTROYED']);
const UNSENDABLE: ReadonlySet<string> = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_CHAR']);
const NAME_UNKNOWN: ReadonlySet<string> = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const NO_WAY: ReadonlySet<string> = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN']);
const LOST: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE']);

const UNKNOWN = '; whether the call was processed is not known';

/**
 * Turns an error of the HTTP client into one that a caller can act on: `processed` in its data says whether the server may
 * have acted on the call. Neither the server's address nor its headers show.
 * @param answering the server's answer had begun
 */
export function connectionFailure(
  target: Pick<HttpTarget, 'server' | 'timeouts'> & { readonly url?: URL | undefined },
  error: unknown,
  answering: boolean,
): Unavailable {
  const { server } = target;
  const cause = error instanceof RequestLost ? error.cause : error;
  if (cause instanceof UndecodableContent) return undecodable(target, cause.codings);
  const code = codeOf(cause);
  const processed: Processed = error instanceof RequestLost ? error.processed : LOST.has(code) && 'unknown';
  const fail = (kind: string, message: string) => {
    return new Unavailable(kind, `The server "${server}" ${message}`, { data: { server, processed }, cause });
  };
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return timedOut(target, 'connect', target.timeouts.connectMs, 'server');
  // The system's own patience.
  if (code === 'ETIMEDOUT') return timedOut(target, 'connect');
  if (POOL_CLOSED.has(code)) return fail('server-changed', 'has just been changed. Try again.');
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'HPE_HEADER_OVERFLOW') return tooLarge(target, 'its headers');
  if (cause instanceof MalformedAnswer) {
    // Without its cause, which holds what the server sent.
    const { otherProtocol, message } = cause;
    const what = otherProtocol === undefined ? `breaks the rules of HTTP/1.1: ${message}.` : protocolOf(otherProtocol);
    return new Unavailable('upstream-not-mcp', `The server "${server}" ${what}`, { data: { server } });
  }
  if (UNSENDABLE.has(code)) {
    return fail(
      'upstream-unreachable',
      'can’t be asked: one of the headers configured for it, or its URL, can’t be sent.',
    );
  }
  const tls = tlsFailure(code);
  if (tls !== undefined) return fail('upstream-unreachable', tls);
  if (answering) return truncated(target, undefined, cause);
  if (LOST.has(code)) {
    const when = processed === false ? 'had the whole call, which was not processed' : `answered${UNKNOWN}`;
    // A server that speaks TLS alone closes what does not begin with it.
    const tls = target.url?.protocol === 'http:' ? ' If it speaks TLS, its URL must begin with https://.' : '';
    return fail('upstream-reset', `closed the connection before it ${when}. Its own log may tell why.${tls}`);
  }
  const fate = processed === false ? '' : UNKNOWN;
  return fail('upstream-unreachable', `can’t be reached${code && ` (${code})`}${fate}.${remedyOf(code, server)}`);
}

/** What to do about a server that no connection leads to. */
function remedyOf(code: string, server: string): string {
  const update = `metamcp-cli servers update ${server} --url URL`;
  if (code === 'ECONNREFUSED')
    return ` Nothing listens at its address: start the server, or correct its URL: ${update}`;
  if (NAME_UNKNOWN.has(code)) {
    return ` Its host name is not found from here: look at the name and at DNS, or correct its URL: ${update}`;
  }
  if (NO_WAY.has(code)) return ` No network leads to it from here: look at the network, or correct its URL: ${update}`;
  return '';
}

/** Finds the code of an error; trying several addresses fails with one error for each, and the first tells enough. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error instanceof AggregateError ? error.errors[0] : error.cause);
}
