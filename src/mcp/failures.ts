import { Unavailable } from '../errors.ts';
import { excerpt } from './excerpt.ts';

interface Named {
  /** The server's name. */
  readonly server: string;
}

/** The server that did something wrong. */
export interface Guarded extends Named {
  /** What must not appear in messages. */
  readonly secrets: readonly string[];
}

/** The server sent nothing for too long, or the call took too long in all. */
export function timedOut({ server }: Named, what: 'connect' | 'idle' | 'total', ms?: number): Unavailable {
  const seconds = ms === undefined ? 'its time-out' : `${ms / 1000} s`;
  const message = {
    connect: `The server "${server}" did not accept a connection within ${seconds}.`,
    idle: `The server "${server}" sent nothing for ${seconds}.`,
    total: `The server "${server}" did not finish within ${seconds}.`,
  }[what];
  return new Unavailable('upstream-timeout', message, {
    data: { server, timeout: what, ...(ms !== undefined && { ms }) },
  });
}

/** More bytes than we accept. */
export function tooLarge({ server }: Named, what: string): Unavailable {
  return new Unavailable('upstream-too-large', `The server "${server}" sent too much: ${what}.`, { data: { server } });
}

/** Whatever answers is not (or not correctly) an MCP server. `text` is the server's, and is cut and escaped. */
export function notMcp({ server, secrets }: Guarded, what: string, text = ''): Unavailable {
  const shown = excerpt(text, secrets);
  return new Unavailable('upstream-not-mcp', `The server "${server}" ${what}${shown && `: ${shown}`}.`, {
    data: { server },
  });
}

/** An answer began and did not end. */
export function truncated({ server }: Named, cause?: unknown): Unavailable {
  return new Unavailable('upstream-truncated', `The server "${server}" broke its answer off.`, {
    data: { server },
    cause,
  });
}

/** The server forgot the session, more than once or in the middle of a call that may have been processed. */
export function sessionLost({ server }: Named): Unavailable {
  return new Unavailable('upstream-session-lost', `The server "${server}" lost the session of this call.`, {
    data: { server },
  });
}

/** The client was closed while a call was under way. */
export function clientClosed({ server }: Named): Unavailable {
  return new Unavailable('upstream-closed', `The connection to the server "${server}" was closed.`, {
    data: { server },
  });
}

/** No version of MCP in common. */
export function noCommonVersion({ server, secrets }: Guarded, theirs: readonly string[]): Unavailable {
  const shown = excerpt(theirs.slice(0, 10).join(', '), secrets);
  return new Unavailable(
    'upstream-version',
    `The server "${server}" speaks only versions of MCP that we do not: ${shown}.`,
    {
      data: { server },
    },
  );
}

/** A redirect that would carry the configured headers to another origin, or that can’t be followed. */
export function redirected({ server, secrets }: Guarded, status: number, target: string): Unavailable {
  return new Unavailable(
    'upstream-redirect',
    `The server "${server}" redirects (${status}) to ${excerpt(target, secrets)}, which is not followed.`,
    {
      data: { server, status },
    },
  );
}

/** Says what an HTTP status means that came without a usable JSON-RPC message. */
export function badStatus(endpoint: Guarded, status: number, text: string): Unavailable {
  const { server } = endpoint;
  if (refusesCredentials(status)) {
    return new Unavailable(
      'upstream-unauthorized',
      `The server "${server}" refuses the configured credentials (HTTP ${status}).`,
      { data: { server, status } },
    );
  }
  if (isOutage(status)) {
    const shown = excerpt(text, endpoint.secrets);
    return new Unavailable(
      'upstream-error',
      `The server "${server}" failed with HTTP ${status}${shown && `: ${shown}`}.`,
      {
        data: { server, status },
      },
    );
  }
  return notMcp(endpoint, `answers HTTP ${status}, which is not an answer of MCP`, text);
}

/** True for statuses by which a server, or a proxy before it, refuses our credentials. */
export function refusesCredentials(status: number): boolean {
  return status === 401 || status === 403 || status === 407;
}

/** True for statuses that say nothing about the server but that it can’t answer now. */
export function isOutage(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}
