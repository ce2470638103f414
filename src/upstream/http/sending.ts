import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { isProcessed, maySendAgain, type Processed, type Sent } from '../../mcp/resending.ts';
import type { Connection } from './connection.ts';

/** A request was not answered. `cause` is the HTTP client's error. */
export class RequestLost extends Error {
  readonly processed: Processed;

  constructor(cause: Error, processed: Processed) {
    super(cause.message, { cause });
    this.processed = processed;
  }
}

/** How often a request is sent again: the first connection may have been dead, the second may be unlucky. */
const MAX_RESENDS = 2;

/** Sends a request on a new connection; false when there can be none any more. */
type Resend = (sending: Sending, options: Dispatcher.DispatchOptions) => boolean;

/**
 * One request on its way to a server, between the HTTP client and the caller: it is sent again on a new connection where
 * that is safe, and otherwise fails with what is known of its fate. It lets go of the request once the answer begins.
 */
export class Sending implements Dispatcher.DispatchHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #resend: Resend;
  #options: Dispatcher.DispatchOptions | undefined;
  #connection: Connection | undefined;
  #isHandingOver = false;
  #isRefused = false;
  /** The request has begun to be written. */
  #isBegun = false;
  #resends = 0;
  #mayBeProcessed = false;

  constructor(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler, resend: Resend) {
    this.#options = options;
    this.#handler = handler;
    this.#resend = resend;
  }

  /** Hands the request to a connection. @returns false when no connection can send it */
  sendOn(connection: Connection, options: Dispatcher.DispatchOptions): boolean {
    this.#connection = connection;
    connection.progress = 'sent';
    this.#isBegun = this.#isRefused = false;
    this.#isHandingOver = true;
    connection.client.dispatch(options, this);
    this.#isHandingOver = false;
    return !this.#isRefused;
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#isBegun = true;
    this.#handler.onRequestStart?.(controller, context);
  }

  onResponseStarted(): void {
    this.#note('answering');
    this.#handler.onResponseStarted?.();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    if (status >= 200) this.#options = undefined;
    this.#handler.onResponseStart?.(controller, status, headers, statusMessage);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#handler.onResponseData?.(controller, chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#note('answered');
    this.#handler.onResponseEnd?.(controller, trailers);
    if (controller.aborted && this.#connection !== undefined) this.#connection.isRefused = true;
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#isRefused = this.#isHandingOver;
    const options = this.#options;
    // The answer had begun, or the caller has given it up. There is no controller before the request begins.
    if (options === undefined || (controller as typeof controller | undefined | null)?.aborted === true) {
      this.#handler.onResponseError?.(controller, error);
      return;
    }
    const sent = this.#isBegun ? (this.#connection?.sent(error) ?? 'whole') : this.#unsent;
    const isAnswering = this.#connection?.progress === 'answering';
    this.#mayBeProcessed ||= isAnswering || isProcessed(sent) !== false;
    if (!isAnswering && this.#resends < MAX_RESENDS && maySendAgain(sent, options.idempotent === true)) {
      this.#resends += 1;
      if (this.#resend(this, options)) return;
    }
    this.#options = undefined;
    this.#handler.onResponseError?.(controller, new RequestLost(error, this.#mayBeProcessed ? 'unknown' : false));
  }

  /** A connection that was lost before the request got on it says nothing of another one. */
  get #unsent(): Sent {
    return this.#connection?.isOpen === true ? 'part' : 'nothing';
  }

  #note(progress: Connection['progress']): void {
    if (this.#connection !== undefined) this.#connection.progress = progress;
  }
}
