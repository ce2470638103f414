import { Refused, Unavailable } from '../errors/appError.ts';
import { excerpt } from './excerpt.ts';
import type { StatusMeaning } from './httpStatus.ts';

interface Named {
  /** The server's name. */
  readonly server: string;
}

/** A server as errors name it. */
export interface ServerLabel extends Named {
  /** What must not appear in messages. */
  readonly secrets: readonly string[];
}

/**
 * The server sent nothing for too long, or the call took too long in all.
 * @param of whose time-out it is: one of the server's settings, or a bound of the gateway's own
 */
export function timedOut(
  { server }: Named,
  what: 'connect' | 'idle' | 'total',
  ms?: number,
  of: 'server' | 'gateway' = 'gateway',
): Unavailable {
  const seconds = ms === undefined ? 'its time-out' : `${ms / 1000} s`;
  const happened = {
    connect: `did not accept a connection within ${seconds}`,
    idle: `sent nothing for ${seconds}`,
    total: `did not finish within ${seconds}`,
  }[what];
  const whose = of === 'server' ? `, its ${what} time-out` : '';
  const longer =
    of === 'server' ? `; to let it take longer: metamcp-cli servers update ${server} --${what}-timeout DURATION` : '';
  const message = `The server "${server}" ${happened}${whose}. To see what it does: metamcp-cli servers test ${server}${longer}`;
  return new Unavailable('upstream-timeout', message, {
    data: { server, timeout: what, ...(ms !== undefined && { ms }) },
  });
}

/** Tells whether a time-out is why a call has ended. */
export function isTimedOut(reason: unknown): boolean {
  return reason instanceof Unavailable && reason.code === 'upstream-timeout';
}

/** Tells whether a call was lost and it is not known whether the server acted on it. */
export function isOfUnknownFate(error: unknown): boolean {
  if (!(error instanceof Unavailable) || error.data['processed'] !== 'unknown') return false;
  return LOST_IN_BETWEEN.has(error.code);
}

const LOST_IN_BETWEEN: ReadonlySet<string> = new Set([
  'upstream-reset',
  'upstream-process-ended',
  'upstream-session-lost',
]);

/** More bytes than we accept. */
export function tooLarge({ server }: Named, what: string): Unavailable {
  return new Unavailable('upstream-too-large', `The server "${server}" sent too much: ${what}.`, { data: { server } });
}

/** Whatever answers is not (or not correctly) an MCP server. `text` is the server's, and is cut and escaped. */
export function notMcp(
  { server, secrets }: ServerLabel,
  what: string,
  text = '',
  { status, remedy }: { readonly status?: number; readonly remedy?: string | undefined } = {},
): Unavailable {
  const shown = excerpt(text, secrets);
  const message = `The server "${server}" ${what}${shown && `: ${shown}`}.${remedy === undefined ? '' : ` ${remedy}`}`;
  return new Unavailable('upstream-not-mcp', message, { data: { server, ...(status !== undefined && { status }) } });
}

/** The answer is to another request: clients look for the id of their request. */
export function otherAnswer(label: ServerLabel): Unavailable {
  return notMcp(label, 'answered something else than what was asked');
}

/** An answer began and did not end; `what` is what there is of it. */
export function truncated({ server }: Named, what?: string, cause?: unknown): Unavailable {
  const message = `The server "${server}" ${what === undefined ? 'broke its answer off' : `sent ${what}`}. Its own log, or that of a proxy before it, may tell why.`;
  return new Unavailable('upstream-truncated', message, { data: { server }, cause });
}

/** The content is not encoded as the answer's head says. */
export function undecodable({ server }: Named, codings: readonly string[]): Unavailable {
  const message = `The server "${server}" encodes its answer as ${codings.join(', ')}, and it can’t be decoded.`;
  return new Unavailable('upstream-not-mcp', message, { data: { server } });
}

/** There is no event stream to GET, or a session can't be ended: both are optional (MCP 2025-11-25, basic/transports). */
export function notOffered({ server }: Named, httpMethod: string): Refused {
  const what = httpMethod === 'GET' ? 'offers no event stream to GET' : 'does not let clients end sessions';
  return new Refused('not-offered', `The server "${server}" ${what}.`, { data: { server } });
}

/** The server forgot the session, more than once or in the middle of a call that may have been processed. */
export function sessionLost({ server }: Named): Unavailable {
  return new Unavailable('upstream-session-lost', `The server "${server}" lost the session of this call.`, {
    data: { server },
  });
}

