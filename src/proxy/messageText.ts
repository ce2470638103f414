/** A message as it is written: a text, or UTF-8 in pieces, for what is large is not to be copied into one. */
export type MessageText = string | readonly Buffer[];

export function byteLengthOf(text: MessageText): number {
  return typeof text === 'string' ? Buffer.byteLength(text) : text.reduce((sum, piece) => sum + piece.length, 0);
}
