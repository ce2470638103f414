/** Records in a chunk: large enough that chunks do not count, small enough that growing copies nothing. */
const CHUNK = 4_096;

/** Grows by records of a fixed number of bytes, which lie outside the JavaScript heap without an object for each. */
export class Records {
  readonly #size: number;
  readonly #chunks: Buffer[] = [];
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a record of zeros. @returns its number */
  add(): number {
    if (this.#length % CHUNK === 0) this.#chunks.push(Buffer.alloc(CHUNK * this.#size));
    this.#length += 1;
    return this.#length - 1;
  }

  /** Gives a record's bytes, to read and to write. */
  at(record: number): Buffer {
    const chunk = this.#chunks[Math.floor(record / CHUNK)];
    if (chunk === undefined || record >= this.#length) throw new RangeError(`no record ${record}`);
    const start = (record % CHUNK) * this.#size;
    return chunk.subarray(start, start + this.#size);
  }
}
