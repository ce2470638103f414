import type { Socket } from 'node:net';
import { errors, type buildConnector, type Dispatcher } from 'undici';
import { AnswerReader, type AnswerEvents } from './answerReader.ts';
import type { AnswerHead, AnswerHeads } from './answerHead.ts';
import { Exchange } from './exchange.ts';
import { requestHead } from './requestHead.ts';
import { afterReading } from './turns.ts';
import { lengthOf, writeRequest } from './writeRequest.ts';

/** How long a connection is kept where the server does not say, at most, and by how much less than the server says, in milliseconds. */
const KEPT_MS = { standard: 4_000, most: 600_000, less: 2_000 };

export interface HttpClientOptions {
  readonly origin: URL;
  readonly connect: buildConnector.connector;
  /** Time-out of requests that have none of their own, in milliseconds. */
  readonly idleMs: number;
  readonly heads: AnswerHeads;
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
  /** What came while the handler was paused. */
  #unread: Buffer | undefined;
  #isReading = false;
  /** The last answer allows another request. */
  #isKept = true;
  #keptMs = KEPT_MS.standard;
  #kept: NodeJS.Timeout | undefined;
  #keptTimerMs = 0;
  #silence: NodeJS.Timeout | undefined;
  #error: Error | undefined;
  #isClosing = false;
  #closed = Promise.withResolvers<undefined>();
  #isOver = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#reader = new AnswerReader(options.heads, this);
  }

  /** Sends a request. Another one may follow after `onFree`. */
  dispatch(request: Request, handler: Dispatcher.DispatchHandler): void {
    let head: string;
    try {
      if (this.#isClosing || this.#isOver || this.#current !== undefined) throw new errors.ClientDestroyedError();
      head = requestHead(request, this.#options.origin.host, lengthOf(request));
    } catch (error) {
      handler.onResponseError?.(undefined as never, error as Error);
      return;
    }
    this.#current = new Exchange(this, request, head, handler);
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
    if (head.status >= 200) this.#keep(head);
    const { handler } = exchange;
    handler.onResponseStart?.(exchange, head.status, head.headers, head.statusMessage);
  }

  onContent(piece: Buffer): void {
    const exchange = this.#current;
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
    const socket = this.#socket;
    if (exchange === undefined || exchange.hasBegun || socket === undefined || socket.destroyed) return;
    exchange.hasBegun = true;
    exchange.handler.onRequestStart?.(exchange, null);
    if (exchange.aborted) return;
    this.#await(exchange.request);
    writeRequest(socket, exchange.head, exchange.request.body);
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
    this.#silence?.refresh();
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
      return;
    }
    // It was aborted, or is over.
    if (this.#socket?.destroyed !== false) return;
    if (at < bytes.length || !this.#isKept || this.#isClosing) this.#cut(new errors.InformationalError('reset'));
    else this.#free(this.#socket);
  }

  #free(socket: Socket): void {
    clearTimeout(this.#silence);
    this.#silence = undefined;
    if (socket.isPaused()) socket.resume();
    socket.unref();
    if (this.#kept === undefined || this.#keptTimerMs !== this.#keptMs) {
      clearTimeout(this.#kept);
      this.#keptTimerMs = this.#keptMs;
      this.#kept = setTimeout(this.#expire, this.#keptMs);
      this.#kept.unref();
    } else this.#kept.refresh();
    this.#options.onFree();
  }

  readonly #expire = (): void => {
    if (this.#current === undefined) this.#cut(new errors.InformationalError('the connection was idle'));
  };

  #keep({ isKeptAlive, keepAliveMs }: AnswerHead): void {
    this.#keptMs = keepAliveMs === undefined ? KEPT_MS.standard : Math.min(keepAliveMs - KEPT_MS.less, KEPT_MS.most);
    this.#isKept = isKeptAlive && this.#keptMs > 0;
  }

  #await({ headersTimeout, bodyTimeout }: Request): void {
    if (headersTimeout === 0 && bodyTimeout === 0) return;
    const { idleMs } = this.#options;
    this.#silence = setTimeout(() => this.#cut(new errors.BodyTimeoutError()), headersTimeout ?? idleMs);
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
    clearTimeout(this.#kept);
    clearTimeout(this.#silence);
    this.#closed.resolve(undefined);
  }

  #fail(exchange: Exchange, error: Error): void {
    exchange.isOver = true;
    exchange.handler.onResponseError?.((exchange.hasBegun ? exchange : undefined) as never, error);
  }
}
