import type { Dispatcher } from 'undici';

/** The client that carries an exchange. */
interface Carrier {
  pause(): void;
  resume(exchange: Exchange): void;
  abort(exchange: Exchange, reason: Error): void;
}

/** One request that a client carries: what its handler pauses and aborts. */
export class Exchange implements Dispatcher.DispatchController {
  readonly request: Dispatcher.DispatchOptions;
  /** As it is sent. */
  readonly head: string;
  readonly handler: Dispatcher.DispatchHandler;
  readonly #client: Carrier;
  paused = false;
  reason: Error | null = null;
  hasBegun = false;
  isOver = false;

  constructor(client: Carrier, request: Dispatcher.DispatchOptions, head: string, handler: Dispatcher.DispatchHandler) {
    this.#client = client;
    this.request = request;
    this.head = head;
    this.handler = handler;
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  pause(): void {
    if (this.isOver) return;
    this.paused = true;
    this.#client.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.#client.resume(this);
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.reason = reason;
    if (!this.isOver) this.#client.abort(this, reason);
  }
}
