import { JsonString } from './jsonString.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * Follows the bytes of a JSON object or array, without parsing it, to tell whether it is there to its end (a document that
 * was cut never closes its outermost bracket), and what parsing it would cost. It is no validator.
 */
export class JsonOutline {
  #depth = 0;
  #deepest = 0;
  #values = 0;
  #strings = 0;
  #inString = false;
  readonly #string = new JsonString();
  #closed = false;
  #broken = false;

  get complete(): boolean {
    return this.#closed && !this.#broken;
  }

  /** It is no JSON object or array, whatever may follow. */
  get broken(): boolean {
    return this.#broken;
  }

  /** How deep it nests. */
  get deepest(): number {
    return this.#deepest;
  }

  /** Objects, arrays, and what they hold; an empty one counts once. */
  get values(): number {
    return this.#values;
  }

  /** Texts, names of members among them. */
  get strings(): number {
    return this.#strings;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#broken) {
      at = this.#inString ? this.#skipString(chunk, at) : this.#skipStructure(chunk, at);
    }
  }

  /** Moves to the byte after the next quote that opens a string. */
  #skipStructure(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (byte <= 0x20) continue;
      if (byte === 0x7b || byte === 0x5b) {
        if (this.#closed) this.#broken = true;
        this.#values++;
        if (++this.#depth > this.#deepest) this.#deepest = this.#depth;
      } else if (this.#depth === 0) {
        this.#broken = true;
      } else if (byte === 0x7d || byte === 0x5d) {
        if (--this.#depth === 0) this.#closed = true;
      } else if (byte === QUOTE) {
        this.#inString = true;
        this.#strings++;
        return at + 1;
      } else if (byte === COMMA) this.#values++;
      if (this.#broken) break;
    }
    return chunk.length;
  }

  /** Moves to the byte after the string's closing quote. */
  #skipString(chunk: Buffer, from: number): number {
    const end = this.#string.findEnd(chunk, from);
    if (end === -1) return chunk.length;
    this.#inString = false;
    return end;
  }
}
