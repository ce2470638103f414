import type { Dispatcher } from 'undici';

/** The client that carries an exchange. */
interface Carrier {
  pause(): void;
  resume(exchange: Exchange): void;
  abort(exchange: Exchange, reason: Error): void;
}

/** One request that a client carries: what its handler pauses and aborts. */
export class Exchange implements Dispatcher.DispatchController {
  readonly handler: Dispatcher.DispatchHandler;
  readonly #client: Carrier;
  paused = false;
  reason: Error | null = null;
  hasBegun = false;
  isOver = false;

  constructor(client: Carrier, handler: Dispatcher.DispatchHandler) {
    this.#client = client;
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
