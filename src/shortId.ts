/** Digits that name a key among thousands; commands take them for the id. */
const SHORT_ID_DIGITS = 8;

/** Shortens an id to its end: a UUID v7 begins with the time, which keys made together share (RFC 9562, 5.7). */
export function shortId(id: string): string {
  return id.slice(-SHORT_ID_DIGITS);
}
