import type { Unavailable } from '../errors/appError.ts';
import type { LiveServer } from '../live/liveServer.ts';
import { timedOut } from '../mcp/failures.ts';

/** What a call waits for, and since when, in milliseconds of the register's clock. */
export class CallClocks {
  readonly #startedAt: number;
  #receivedAt: number;
  #sentAt: number;
  #paused = false;
  #isAsked = false;

  constructor(now: number) {
    this.#startedAt = this.#receivedAt = this.#sentAt = now;
  }

  /** The server has sent something. */
  received(now: number): void {
    this.#receivedAt = now;
    this.#isAsked = false;
  }

  /** The server has asked its client for something: its silence does not count until it sends more. */
  asked(): void {
    this.#isAsked = true;
  }

  /** The client was sent something. */
  sent(now: number): void {
    this.#sentAt = now;
  }

  /** Nothing is read from the server until the client has drained: its silence does not count. */
  pause(): void {
    this.#paused = true;
  }

  resume(now: number): void {
    this.#paused = false;
    this.#receivedAt = now;
  }

  /** Tells whether the client was sent nothing for so long. */
  isSilent(now: number, ms: number): boolean {
    return now - this.#sentAt >= ms;
  }

  /** Tells that the call takes too long, or that the server sends nothing for too long; undefined: neither. */
  timeoutAt(now: number, { name, timeouts: { idleMs, totalMs } }: LiveServer): Unavailable | undefined {
    if (now - this.#startedAt >= totalMs) return timedOut({ server: name }, 'total', totalMs, 'server');
    if (this.#paused || this.#isAsked || now - this.#receivedAt < idleMs) return undefined;
    return timedOut({ server: name }, 'idle', idleMs, 'server');
  }
}
