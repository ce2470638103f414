/**
 * Measures what a call takes of the gateway itself: the time in which it waits neither for the server nor for the client. It runs
 * from the start, and while any of the work that has begun is not over.
 */
export class OwnTime {
  #ms = 0;
  #since: number;
  #works = 1;

  /** @param since when its message was there, whole; of `performance.now()` */
  constructor(since: number) {
    this.#since = since;
  }

  /** Some work begins. */
  begin(): void {
    if (this.#works++ === 0) this.#since = performance.now();
  }

  /** Some work is over: the first time, what comes before the call waits for its server. */
  end(): void {
    if (this.#works > 0 && --this.#works === 0) this.#ms += performance.now() - this.#since;
  }

  /** Waits for somebody else in the middle of some work. @throws what the wait throws */
  async without(wait: Promise<void>): Promise<void> {
    if (this.#works === 0) return wait;
    this.end();
    try {
      await wait;
    } finally {
      this.begin();
    }
  }

  /** Until now, in milliseconds, with fractions. */
  get ms(): number {
    return this.#works === 0 ? this.#ms : this.#ms + performance.now() - this.#since;
  }
}
