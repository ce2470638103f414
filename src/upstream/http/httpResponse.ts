import type { IncomingHttpHeaders } from 'node:http';
import { errors, type Dispatcher } from 'undici';

/** Bytes that may wait for the reader. Beyond, the server waits. */
const WAITING_BYTES = 64 * 1024;

/** Of an answer that its reader leaves. It is never shown, and a stack trace per answer would be waste. */
const LEFT = new errors.RequestAbortedError('the answer is left');

/**
 * The answer to one HTTP request, which is read piece by piece and no faster than its reader takes it. It is the HTTP client's handler
 * itself: of an answer that is whole within one turn of the event loop, all but the head is there without another promise.
 */
export class HttpResponse implements Dispatcher.DispatchHandler {
  statusCode = 0;
  headers: IncomingHttpHeaders = {};
  /** Why nothing more can be read, but for what came before. */
  errored: Error | undefined;
  readonly #signal: AbortSignal;
  /** Of who waits for the head. */
  #onBegun: (() => void) | undefined;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #controller: Dispatcher.DispatchController | undefined;
  /** Of who waits for more. */
  #onFilled: (() => void) | undefined;
  #rest: { readonly read: (bytes: number) => void; readonly end: () => void } | undefined;
  #isOver = false;

  /** @param signal ends the exchange, with its reason as the error */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Waits for the head. @throws the error of the HTTP client, or the signal's reason */
  async begun(): Promise<void> {
    if (this.statusCode === 0 && !this.#isOver) await new Promise<void>((resolve) => (this.#onBegun = resolve));
    this.#onBegun = undefined;
    if (this.statusCode === 0 && this.errored !== undefined) throw this.errored;
  }

  /** Nothing more comes from the server. What came may wait to be read. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Waits until there is something to take, or to know: a piece, the end, an error. Undefined: there is. */
  filled(): Promise<void> | undefined {
    if (this.#waiting.length > 0 || this.#isOver) return undefined;
    return new Promise((resolve) => (this.#onFilled = resolve));
  }

  /**
   * Takes the next piece; undefined: there is none now, and if it is over, none comes. It does not come with the promise of `filled`:
   * whoever waits there for long would hold the piece before meanwhile.
   * @throws `errored`
   */
  take(): Buffer | undefined {
    const chunk = this.#waiting.shift();
    if (chunk !== undefined) {
      this.#waitingBytes -= chunk.length;
      if (this.#controller?.paused === true && this.#waitingBytes < WAITING_BYTES) this.#controller.resume();
      return chunk;
    }
    if (this.errored !== undefined) throw this.errored;
    return undefined;
  }

  /** Has the rest read without a reader. @param rest is told of each piece, and of the end, however it comes */
  readRest(rest: { readonly read: (bytes: number) => void; readonly end: () => void }): void {
    this.#rest = rest;
    const bytes = this.#waitingBytes;
    this.#waiting.length = this.#waitingBytes = 0;
    if (bytes > 0) rest.read(bytes);
    if (this.#isOver) rest.end();
    else if (this.#controller?.paused === true) this.#controller.resume();
  }

  /** Ends the exchange, and its connection with it, unless it is over. Of what came nothing more is read. */
  destroy(error: Error = LEFT): void {
    this.#waiting.length = this.#waitingBytes = 0;
    if (this.#isOver) return;
    this.#fail(error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.errored !== undefined) controller.abort(this.errored);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#isOver) return;
    this.statusCode = status;
    this.headers = headers;
    this.#onBegun?.();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#rest !== undefined) {
      this.#rest.read(chunk.length);
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= WAITING_BYTES) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#over();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#isOver) this.#fail(error);
  }

  readonly #onAbort = (): void => this.destroy(this.#signal.reason as Error);

  #fail(error: Error): void {
    this.errored = error;
    this.#over();
  }

  #wake(): void {
    const onFilled = this.#onFilled;
    this.#onFilled = undefined;
    onFilled?.();
  }

  #over(): void {
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#rest?.end();
    this.#onBegun?.();
    this.#wake();
  }
}
