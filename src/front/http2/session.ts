import type { ServerResponse } from 'node:http';
import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { noteConnection, type Connection, type ConnectionContext, type Traffic } from '../connection.ts';
import { MAX_HEADER_BYTES, shareOf } from '../limits.ts';
import { handlePace, Pace, type Paced } from '../pace.ts';
import { RequestQueue } from '../requestQueue.ts';
import { MAX_SIGNS, RECOGNISED_WINDOW_BYTES, sessionOptions, STRANGERS_STREAMS } from './sessionOptions.ts';
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

/** So long, in milliseconds, a client without requests has to end a connection that it was told the end of. */
const CLOSE_GRACE_MS = 2_000;

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
  #isRetired = false;
  /** PING and SETTINGS since the last look. */
  #signs = 0;
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
    for (const event of ['ping', 'remoteSettings'] as const) this.#session.on(event, () => this.#countSign());
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
    this.#signs = 0;
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

  /** Node can't tell that the end comes and go on: the next request is the last one. What comes behind it, the client may send again. */
  retire(): void {
    this.#isRetired = true;
  }

  closeSoon(): void {
    if (!this.#session.closed) this.#session.close();
  }

  close(): void {
    // No answer under way was taken.
    this.#session.destroy(undefined, constants.NGHTTP2_CANCEL);
  }

  #open(stream: ServerHttp2Stream, rawHeaders: string[]): void {
    // Who answers hears of it by `close`.
    stream.on('error', () => undefined);
    if (!this.#hasRoom()) {
      // What it has sent already would keep it.
      stream.resume();
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
    // One that is refused anyway waits for nothing, and holds nothing.
    const mayWait = req.headBytes <= MAX_HEADER_BYTES;
    if (mayWait && this.#connection.isStranger && this.#streams.size > 1) this.#wait(exchange);
    else this.#serve(exchange);
  }

  #countSign(): void {
    this.#signs += 1;
    if (this.#signs > MAX_SIGNS) this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  #hasRoom(): boolean {
    const { streams, waiting, limits } = this.#context;
    const { address, isStranger } = this.#connection;
    if (streams >= limits.maxStreams || address.streams >= shareOf(limits.maxStreams)) return false;
    if (!isStranger || this.#streams.size === 0) return true;
    const mayWait = waiting < limits.maxWaitingRequests && address.waiting < shareOf(limits.maxWaitingRequests);
    return mayWait && this.#streams.size < STRANGERS_STREAMS;
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
    if (this.#isRetired) this.closeSoon();
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
    const idleMs = now - this.#idleSince;
    const boundMs = this.#session.closed ? 0 : this.#hasServed ? keepAliveMs : headersMs;
    if (idleMs < boundMs) return;
    this.closeSoon();
    if (idleMs >= boundMs + CLOSE_GRACE_MS) this.#connection.below.destroy();
  }

  #count(of: 'streams' | 'waiting', change: number): void {
    this.#context[of] += change;
    this.#connection.address[of] += change;
  }
}
