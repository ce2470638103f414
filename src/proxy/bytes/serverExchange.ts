import type { Dispatcher } from 'undici';
import type { Span } from '../../tracing/tracer.ts';
import { StreamRest } from '../../upstream/http/streamRest.ts';

/** One for all aborts: it is never shown, and a stack trace per abort would be waste. */
const ABORTED = new Error('the call is over');

/** The exchange with a server: it ends by itself, is aborted, or is read for a while when the rest of it is of no use. */
export class ServerExchange {
  #controller: Dispatcher.DispatchController | undefined;
  #aborted = false;
  #over = false;
  #rest: StreamRest | undefined;
  #span: Span | undefined;

  /** Nothing more will come from the server. */
  get isOver(): boolean {
    return this.#over;
  }

  /** What is done at the server has a span. */
  trace(span: Span): void {
    this.#span = span;
  }

  begin(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted) controller.abort(ABORTED);
  }

  /** The answer is over, however it ended, and the request is sent to another address. */
  again(): void {
    this.#rest?.end();
    this.#rest = undefined;
    this.#aborted = false;
  }

  /** @param failure the code of the error with which it ended */
  end(failure?: string): void {
    this.#over = true;
    this.#span?.end(failure);
    this.#rest?.end();
  }

  /** Ends the exchange, and the connection with it. */
  abort(): void {
    if (this.#over || this.#aborted) return;
    this.#aborted = true;
    this.#span?.end('cancelled');
    this.#controller?.abort(ABORTED);
  }

  /** Reads what the server sends after the answer: it may end soon, and then its connection can serve again. */
  readRest(bytes: number): void {
    if (this.#over || this.#aborted) return;
    this.#rest ??= new StreamRest(() => {
      this.abort();
    });
    this.#rest.read(bytes);
  }
}
