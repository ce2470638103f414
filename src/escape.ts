/**
 * Control, format (bidirectional marks, zero-width), unassigned and private characters, lone surrogates, line and
 * paragraph separators: with them a name could move the cursor, colour the screen, or read as another name.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Marks beyond the fourth on one character: no script needs them, and they paint over the lines around. */
const PILED_MARKS = /(?<=\p{M}{4})\p{M}/gu;

/** Makes text of unknown origin safe to print: one line, every character that could deceive shown as `\u{…}`. */
export function escape(text: string): string {
  return text.replace(UNSAFE, asCodePoint).replace(PILED_MARKS, asCodePoint);
}

/** As `escape`, but keeps line ends: for texts of our own that quote others. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escape).join('\n');
}

function asCodePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
