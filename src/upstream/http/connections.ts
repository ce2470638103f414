import { buildConnector, Dispatcher, errors } from 'undici';
import { AnswerHeads } from './client/answerHead.ts';
import { RequestHeads } from './client/requestHead.ts';
import { Connection, type ConnectionEvents, type ConnectionOptions } from './connection.ts';
import { IdleLife } from './idleLife.ts';
import { Sending } from './sending.ts';

/** Unused connections that are kept, to be watched, with a server that closes them right after their answers. */
const MAX_WATCHED = 8;

export interface ConnectionsOptions {
  readonly connectMs: number;
  /** For requests that have none of their own, in milliseconds. */
  readonly idleMs: number;
}

/**
 * The connections to one server, opened on demand and kept alive: HTTP/1.1, one request at a time each. The one that became
 * free last is used first, so that the others grow old and close; one that the server is likely to close is not used.
 */
export class Connections extends Dispatcher implements ConnectionEvents {
  readonly #options: ConnectionOptions;
  readonly #idleLife = new IdleLife();
  readonly #all = new Set<Connection>();
  /** The one that became free last is the last. */
  readonly #free: Connection[] = [];
  #closing: Promise<void> | undefined;

  constructor(origin: string, { connectMs, idleMs }: ConnectionsOptions) {
    super();
    const connect = buildConnector({ allowH2: false, timeout: connectMs });
    const url = new URL(origin);
    const requestHeads = new RequestHeads(url.host);
    this.#options = { origin: url, connect, idleMs, requestHeads, answerHeads: new AnswerHeads() };
  }

  /** Sends a request. `idempotent` says that the server may get it twice. */
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#closing !== undefined) {
      handler.onResponseError?.(undefined as never, new errors.ClientClosedError());
      return false;
    }
    const sending = new Sending(options, handler, this.#resend);
    this.#send(sending, options, this.#reuse() ?? this.#open());
    return true;
  }

  /** Takes no new requests, and settles when those under way have ended. */
  override close(): Promise<void> {
    this.#closing ??= Promise.all([...this.#all].map(({ client }) => client.close())).then(() => undefined);
    return this.#closing;
  }

  /** Cuts everything. */
  override async destroy(): Promise<void> {
    this.#closing ??= Promise.resolve();
    await Promise.all([...this.#all].map(({ client }) => client.destroy()));
  }

  onFree(connection: Connection): void {
    if (!this.#all.has(connection) || connection.isFree) return;
    const now = performance.now();
    const isWatchedOnly = this.#idleLife.usableMs(now) === 0;
    if (!connection.isUsable || (isWatchedOnly && this.#free.length >= MAX_WATCHED)) {
      this.drop(connection);
      return;
    }
    connection.free(now);
    this.#free.push(connection);
  }

  onClosing(connection: Connection): void {
    if (!this.#all.has(connection) || this.#closing !== undefined) return;
    const now = performance.now();
    const idleMs = connection.idleMsWhenLost(now);
    if (idleMs !== undefined) this.#idleLife.noteClosing(idleMs, now);
  }

  onClosed(connection: Connection): void {
    if (connection.isFree) this.drop(connection);
  }

  /** Takes a connection out of use. */
  drop(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    if (connection.isFree) this.#free.splice(this.#free.indexOf(connection), 1);
    void connection.client.destroy();
  }

  /** Takes the connection that became free last; if that is too old, all are. They stay, to show how long they live. */
  #reuse(): Connection | undefined {
    const latest = this.#free.at(-1);
    if (latest === undefined) return undefined;
    const now = performance.now();
    if (now - latest.freeSince >= this.#idleLife.usableMs(now)) return undefined;
    this.#free.pop();
    latest.take(now);
    return latest;
  }

  #open(): Connection {
    const connection = new Connection(this.#options, this);
    this.#all.add(connection);
    return connection;
  }

  readonly #resend = (sending: Sending, options: Dispatcher.DispatchOptions): boolean => {
    if (this.#closing !== undefined) return false;
    this.#send(sending, options, this.#open());
    return true;
  };

  #send(sending: Sending, options: Dispatcher.DispatchOptions, connection: Connection): void {
    // What can’t be sent at all (a malformed header) is refused at once, and the connection never becomes free.
    if (!sending.sendOn(connection, options)) this.drop(connection);
  }
}
