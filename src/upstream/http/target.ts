import { randomInt } from 'node:crypto';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Timeouts } from '../../events/mcpServer.ts';
import { secretsOf } from '../../mcp/excerpt.ts';
import { upstreamClosed, type ServerLabel } from '../../mcp/failures.ts';
import { CONNECTION_HEADERS } from '../../vault/serverSecrets.ts';
import type { Room } from '../room.ts';
import type { Connections } from './connections.ts';

/** Where the exchanges of one Upstream go, and what they have in common. */
export interface HttpTarget extends ServerLabel {
  readonly url: URL;
  /** Those configured for the server, and the path of a request that the gateway sends for a client (`via`, RFC 9110, 7.6.3). */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeouts: Timeouts;
  /** To the server. */
  readonly connections: Connections;
  /** Makes room for one answer. Undefined: the answers are few and the gateway's own. */
  readonly leaseRoom: (() => Room) | undefined;
  /** Aborted when the Upstream is disposed of. */
  readonly closed: AbortSignal;
  /** Numbers the requests of this Upstream. */
  readonly nextId: () => number;
  /** Makes closing wait for an exchange, however it ends. It is to be bounded in time. */
  track(exchange: Promise<unknown>): void;
  /** Ends what is under way, once its cancellations are sent. */
  close(): Promise<void>;
}

/**
 * Makes the target of a server.
 * @param firstId the requests are numbered from here. (Default: anywhere below 2³⁰)
 */
export function createTarget(
  { name: server, url, headers, timeouts }: Pick<LiveServer, 'name' | 'headers' | 'timeouts'> & { readonly url: URL },
  { connections, via, leaseRoom }: Pick<HttpTarget, 'connections' | 'leaseRoom'> & { readonly via: string | undefined },
  firstId = randomInt(2 ** 30),
): HttpTarget {
  const secrets = secretsOf(url, headers);
  const configured = Object.entries(headers).filter(([name]) => !CONNECTION_HEADERS.has(name));
  const closing = new AbortController();
  const pending = new Set<Promise<unknown>>();
  // A server that is out of step answers one client's request on another's turn: their ids differ. Some read ids as 32 bits.
  let nextId = firstId;
  return {
    server,
    secrets,
    url,
    headers: { ...Object.fromEntries(configured), ...(via !== undefined && { via }) },
    timeouts,
    connections,
    leaseRoom,
    closed: closing.signal,
    nextId: () => nextId++,
    track(exchange) {
      const settled = exchange.catch(() => undefined).finally(() => pending.delete(settled));
      pending.add(settled);
    },
    async close() {
      closing.abort(upstreamClosed({ server }));
      while (pending.size > 0) await Promise.all(pending);
    },
  };
}
