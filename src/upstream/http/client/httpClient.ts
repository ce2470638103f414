import type { Socket } from 'node:net';
import { errors, type buildConnector, type Dispatcher } from 'undici';
import { AnswerReader, type AnswerEvents } from './answerReader.ts';
import type { AnswerHead, AnswerHeads } from './answerHead.ts';
import { Exchange } from './exchange.ts';
import { IdleTime } from './idleTime.ts';
import type { RequestHeads } from './requestHead.ts';
import { afterReading } from './turns.ts';
import { lengthOf, writeRequest } from './writeRequest.ts';

export interface HttpClientOptions {
  readonly origin: URL;
  readonly connect: buildConnector.connector;
  /** Time-out of requests that have none of their own, in milliseconds. */
  readonly idleMs: number;
  readonly requestHeads: RequestHeads;
  readonly answerHeads: AnswerHeads;
  /** It can take a request, or never will again because it is not open. */
  readonly onFree: () => void;
  readonly onClosed: (error: Error) => void;
}

type Request = Dispatcher.DispatchOptions;

/**
 * A client of one server over one connection, which the first request opens: HTTP/1.1, one request at a time (RFC 9112). It hands
 * requests and answers through as they are. A connection is never used again after an abort, or when more came on it than the answer.
 */
export class HttpClient implements AnswerEvents {
  readonly #options: HttpClientOptions;
  readonly #reader: AnswerReader;
  #socket: Socket | undefined;
  #current: Exchange | undefined;
  /** The request of the exchange, until it is written. */
  #outgoing: { readonly request: Request; readonly head: Buffer; readonly length: number | undefined } | undefined;
  /** What came while the handler was paused. */
  #unread: Buffer | undefined;
  #isReading = false;
  readonly #idleTime = new IdleTime(() => this.#expire());
  /** Runs while a request is under way that has a time-out. */
  #silence: NodeJS.Timeout | undefined;
  #error: Error | undefined;
  #isClosing = false;
  #closed = Promise.withResolvers<undefined>();
  #isOver = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#reader = new AnswerReader(options.answerHeads, this);
  }

  /** Sends a request. Another one may follow after `onFree`. */
  dispatch(request: Request, handler: Dispatcher.DispatchHandler): void {
    let head: Buffer;
    let length: number | undefined;
    try {
      if (this.#isClosing || this.#isOver || this.#current !== undefined) throw new errors.ClientDestroyedError();
      length = lengthOf(request);
      head = this.#options.requestHeads.write(request);
    } catch (error) {
      handler.onResponseError?.(undefined as never, error as Error);
      return;
    }
    this.#current = new Exchange(this, handler);
    this.#outgoing = { request, head, length };
    if (this.#socket === undefined) {
      this.#open();
      return;
    }
    this.#socket.ref();
    // What the server has sent meanwhile would be taken for the answer; and it may have closed the connection.
    afterReading(this.#begin);
  }

  /** Takes no new requests, and settles when the one under way has ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#current === undefined) await this.destroy();
    else await this.#closed.promise;
  }

  /** Cuts everything. */
  async destroy(error: Error = new errors.ClientDestroyedError()): Promise<void> {
    this.#isClosing = true;
    const exchange = this.#current;
    this.#current = undefined;
    if (this.#socket === undefined) this.#settle();
    else this.#cut(error);
    if (exchange !== undefined) this.#fail(exchange, error);
    await this.#closed.promise;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(exchange: Exchange): void {
    if (exchange !== this.#current || this.#isReading) return;
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) this.#read(unread);
    if (!exchange.paused) this.#socket?.resume();
  }

  abort(exchange: Exchange, reason: Error): void {
    if (exchange !== this.#current) return;
    this.#current = undefined;
    this.#fail(exchange, reason);
    this.#cut(new errors.InformationalError('aborted'));
  }

  onBegin(): void {
    this.#current?.handler.onResponseStarted?.();
  }

  onHead(head: AnswerHead): void {
    const exchange = this.#current;
    if (exchange === undefined) return;
    if (head.status >= 200) {
      this.#idleTime.allow(head);
      this.#silence?.refresh();
    }
    const { handler } = exchange;
    handler.onResponseStart?.(exchange, head.status, head.headers, head.statusMessage);
  }

  onContent(piece: Buffer): void {
    const exchange = this.#current;
    this.#silence?.refresh();
    exchange?.handler.onResponseData?.(exchange, piece);
  }

  onEnd(): void {
    const exchange = this.#current;
    if (exchange === undefined) return;
    exchange.isOver = true;
    exchange.handler.onResponseEnd?.(exchange, {});
    this.#current = undefined;
  }

  readonly #begin = (): void => {
    const exchange = this.#current;
    const outgoing = this.#outgoing;
    const socket = this.#socket;
    if (exchange === undefined || outgoing === undefined || socket === undefined || socket.destroyed) return;
    this.#outgoing = undefined;
    exchange.hasBegun = true;
    try {
      exchange.handler.onRequestStart?.(exchange, null);
      if (exchange.aborted) return;
      this.#await(outgoing.request);
      writeRequest(socket, outgoing.head, outgoing.length, outgoing.request.body);
    } catch (error) {
      this.#cut(error as Error);
    }
  };

  #open(): void {
    const { origin, connect } = this.#options;
    const { host, hostname, protocol, port } = origin;
    const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    connect({ host, hostname: name, protocol, port }, (...[error, socket]) => {
      if (error !== null) this.#refused(error);
      else if (this.#isOver) socket.on('error', () => undefined).destroy();
      else this.#opened(socket);
    });
  }

  #refused(error: Error): void {
    const exchange = this.#current;
    this.#current = undefined;
    if (exchange !== undefined) this.#fail(exchange, error);
    this.#settle();
    this.#options.onFree();
  }

  #opened(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('error', (error) => this.#failed(error));
    socket.on('end', () => this.#ended());
    socket.on('close', () => this.#lost());
    this.#begin();
  }

  #received(bytes: Buffer): void {
    const exchange = this.#current;
    if (exchange?.hasBegun !== true) {
      this.#cut(new errors.SocketError('the server sent what nobody has asked for'));
      return;
    }
    if (exchange.paused || this.#unread !== undefined) {
      this.#unread = this.#unread === undefined ? bytes : Buffer.concat([this.#unread, bytes]);
      return;
    }
    this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    const exchange = this.#current;
    this.#isReading = true;
    let at: number;
    try {
      at = this.#reader.read(bytes, () => this.#current === exchange && exchange?.paused === false);
    } catch (error) {
      this.#cut(error as Error);
      return;
    } finally {
      this.#isReading = false;
    }
    if (this.#current === exchange && exchange !== undefined) {
      if (at < bytes.length) this.#unread = bytes.subarray(at);
      // The handler may have paused and resumed meanwhile.
      else if (!exchange.paused && this.#socket?.isPaused() === true) this.#socket.resume();
      return;
    }
    // It was aborted, or is over.
    if (this.#socket?.destroyed !== false) return;
    if (at < bytes.length || !this.#idleTime.isAllowed || this.#isClosing)
      this.#cut(new errors.InformationalError('reset'));
    else this.#free(this.#socket);
  }

  #free(socket: Socket): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (socket.isPaused()) socket.resume();
    socket.unref();
    this.#idleTime.begin();
    this.#options.onFree();
  }

  #expire(): void {
    if (this.#current === undefined) this.#cut(new errors.InformationalError('the connection was idle'));
  }

  #await({ headersTimeout, bodyTimeout }: Request): void {
    if (headersTimeout === 0 && bodyTimeout === 0) return;
    this.#silence = setTimeout(() => {
      // It is the reader who takes its time.
      if (this.#current?.paused === true) this.#silence?.refresh();
      else this.#cut(new errors.BodyTimeoutError());
    }, headersTimeout ?? this.#options.idleMs);
    this.#silence.unref();
  }

  #failed(error: NodeJS.ErrnoException): void {
    // Many servers end an answer so that lasts until the connection ends.
    if (error.code === 'ECONNRESET' && this.#current?.hasBegun === true) this.#readRest();
    this.#error ??= error;
  }

  #ended(): void {
    if (this.#readRest()) this.#cut(new errors.InformationalError('reset'));
    else this.#cut(new errors.SocketError('other side closed'));
  }

  /** Nothing more comes. @returns whether that is the end of the answer */
  #readRest(): boolean {
    const exchange = this.#current;
    // What waits for the reader belongs to the answer.
    for (let unread = this.#unread; unread !== undefined; unread = this.#unread) {
      this.#unread = undefined;
      if (exchange !== undefined) exchange.paused = false;
      this.#read(unread);
    }
    return exchange !== undefined && exchange === this.#current && this.#reader.end();
  }

  #cut(error: Error): void {
    this.#error ??= error;
    this.#socket?.destroy();
  }

  #lost(): void {
    const error = this.#error ?? new errors.SocketError('closed');
    const exchange = this.#current;
    this.#current = undefined;
    if (exchange !== undefined) this.#fail(exchange, error);
    this.#settle();
    this.#options.onClosed(error);
    this.#options.onFree();
  }

  #settle(): void {
    this.#isOver = true;
    this.#idleTime.end();
    clearTimeout(this.#silence);
    this.#closed.resolve(undefined);
  }

  #fail(exchange: Exchange, error: Error): void {
    this.#outgoing = undefined;
    exchange.isOver = true;
    exchange.handler.onResponseError?.((exchange.hasBegun ? exchange : undefined) as never, error);
  }
}
