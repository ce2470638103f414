import type { ServerResponse } from 'node:http';
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { noteConnection, type Connection, type ConnectionContext, type Traffic } from '../connection.ts';
import { shareOf } from '../limits.ts';
import { handlePace, Pace, type Paced } from '../pace.ts';
import { RequestQueue } from '../requestQueue.ts';
import { RECOGNISED_WINDOW_BYTES, sessionOptions } from './sessionOptions.ts';
import { StreamRequest } from './streamRequest.ts';
import { StreamResponse } from './streamResponse.ts';
import { StreamSocket } from './streamSocket.ts';

export interface SessionOptions {
  readonly context: ConnectionContext;
  readonly connection: Connection;
  readonly encrypted: TLSSocket;
  /** Gets a request and its answer, as Node's own server would give them. */
  readonly receive: (req: StreamRequest, res: StreamResponse) => void;
}

interface Exchange {
  readonly req: StreamRequest;
  readonly res: StreamResponse;
  readonly queue: RequestQueue;
}

/** Streams of a session that has not shown a good credential: as many as requests of HTTP/1.1 are read ahead, several times over. */
const STRANGERS_STREAMS = 32;

/** A last id that no stream has yet: what is on its way is served, too (RFC 9113, 6.8). */
const ANY_STREAM = 2 ** 31 - 1;

/**
 * The session of HTTP/2 on one connection. Each of its streams becomes a request and an answer of Node's HTTP server, so that there is
 * one way for both protocols. Until a good credential has come, its requests are served one after the other, as a connection's are.
 */
export class Http2Session implements Traffic {
  readonly #context: ConnectionContext;
  readonly #connection: Connection;
  readonly #receive: SessionOptions['receive'];
  readonly #session: ServerHttp2Session;
  readonly #paced: Paced;
  readonly #pace = new Pace();
  readonly #streams = new Set<Exchange>();
  /** Those that wait for others of their session. */
  readonly #waiting = new Set<Exchange>();
  #hasServed = false;
  #idleSince: number | undefined;

  constructor({ context, connection, encrypted, receive }: SessionOptions) {
    this.#context = context;
    this.#connection = connection;
    this.#receive = receive;
    this.#paced = handlePace(connection.below);
    // Of HTTP/1.1 a client may close its half and wait; of HTTP/2 it is gone. Both connections are of a listener that lets it.
    encrypted.allowHalfOpen = false;
    connection.below.allowHalfOpen = false;
    this.#session = performServerHandshake(encrypted, sessionOptions());
    // Its end is what counts, and that is the connection's.
    this.#session.on('error', () => undefined);
    this.#session.on('stream', (stream, _headers, _flags, rawHeaders) => this.#open(stream, rawHeaders));
  }

  get waitsForClient(): boolean {
    for (const { queue } of this.#streams) if (!queue.waitsForClient) return false;
    return true;
  }

  get unsentBytes(): number {
    let bytes = 0;
    for (const { queue } of this.#streams) bytes += queue.unsentBytes;
    return bytes;
  }

  tick(now: number): void {
    for (const { queue } of this.#streams) queue.tick(now);
    // A client that takes nothing may be sent frames without a stream. Those with one have an end of their own.
    if (this.#pace.isTooSlow(this.#paced, now, this.#context.limits) && this.unsentBytes === 0) this.#session.destroy();
    else this.#endIdle(now);
  }

  unanswered(): ServerResponse[] {
    return [...this.#streams].flatMap((exchange) =>
      this.#waiting.has(exchange) ? (exchange.req.complete ? [exchange.res] : []) : exchange.queue.unanswered(),
    );
  }

  recognised(): void {
    if (!this.#session.destroyed) this.#session.setLocalWindowSize(RECOGNISED_WINDOW_BYTES);
    for (const exchange of this.#waiting) this.#serve(exchange);
  }

  retire(): void {
    if (!this.#session.destroyed) this.#session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM);
  }

  closeSoon(): void {
    if (!this.#session.closed) this.#session.close();
  }

  close(): void {
    this.#session.destroy();
  }

  #open(stream: ServerHttp2Stream, rawHeaders: string[]): void {
    if (!this.#hasRoom()) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const { below, address } = this.#connection;
    const streamSocket = new StreamSocket(stream, below, () => this.closeSoon());
    const socket = streamSocket as unknown as Socket;
    noteConnection(socket, this.#connection);
    const queue = new RequestQueue({ context: this.#context, address, socket, paced: streamSocket });
    const req = new StreamRequest(stream, streamSocket, rawHeaders);
    const exchange = { req, res: new StreamResponse(req, streamSocket), queue };
    this.#streams.add(exchange);
    this.#count('streams', 1);
    streamSocket.once('close', () => this.#forget(exchange));
    this.#idleSince = undefined;
    if (this.#connection.isStranger && this.#streams.size > 1) this.#wait(exchange);
    else this.#serve(exchange);
  }

  #hasRoom(): boolean {
    const { streams, limits } = this.#context;
    if (streams >= limits.maxStreams || this.#connection.address.streams >= shareOf(limits.maxStreams)) return false;
    return !this.#connection.isStranger || this.#streams.size < STRANGERS_STREAMS;
  }

  #wait(exchange: Exchange): void {
    this.#waiting.add(exchange);
    this.#count('waiting', 1);
  }

  #serve(exchange: Exchange): void {
    if (this.#waiting.delete(exchange)) this.#count('waiting', -1);
    this.#hasServed = true;
    exchange.req.begin();
    this.#receive(exchange.req, exchange.res);
  }

  #forget(exchange: Exchange): void {
    this.#streams.delete(exchange);
    this.#count('streams', -1);
    if (this.#waiting.delete(exchange)) this.#count('waiting', -1);
    // Requests that came at once give way to the other connections after each answer.
    if (this.#waiting.size > 0) setImmediate(this.#serveNext);
  }

  readonly #serveNext = (): void => {
    const [next] = this.#waiting;
    if (next !== undefined && this.#waiting.size === this.#streams.size) this.#serve(next);
  };

  #endIdle(now: number): void {
    if (this.#streams.size > 0) return;
    this.#idleSince ??= now;
    const { keepAliveMs, headersMs } = this.#context.limits;
    if (now - this.#idleSince >= (this.#hasServed ? keepAliveMs : headersMs)) this.closeSoon();
  }

  #count(of: 'streams' | 'waiting', change: number): void {
    this.#context[of] += change;
    this.#connection.address[of] += change;
  }
}
