const MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** Takes the byte order mark off a text. */
export function withoutByteOrderMark(text: Buffer): Buffer {
  return text.subarray(0, MARK.length).equals(MARK) ? text.subarray(MARK.length) : text;
}

/**
 * Takes the byte order mark off the beginning of a JSON text that comes in pieces. Some servers send one, and clients skip
 * it, as RFC 8259, 8.1 lets them.
 */
export class ByteOrderMark {
  /** Bytes of the mark seen so far; undefined once the beginning is past. */
  #seen: number | undefined = 0;
  /** Bytes taken off. */
  length = 0;

  /** Returns what of a piece is text. */
  skip(chunk: Buffer): Buffer {
    if (this.#seen === undefined) return chunk;
    const before = this.#seen;
    let at = 0;
    while (at < chunk.length && before + at < MARK.length && chunk[at] === MARK[before + at]) at++;
    this.#seen = before + at;
    if (this.#seen === MARK.length) {
      this.#seen = undefined;
      this.length = MARK.length;
      return chunk.subarray(at);
    }
    if (at === chunk.length) return chunk.subarray(at);
    this.#seen = undefined;
    // Half a mark is no mark, and must not be taken off what it spoils.
    return before === 0 ? chunk : Buffer.concat([MARK.subarray(0, before), chunk]);
  }
}
