import { doubles, integers } from './column.ts';

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Byte strings in few large buffers, found by number. */
export class Arena {
  readonly #chunks: Buffer[] = [];
  readonly #chunkOf = integers();
  readonly #offsets = doubles();
  readonly #lengths = integers();
  #used = 0;

  push(bytes: Uint8Array): void {
    this.#chunkOf.push(0);
    this.#offsets.push(0);
    this.#lengths.push(0);
    this.replace(this.#chunkOf.length - 1, bytes);
  }

  /** What was there before stays in its chunk, unreachable. */
  replace(index: number, bytes: Uint8Array): void {
    const last = this.#chunks.at(-1);
    if (last === undefined || this.#used + bytes.length > last.length) {
      this.#chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, bytes.length)));
      this.#used = 0;
    }
    this.#chunks.at(-1)!.set(bytes, this.#used);
    this.#chunkOf.set(index, this.#chunks.length - 1);
    this.#offsets.set(index, this.#used);
    this.#lengths.set(index, bytes.length);
    this.#used += bytes.length;
  }

  /** A view, not a copy. */
  at(index: number): Buffer {
    const offset = this.#offsets.at(index);
    return this.#chunks[this.#chunkOf.at(index)]!.subarray(offset, offset + this.#lengths.at(index));
  }
}
