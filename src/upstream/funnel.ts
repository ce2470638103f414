/** A way for several writers to one reader. Each writer waits until what it has sent was taken, so that nothing piles up. */
export class Funnel<T> {
  readonly #waiting: { readonly value: T; readonly taken: () => void }[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  #error: Error | undefined;

  /** Settles when the reader has taken it, or the funnel is closed. */
  async send(value: T): Promise<void> {
    if (this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiting.push({ value, taken: () => resolve(undefined) });
    this.#wake?.();
    await promise;
  }

  /** Ends the reader once it has taken what was sent. @param error with which it ends */
  close(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#error = error;
    this.#wake?.();
  }

  async *read(): AsyncGenerator<T, void, void> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          try {
            yield next.value;
          } finally {
            // The reader may leave with it: its writer must not wait for ever.
            next.taken();
          }
        } else if (this.#isClosed) {
          if (this.#error !== undefined) throw this.#error;
          return;
        } else {
          const { promise, resolve } = Promise.withResolvers<undefined>();
          this.#wake = () => resolve(undefined);
          await promise;
          this.#wake = undefined;
        }
      }
    } finally {
      this.close();
      for (const { taken } of this.#waiting.splice(0)) taken();
    }
  }
}
