import type { Dispatcher } from 'undici';
import { StreamRest } from '../../upstream/http/streamRest.ts';

/** One for all aborts: it is never shown, and a stack trace per abort would be waste. */
const ABORTED = new Error('the call is over');

/** The exchange with a server: it ends by itself, is aborted, or is read for a while when the rest of it is of no use. */
export class ServerExchange {
  #controller: Dispatcher.DispatchController | undefined;
  #aborted = false;
  #over = false;
  #rest: StreamRest | undefined;

  /** Nothing more will come from the server. */
  get isOver(): boolean {
    return this.#over;
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

  end(): void {
    this.#over = true;
    this.#rest?.end();
  }

  /** Ends the exchange, and the connection with it. */
  abort(): void {
    if (this.#over || this.#aborted) return;
    this.#aborted = true;
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
