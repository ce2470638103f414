import type { Dispatcher } from 'undici';
import type { LiveServer } from '../../live/liveServer.ts';
import type { Timeouts } from '../../events/mcpServer.ts';

/** Room for what is read whole, given back by who lends it at the latest when the answer has been passed on. */
export interface Room {
  /** @throws Limited when there is none */
  grow(bytes: number): void;
  /** Gives all of it back; it can grow again. */
  release(): void;
}

/** Where the exchanges of one client go, and what they have in common. */
export interface Endpoint {
  /** The server's name. */
  readonly server: string;
  readonly url: URL;
  /** The headers configured for the server. */
  readonly headers: LiveServer['headers'];
  /** The path of what is asked for somebody else (RFC 9110, 7.6.3). */
  readonly via: string | undefined;
  /** What must not appear in messages. */
  readonly secrets: readonly string[];
  readonly timeouts: Timeouts;
  /** The server's connection pool. */
  readonly dispatcher: Dispatcher;
  /** Makes room for one answer. Undefined: what is asked is not somebody else's, and little. */
  readonly leaseRoom: (() => Room) | undefined;
  /** Aborted when the client closes. */
  readonly closed: AbortSignal;
  /** Exchanges under way, which closing waits for. Each is bounded in time and never rejects. */
  readonly pending: Set<Promise<void>>;
  /** Numbers the requests of this client. */
  readonly nextId: () => number;
}

/** Makes closing wait for an exchange, however it ends. */
export function track(endpoint: Endpoint, exchange: Promise<unknown>): void {
  const settled = exchange.then(
    () => undefined,
    () => undefined,
  );
  const quiet: Promise<void> = settled.finally(() => endpoint.pending.delete(quiet));
  endpoint.pending.add(quiet);
}
