/** What is read of a stream after its answer, so that the connection can serve again. */
const BOUNDS = { bytes: 64 * 1024, ms: 1_000 };

/** The rest of a stream whose answer has come: a short one is read to its end, a longer one is cut. */
export class StreamRest {
  readonly #cut: () => void;
  readonly #timer: NodeJS.Timeout;
  #left = BOUNDS.bytes;

  constructor(cut: () => void) {
    this.#cut = cut;
    this.#timer = setTimeout(cut, BOUNDS.ms);
    this.#timer.unref();
  }

  read(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) this.#cut();
  }

  /** There is no more of it. */
  end(): void {
    clearTimeout(this.#timer);
  }
}
