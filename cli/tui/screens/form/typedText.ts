import { escape } from '../../../../src/escape.ts';
import { displayWidth, truncate } from '../../../output/width.ts';
import type { TuiPaint } from '../../frame/text/style.ts';

/** Of a text of many lines so many are shown: the form has other fields. */
const MAX_LINES = 8;

/** Writes a typed text; of several lines those around the cursor. Without a cursor the field is not the one that is being filled in. */
export function typedText(value: string, cursor: number | undefined, room: number, paint: TuiPaint): string[] {
  const lines = value.split('\n');
  const place = cursor === undefined ? undefined : placeOf(lines, cursor);
  const top = Math.max(0, Math.min((place?.line ?? 0) - MAX_LINES + 2, lines.length - MAX_LINES));
  const shown = lines
    .slice(top, top + MAX_LINES)
    .map((line, at) =>
      place?.line === top + at ? withCursor(line, place.column, room, paint) : truncate(visible(line), room),
    );
  const rest = lines.length - shown.length;
  return rest === 0 ? shown : [...shown, paint('dim', truncate(`${lines.length} lines`, room))];
}

/** Writes a text that typing replaces: inverse, without colours in brackets. */
export function selectedText(value: string, room: number, paint: TuiPaint): string {
  const isPlain = paint('inverse', 'x') === 'x';
  const text = truncate(visible(value), Math.max(1, isPlain ? room - 2 : room));
  return isPlain ? `‹${text}›` : paint('inverse', text);
}

function placeOf(lines: readonly string[], cursor: number): { readonly line: number; readonly column: number } {
  let left = cursor;
  for (const [line, text] of lines.entries()) {
    const length = [...text].length;
    if (left <= length) return { line, column: left };
    left -= length + 1;
  }
  return { line: lines.length - 1, column: [...(lines.at(-1) ?? '')].length };
}

/** A line with its cursor, scrolled so that the cursor is in view. */
function withCursor(value: string, cursor: number, room: number, paint: TuiPaint): string {
  const characters = [...value].map(visible);
  // Without colours the cursor is a character of its own. What is under it may be written as a code point.
  const isPlain = paint('inverse', 'x') === 'x';
  const under = truncate(characters[cursor] ?? ' ', room - 1);
  let left = room - displayWidth(under) - (isPlain ? 1 : 0);
  let start = cursor;
  for (; start > 0; start -= 1) {
    left -= displayWidth(characters[start - 1] ?? '');
    if (left < 0) break;
  }
  const before = characters.slice(start, cursor).join('');
  const after = truncate(characters.slice(cursor + 1).join(''), Math.max(0, left), '');
  return before + (isPlain ? `▏${under === ' ' ? '' : under}` : paint('inverse', under)) + after;
}

/** A tab stays one column wide, so that lines keep their width. */
function visible(text: string): string {
  return text.split('\t').map(escape).join('⇥');
}
