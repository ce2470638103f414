/**
 * Wakes those who wait for something to happen, without losing a notification: a reader takes the count first, looks, and
 * then waits for a higher count.
 */
export class Notifier {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  get count(): number {
    return this.#count;
  }

  notify(): void {
    this.#count += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  /**
   * Waits until the count is higher than `count`, the signal is aborted, or `withinMs` have passed; never throws.
   * @param withinMs (Default: no bound)
   */
  async waitBeyond(count: number, signal: AbortSignal, withinMs?: number): Promise<void> {
    if (this.#count > count || signal.aborted) return;
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
