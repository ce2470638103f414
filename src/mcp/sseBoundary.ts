const LF = 0x0a;
const CR = 0x0d;

/** The tail of a stream that nothing was sent on yet: nothing is open. */
export const FRESH_TAIL = (LF << 8) | LF;

/** Remembers the last three bytes of an event stream, in one number: all that is needed to see where an event ended. */
export function tailAfter(tail: number, chunk: Buffer): number {
  for (let at = Math.max(0, chunk.length - 3); at < chunk.length; at++) {
    tail = ((tail << 8) | (chunk[at] ?? 0)) & 0xffffff;
  }
  return tail;
}

/**
 * Tells whether a stream with this tail is between events: its last line is empty. A line ends with LF, CR or CRLF
 * (WHATWG HTML, 9.2.5 "Parsing an event stream").
 */
export function isBetweenEvents(tail: number): boolean {
  const last = tail & 0xff;
  const before = (tail >> 8) & 0xff;
  if (last === LF && before === CR) return isLineEnd((tail >> 16) & 0xff);
  return isLineEnd(last) && isLineEnd(before);
}

function isLineEnd(byte: number): boolean {
  return byte === LF || byte === CR;
}
