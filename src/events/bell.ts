/**
 * Wakes those who wait for something to happen, without losing a ring: whoever looks takes the count of rings first and
 * then waits for a later one.
 */
export class Bell {
  #rings = 0;
  readonly #waiting = new Set<() => void>();

  get rings(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /**
   * Waits until it has rung more than `rings` times, the signal is aborted, or `withinMs` have passed; never throws.
   * @param withinMs (Default: no bound)
   */
  async after(rings: number, signal: AbortSignal, withinMs?: number): Promise<void> {
    if (this.#rings > rings || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    const timer = withinMs === undefined ? undefined : setTimeout(wake, withinMs);
    this.#waiting.add(wake);
    signal.addEventListener('abort', wake);
    await promise;
    signal.removeEventListener('abort', wake);
    this.#waiting.delete(wake);
    clearTimeout(timer);
  }
}
