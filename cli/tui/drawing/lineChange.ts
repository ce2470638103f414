import { stripVTControlCharacters } from 'node:util';

/** SGR sequences, which colour what follows (ECMA-48, 8.3.117). */
// eslint-disable-next-line no-control-regex -- that is what is looked for
const SGR = /\u001b\[[\d;]*m/g;

/** Of one column on every terminal: some show blocks, arrows and the ellipsis in two (UAX #11, Ambiguous). */
const NARROW = /^[\x20-\x7e]*$/;

/** The part of a line that is to be written. */
export interface LineChange {
  /** The column where it begins, from 0. */
  readonly column: number;
  /** What colours it. */
  readonly style: string;
  readonly text: string;
}

/** Finds what changes a line into another one: what follows the beginning that both share, or all of it. */
export function lineChange(before: string, after: string): LineChange {
  const whole = { column: 0, style: '', text: after };
  const shared = after.slice(0, sharedLength(before, after));
  const column = stripVTControlCharacters(shared);
  if (!NARROW.test(column)) return whole;
  // Many changes of colour are longer than the few characters that they save.
  const style = (shared.match(SGR) ?? []).join('');
  return style.length < shared.length - style.length
    ? { column: column.length, style, text: after.slice(shared.length) }
    : whole;
}

/** Counts the characters at the beginning of both, up to one where a line can be taken up: no mark belongs to what stands before it. */
function sharedLength(before: string, after: string): number {
  let at = 0;
  while (at < before.length && at < after.length && before[at] === after[at]) at += 1;
  while (at > 0 && !(isAscii(before, at) && isAscii(after, at))) at -= 1;
  const escape = after.lastIndexOf('\u001b', at - 1);
  // Within a sequence, nothing can be taken up either.
  return at > 0 && escape !== -1 && after.indexOf('m', escape) >= at ? escape : at;
}

function isAscii(line: string, at: number): boolean {
  return at >= line.length || line.charCodeAt(at) < 0x80;
}
