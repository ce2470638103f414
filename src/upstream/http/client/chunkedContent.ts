import { errors } from 'undici';
import { malformed } from './malformedAnswer.ts';

/** Of the line that begins a chunk, and of all trailers together, in bytes. */
const MAX_LINE_BYTES = 16 * 1024;

/** What all extensions of one answer's chunks may have, in bytes: nobody uses any. */
const MAX_EXTENSION_BYTES = 64 * 1024;

const LF = 0x0a;

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
   * Takes the next content out of what came.
   * @returns where to go on, and the content; undefined: more has to come first, or it is over
   * @throws MalformedAnswer; HeadersOverflowError
   */
  take(bytes: Buffer, from: number): { readonly at: number; readonly content: Buffer | undefined } {
    let at = from;
    while (at < bytes.length && this.#state !== 'over') {
      if (this.#state === 'data') {
        const content = bytes.subarray(at, at + this.#left);
        this.#left -= content.length;
        if (this.#left === 0) this.#state = 'data-end';
        return { at: at + content.length, content };
      }
      const end = bytes.indexOf(LF, at);
      const piece = bytes.toString('latin1', at, end === -1 ? bytes.length : end + 1);
      at += piece.length;
      this.#line += piece;
      if (this.#line.length > MAX_LINE_BYTES) throw new errors.HeadersOverflowError();
      if (end === -1) break;
      const line = this.#line;
      this.#line = '';
      if (!line.endsWith('\r\n')) malformed('end of line');
      this.#takeLine(line.slice(0, -2));
    }
    return { at, content: undefined };
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
      this.#left = Number.parseInt(size, 16);
      this.#state = this.#left === 0 ? 'trailers' : 'data';
    }
  }
}
