/**
 * What is left of a limit in this process. It fills evenly, up to its whole count, so that no moment exists at which twice of it is free;
 * one that gateways share fills by leases instead.
 */
export class TokenBucket {
  readonly capacity: number;
  readonly #windowMs: number;
  #tokens: number;
  #filledAt: number;

  /** @param tokens that are there at once */
  constructor(count: number, windowMs: number, tokens: number, now: number) {
    this.capacity = count;
    this.#windowMs = windowMs;
    this.#tokens = tokens;
    this.#filledAt = now;
  }

  /** Fills it for the time that has passed. @param share of the whole rate; 0: it is filled by leases. @returns how many tokens came */
  fill(now: number, share: number): number {
    const passed = now - this.#filledAt;
    this.#filledAt = now;
    if (share === 0 || passed <= 0) return 0;
    const before = this.#tokens;
    this.#tokens = Math.min(this.capacity * share, before + (passed / this.#windowMs) * this.capacity * share);
    return this.#tokens - before;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Adds what was leased; less than nothing: takes. It may go below nothing, for bytes are known when they have passed. */
  add(tokens: number): void {
    this.#tokens += tokens;
  }

  /** How long until so many are there, in milliseconds, at a share of the rate. */
  waitMs(tokens: number, share: number): number {
    return Math.max(0, ((tokens - this.#tokens) / (this.capacity * share)) * this.#windowMs);
  }
}
