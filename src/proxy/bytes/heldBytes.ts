import { GrowingBuffer } from '../../growingBuffer.ts';

/** So much of an answer waits until it is known whether it may pass. */
export const HELD_BYTES = 65_536;

/** Bytes that wait. One piece is kept as it came, as most of what waits is; several are put together. */
export class HeldBytes {
  #pieces: Buffer | GrowingBuffer | undefined;

  get length(): number {
    return this.#pieces?.length ?? 0;
  }

  add(chunk: Buffer): void {
    if (this.#pieces === undefined) {
      this.#pieces = chunk;
      return;
    }
    if (!(this.#pieces instanceof GrowingBuffer)) {
      const pieces = new GrowingBuffer();
      pieces.add(this.#pieces);
      this.#pieces = pieces;
    }
    this.#pieces.add(chunk);
  }

  take(): Buffer | undefined {
    const pieces = this.#pieces;
    this.#pieces = undefined;
    return pieces instanceof GrowingBuffer ? pieces.take() : pieces;
  }
}
