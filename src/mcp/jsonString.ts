const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Strings are mostly short: so many bytes are looked at one by one before the native search is worth its call. */
const SHORT_STRING_BYTES = 32;

/** Finds the end of a JSON string that may come in several pieces. */
export class JsonString {
  /** The next byte follows an unpaired backslash. */
  #escaped = false;

  /** Returns the place after the quote that closes the string, or -1 when the piece ends before it. */
  findEnd(chunk: Buffer, from: number): number {
    for (let at = from; ;) {
      let quote = at;
      const short = Math.min(chunk.length, at + SHORT_STRING_BYTES);
      while (quote < short && chunk[quote] !== QUOTE) quote++;
      if (quote === short) quote = short === chunk.length ? -1 : chunk.indexOf(QUOTE, short);
      const end = quote === -1 ? chunk.length : quote;
      let run = end;
      while (run > at && chunk[run - 1] === BACKSLASH) run--;
      // A run that reaches back to the start continues the one before the chunk.
      const escaped = (((end - run) & 1) === 1) !== (run === at && this.#escaped);
      this.#escaped = quote === -1 && escaped;
      if (quote === -1) return -1;
      at = quote + 1;
      if (!escaped) return at;
    }
  }
}
