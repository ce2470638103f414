/**
 * A server that closes a connection sooner than this after an answer, in milliseconds, does not mean an idle time-out:
 * it closes after each answer, after so many, or at will.
 */
const JUST_USED_MS = 1_000;

/** How long an observation counts, in milliseconds; each like it prolongs that. */
const REMEMBERED_MS = 60_000;

/**
 * How long a server leaves an unused connection open, as far as its own closings show. HTTP lets a server close at any
 * time (RFC 9112, 9.5), so a request on a connection that it is just closing is lost, and nobody knows whether it was read.
 */
export class IdleLife {
  #usableMs = Infinity;
  #knownUntil = 0;

  /** Notes that the server closed a connection, without a word before, `idleMs` after its last answer. */
  noteClosing(idleMs: number, now: number): void {
    // Well below: a request that is under way when the server’s time is over is lost too.
    const usableMs = idleMs < JUST_USED_MS ? 0 : idleMs / 2;
    if (now < this.#knownUntil && usableMs > this.#usableMs) return;
    this.#usableMs = usableMs;
    this.#knownUntil = now + REMEMBERED_MS;
  }

  /** How long after its last answer a connection may be used again. */
  usableMs(now: number): number {
    return now < this.#knownUntil ? this.#usableMs : Infinity;
  }
}