/** The event stream that is the server's session has ended while a call was under way (MCP 2024-11-05, basic/transports). */
export function streamLost({ server }: Named, cause?: unknown): Unavailable {
  const message = `The server "${server}" closed its event stream, and with it the session of this call; whether the call was processed is not known.`;
  return new Unavailable('upstream-session-lost', message, { data: { server, processed: 'unknown' }, cause });
}

/** The Upstream was disposed of while a request was under way. */
export function upstreamClosed({ server }: Named): Unavailable {
  return new Unavailable('upstream-closed', `The connection to the server "${server}" was closed.`, {
    data: { server },
  });
}

/** No version of MCP in common. */
export function noCommonVersion({ server, secrets }: ServerLabel, theirs: readonly string[]): Unavailable {
  const shown = excerpt(theirs.slice(0, 10).join(', '), secrets);
  return new Unavailable(
    'upstream-version',
    `The server "${server}" speaks only versions of MCP that we do not: ${shown}.`,
    {
      data: { server },
    },
  );
}

/** Why an answer can't be used, by its head. */
export type AnswerFailure =
  | { readonly about: StatusMeaning; readonly status: number }
  /** A success without the response that the request asks for. */
  | { readonly about: 'nothing'; readonly status: number }
  | { readonly about: 'redirect'; readonly status: number; readonly where: string }
  /** `what` completes the sentence that begins with the server. */
  | { readonly about: 'content'; readonly status: number; readonly what: string; readonly remedy?: string };

/** There is nothing at the path, or nothing that takes POST (RFC 9110, 15.5.5, 15.5.6 and 15.5.11). */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 410]);

/** Makes the error for an answer that can't be used. `text` is the server's, and is cut and escaped. */
export function answerFailure(label: ServerLabel, failure: AnswerFailure, text = ''): Unavailable {
  const { server, secrets } = label;
  const { status } = failure;
  const fail = (code: string, message: string): Unavailable =>
    new Unavailable(code, `${message}.`, { data: { server, status } });
  switch (failure.about) {
    case 'credentials':
      return fail('upstream-unauthorized', REFUSED_CREDENTIALS[status]?.(server) ?? '');
    case 'outage': {
      const shown = excerpt(text, secrets);
      return fail(
        'upstream-error',
        `The server "${server}" ${outage(status)} (HTTP ${status})${shown && `: ${shown}`}. ${outageRemedy(status)}`,
      );
    }
    case 'refusal':
      return notMcp(label, `answers HTTP ${status}, which is not an answer of MCP`, text, {
        status,
        remedy: NOT_THERE.has(status)
          ? `Is the path of its URL right? To correct it: ${updateUrl(server)}`
          : unclearRemedy(server),
      });
    case 'nothing':
      return notMcp(label, `accepted a request with HTTP ${status} and did not answer it`, '', {
        status,
        remedy: unclearRemedy(server),
      });
    case 'redirect': {
      const where = excerpt(failure.where, secrets);
      const message = `The server "${server}" redirects (${status}) to ${where}, which is not followed`;
      return fail('upstream-redirect', `${message}: configure the URL at which it answers, ${updateUrl(server)}`);
    }
    case 'content': {
      const { remedy } = failure;
      return notMcp(label, excerpt(failure.what, secrets), text, { status, remedy });
    }
  }
}

const REFUSED_CREDENTIALS: Readonly<Record<number, (server: string) => string>> = {
  401: (server) =>
    `The server "${server}" refuses the configured credentials (HTTP 401): configure the header that it asks for`,
  403: (server) =>
    `The server "${server}" refuses the configured credentials (HTTP 403): they do not suffice, or it does not serve this gateway`,
  407: (server) =>
    `A proxy before the server "${server}" asks for credentials (HTTP 407): configure a URL that no such proxy stands before`,
};

function outageRemedy(status: number): string {
  switch (status) {
    case 408:
    case 429:
      return 'Try again later, and call it less often';
    case 502:
    case 504:
      return 'Start the server, or correct where the proxy leads';
    case 503:
      return 'Try again later; if it stays so, the server’s own log may tell why';
    default:
      return 'The server’s own log may tell why';
  }
}

function outage(status: number): string {
  switch (status) {
    case 408:
      return 'waited too long for the request';
    case 429:
      return 'refuses so many requests';
    case 502:
    case 504:
      return 'can’t be reached by the proxy that stands before it';
    case 503:
      return 'is not available now';
    default:
      return 'failed';
  }
}

/** What to do about an answer that tells nothing. */
function unclearRemedy(server: string): string {
  return `Its own log may tell why. If its URL is not that of its MCP endpoint: ${updateUrl(server)}`;
}

/** The command that corrects where a server is. */
function updateUrl(server: string): string {
  return `metamcp-cli servers update ${server} --url URL`;
}
