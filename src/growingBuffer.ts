/** The first room, in bytes. */
const FIRST_BYTES = 4_096;

/**
 * Collects bytes in one piece of memory. Kept as they came, small pieces cost a hundred times their bytes: each is an object,
 * and holds on to the whole buffer that it was read into.
 */
export class GrowingBuffer {
  #bytes: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(chunk: Buffer | Uint8Array): void {
    if (chunk.length === 0) return;
    const length = this.#length + chunk.length;
    if (this.#bytes === undefined || this.#bytes.length < length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, length, 2 * (this.#bytes?.length ?? 0)));
      this.#bytes?.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = length;
  }

  /** Gives what was collected, and begins anew. */
  take(): Buffer {
    const bytes = this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#bytes = undefined;
    this.#length = 0;
    return bytes;
  }
}
