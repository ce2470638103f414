import type { Unavailable } from '../../errors/appError.ts';
import { timedOut } from '../../mcp/failures.ts';
import type { LiveServer } from '../../live/liveServer.ts';

/** What a call waited for, and since when, in milliseconds of the register's clock. */
export class CallClocks {
  readonly startedAt: number;
  #heardAt: number;
  #sentAt: number;
  #paused = false;

  constructor(now: number) {
    this.startedAt = this.#heardAt = this.#sentAt = now;
  }

  /** The server said something. */
  heard(now: number): void {
    this.#heardAt = now;
  }

  /** The client was sent something. */
  sent(now: number): void {
    this.#sentAt = now;
  }

  /** The server may not speak until the client has drained: its silence does not count. */
  pause(): void {
    this.#paused = true;
  }

  resume(now: number): void {
    this.#paused = false;
    this.#heardAt = now;
  }

  wasSilent(now: number, ms: number): boolean {
    return now - this.#sentAt >= ms;
  }

  /** Tells that the call has taken too long, or the server been silent for too long; undefined: neither. */
  timeoutAt(now: number, { name, timeouts: { idleMs, totalMs } }: LiveServer): Unavailable | undefined {
    if (now - this.startedAt >= totalMs) return timedOut({ server: name }, 'total', totalMs);
    if (this.#paused || now - this.#heardAt < idleMs) return undefined;
    return timedOut({ server: name }, 'idle', idleMs);
  }
}
