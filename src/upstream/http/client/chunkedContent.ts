import { errors } from 'undici';
import { malformed } from './malformedAnswer.ts';

/** Of the line that begins a chunk, and of all trailers together, in bytes. */
const MAX_LINE_BYTES = 16 * 1024;

/** What all extensions of one answer's chunks may have, in bytes: nobody uses any. */
const MAX_EXTENSION_BYTES = 64 * 1024;

const CR = 0x0d;
const LF = 0x0a;

/** Digits of a size. */
const MAX_DIGITS = 12;

/** A size, and extensions, which are passed over (RFC 9112, 7.1). White space between their parts is refused: some readers do. */
const CHUNK =
  /^([0-9A-Fa-f]{1,12})(?:;[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*$/;
const TRAILER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/** Undoes the chunked transfer coding, piece by piece (RFC 9112, 7.1). Trailers are read, and passed over. */
export class ChunkedContent {
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'over' = 'size';
  /** Of the chunk that is read, in bytes. */
  #left = 0;
  /** Of a line that came in pieces. */
  #line = '';
  #extensionBytes = 0;
  #trailerBytes = 0;

  get isOver(): boolean {
    return this.#state === 'over';
  }

  /**
   * Takes the next content out of what came: of all chunks that follow each other, so that many small ones cost little more than one.
   * @returns where to go on, and the content; undefined: more has to come first, or it is over
   * @throws MalformedAnswer; HeadersOverflowError
   */
  take(bytes: Buffer, from: number): { readonly at: number; readonly content: Buffer | undefined } {
    let at = from;
    let content: Buffer | undefined;
    /** Of several chunks. */
    let joined: Buffer | undefined;
    let length = 0;
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, at + this.#left);
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = 'data-end';
        at += piece.length;
        if (content === undefined) content = piece;
        else {
          // It is no longer than what came.
          joined ??= joinable(content, bytes.length);
          joined.set(piece, length);
        }
        length += piece.length;
        continue;
      }
      const next = this.#passPlainLine(bytes, at);
      if (next === -1) {
        // What came before a line that may be wrong goes on first.
        if (content !== undefined) break;
        at = this.#readLine(bytes, at);
      } else at = next;
    }
    return { at, content: joined?.subarray(0, length) ?? content };
  }

  /** Passes a line that is whole, and has but a size or nothing. @returns where the next one begins; -1: it is none of these */
  #passPlainLine(bytes: Buffer, from: number): number {
    if (this.#line !== '' || this.#state === 'trailers') return -1;
    let at = from;
    let size = 0;
    if (this.#state === 'size') {
      for (let digit = digitOf(bytes[at]); digit !== -1; digit = digitOf(bytes[at])) {
        size = size * 16 + digit;
        at += 1;
      }
      if (at === from || at - from > MAX_DIGITS) return -1;
    }
    if (bytes[at] !== CR || bytes[at + 1] !== LF) return -1;
    if (this.#state === 'data-end') this.#state = 'size';
    else this.#begin(size);
    return at + 2;
  }

  /** Reads a line, or as much of it as has come. @returns where to go on */
  #readLine(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(LF, from);
    const piece = bytes.toString('latin1', from, end === -1 ? bytes.length : end + 1);
    this.#line += piece;
    if (this.#line.length > MAX_LINE_BYTES) throw new errors.HeadersOverflowError();
    if (end !== -1) {
      const line = this.#line;
      this.#line = '';
      if (!line.endsWith('\r\n')) malformed('end of line');
      this.#takeLine(line.slice(0, -2));
    }
    return from + piece.length;
  }

  #takeLine(line: string): void {
    if (this.#state === 'data-end') {
      if (line !== '') malformed('end of a chunk');
      this.#state = 'size';
    } else if (this.#state === 'trailers') {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_LINE_BYTES) throw new errors.HeadersOverflowError();
      if (line === '') this.#state = 'over';
      else if (!TRAILER.test(line)) malformed('trailer');
    } else {
      const [, size = ''] = CHUNK.exec(line) ?? malformed('chunk');
      this.#extensionBytes += line.length - size.length;
      if (this.#extensionBytes > MAX_EXTENSION_BYTES) throw new errors.HeadersOverflowError();
      this.#begin(Number.parseInt(size, 16));
    }
  }

  #begin(size: number): void {
    this.#left = size;
    this.#state = size === 0 ? 'trailers' : 'data';
  }
}

function joinable(first: Buffer, length: number): Buffer {
  const joined = Buffer.allocUnsafe(length);
  joined.set(first);
  return joined;
}

/** The value of a hexadecimal digit; -1: it is none. */
function digitOf(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  // In lower case.
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
