import { atOnce, type Steps } from './slices.ts';
import { freeMemory } from './freedMemory.ts';

/** Of one block, in bytes: the first is small, for most bodies are; none is large, so that little of the last is empty. */
const BLOCK = { least: 4_096, most: 1024 * 1024 };

/**
 * Collects bytes in few pieces of memory. Kept as they came, small pieces cost a hundred times their bytes: each is an object,
 * and holds on to the whole buffer that it was read into.
 */
export class GrowingBuffer {
  /** Full but for the last. */
  #blocks: Buffer[] = [];
  /** Bytes of the last block that are free. */
  #free = 0;
  #length = 0;
  readonly #expectedBytes: number;

  /** @param expectedBytes what is announced; so little of it as comes is held */
  constructor(expectedBytes: number = BLOCK.least) {
    this.#expectedBytes = expectedBytes;
  }

  get length(): number {
    return this.#length;
  }

  add(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length > 0;) {
      if (this.#free === 0) this.#append(rest.length);
      const block = this.#blocks[this.#blocks.length - 1];
      const piece = rest.subarray(0, this.#free);
      block?.set(piece, block.length - this.#free);
      this.#free -= piece.length;
      this.#length += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  /** Gives what was collected, and begins anew. */
  take(): Buffer {
    return atOnce(this.takeSteps());
  }

  /** The same, step by step: to join megabytes takes milliseconds. What is added meanwhile is not among them. */
  takeSteps(): Steps<Buffer> {
    const steps = joinSteps(this.#blocks, this.#length);
    this.#blocks = [];
    this.#free = this.#length = 0;
    return steps;
  }

  #append(wanted: number): void {
    const least = this.#length === 0 ? this.#expectedBytes : this.#length;
    this.#free = Math.min(BLOCK.most, Math.max(least, wanted));
    this.#blocks.push(Buffer.allocUnsafeSlow(this.#free));
  }
}

function* joinSteps(blocks: readonly Buffer[], length: number): Steps<Buffer> {
  const [first = Buffer.alloc(0), second] = blocks;
  if (second === undefined) return first.subarray(0, length);
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const block of blocks) {
    whole.set(block.subarray(0, length - at), at);
    at += block.length;
    freeMemory(block);
    yield;
  }
  return whole;
}
