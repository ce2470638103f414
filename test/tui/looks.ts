import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from '../../cli/output/width.ts';
import { screenLines } from '../../cli/tui/frame/frameLines.ts';
import type { State } from '../../cli/tui/frame/model.ts';
import { bodyHeight, openPane, topScreen } from '../../cli/tui/frame/state.ts';
import { createTuiPaint } from '../../cli/tui/frame/text/style.ts';
import { openEmulatedPicture } from './emulatedPicture.ts';
import type { Cell } from './emulator.ts';
import { terminalStream } from './terminalStream.ts';

/** Red, green, yellow and cyan, by their numbers in the palette: on light and on dark grounds they can be read. */
export const READABLE = [1, 2, 3, 6] as const;
/** Columns of a colour in a row: where a palette is pale, a word can still be made out, and a sentence can't. */
const MOST_COLOURED = 32;
const PLAIN = terminalStream();
/** What may stand at the right edge: an ellipsis, a scroll bar, the line beside a list, the end of a sentence or of a box. */
const ENDS = /[…│┃.:)\]▏ ]$/;
const WIDER = 3;

/** Looks at a screen, in colours and without. @returns what is wrong with it */
export async function faultsOf(state: State): Promise<string[]> {
  const coloured = openEmulatedPicture(state.size);
  await coloured.show(state);
  const { emulator } = coloured;
  const lines = emulator.lines();
  const faults: string[] = [];
  const found = (fault: string, row?: number): void =>
    void faults.push(row === undefined ? fault : `${fault}: ${String(row)} “${lines[row] ?? ''}”`);

  coloured.meant(state).forEach((meant, row) => {
    if (meant !== lines[row]) found(`shows not “${meant}”`, row);
    if (displayWidth(meant) > state.size.columns) found('is wider than the terminal', row);
  });
  if (!/\[\d \w+\]/.test(lines[0] ?? '')) found('has no tabs', 0);
  if (!/^(database|db) /.test(lines.at(-1) ?? '')) found('has no status line', lines.length - 1);
  const kind = topScreen(state)?.kind;
  if (kind?.name === 'help') {
    const cut = lines.findIndex((line, row) => row <= bodyHeight(state) && /^ .*…$/.test(line));
    if (cut !== -1) found('cuts what a shortcut does', cut);
  }
  lines.forEach((line, row) => {
    if (/ \([0-9a-f]{0,7}…/.test(line)) found('has an id that is cut off', row);
  });
  for (const row of overflowing(state, lines)) found('loses a line that does not fit', row);
  for (const row of cutOff(state, lines)) found('is cut without an ellipsis', row);
  // The numbers of one thing stand behind their names.
  const isList = kind === undefined || kind.move !== undefined;
  for (const row of isList ? uneven(lines) : []) found('has numbers that are not aligned at their right ends', row);
  lines.forEach((_line, row) => {
    const cells = emulator.cells(row);
    for (const fault of new Set(cells.flatMap((cell) => unreadable(cell)))) found(fault, row);
    if (longestColoured(cells) > MOST_COLOURED) found('has a sentence in a colour', row);
    if (cells[0]?.inverse === true && cells[0].bold && lines[row]?.endsWith('…') === true)
      found('is a cut banner', row);
    if (isChosenRow(cells, state) && !isFull(cells, state)) found('is not highlighted over its full width', row);
  });

  const plainly = openEmulatedPicture(state.size, { NO_COLOR: '1' });
  await plainly.show(state);
  lines.forEach((line, row) => {
    const cells = plainly.emulator.cells(row);
    if (plainly.emulator.lines()[row] !== line) found('is another text with NO_COLOR', row);
    if (cells.some(({ colour, background }) => colour !== undefined || background !== undefined))
      found('has colours with NO_COLOR', row);
    if (isChosenRow(cells, state) && !isFull(cells, state)) found('is not highlighted with NO_COLOR', row);
  });
  return faults;
}

function isChosenRow(cells: readonly Cell[], state: State): boolean {
  return topScreen(state) === undefined && cells[0]?.text === '›' && openPane(state)?.list !== undefined;
}

function longestColoured(cells: readonly Cell[]): number {
  let longest = 0;
  let length = 0;
  for (const [at, { colour, inverse }] of cells.entries()) {
    const goesOn = colour !== undefined && !inverse && colour === cells[at - 1]?.colour;
    length = goesOn ? length + 1 : 1;
    if (colour !== undefined && !inverse) longest = Math.max(longest, length);
  }
  return longest;
}

function unreadable({ text, colour, background, bold, inverse }: Cell): string[] {
  if (background !== undefined) return ['has a ground of its own'];
  // White on yellow or cyan, where the ground is light.
  if (inverse && (colour === 3 || colour === 6)) return [`has a ground of the colour ${String(colour)}`];
  if (colour !== undefined && !READABLE.some((each) => each === colour)) return [`has the colour ${String(colour)}`];
  // Many terminals show bold yellow as bright yellow.
  return bold && colour === 3 && text.trim() !== '' ? ['has bold yellow'] : [];
}

/** The row under the cursor: to the scroll bar, or to what stands beside the list. */
function isFull(cells: readonly Cell[], { size }: State): boolean {
  const end = cells.findIndex(({ inverse }) => !inverse);
  const gap = cells.findIndex(({ text }, at) => at > 0 && (text === '│' || text === '┃'));
  const edge = gap === -1 ? size.columns : gap;
  return end === -1 || end >= Math.min(edge, size.columns) - 2;
}

/** The last line of a body that does not say that lines follow which have no room. */
function overflowing(state: State, lines: readonly string[]): number[] {
  const top = topScreen(state);
  if (top === undefined) return [];
  const { length } = top.kind.lines(top.content, state, createTuiPaint(PLAIN, {}));
  const last = bodyHeight(state);
  const isAtEnd = top.kind.scrolls === true && length - top.top <= last;
  return length > last && !isAtEnd && lines[last]?.startsWith('…') !== true ? [last] : [];
}

/** Lines that end at the edge, and go on where there is more room. */
function cutOff(state: State, lines: readonly string[]): number[] {
  const { columns, rows } = state.size;
  const wide = screenLines({ ...state, size: { columns: columns * WIDER, rows } }, createTuiPaint(PLAIN, {})).map(
    (line) => stripVTControlCharacters(line),
  );
  return lines.flatMap((line, row) => {
    if (displayWidth(line) < columns || ENDS.test(line)) return [];
    const more = wide.find((each) => each.startsWith(line));
    // A space: the words that follow stand in the next line, or are another part.
    return more !== undefined && /^\S/.test(more.slice(line.length)) ? [row] : [];
  });
}

const NUMBER = /(?<=^| {2})[\d,]+(?:\.\d+)?(?: (?:ms|s|B|KB|MB))?(?= {2}|$)/g;

/** Rows whose number stands below or above another one that ends elsewhere. */
function uneven(lines: readonly string[]): number[] {
  // What stands beside a list is no row of it.
  const places = lines.map((line) =>
    [...(line.split(' │ ')[0] ?? '').matchAll(NUMBER)].map(
      ({ index, 0: { length } }) => [index, index + length] as const,
    ),
  );
  return places.flatMap((row, at) => {
    const next = places[at + 1] ?? [];
    const isOff = row.some(([from, to]) => next.some(([start, end]) => start < to && from < end && to !== end));
    return isOff ? [at] : [];
  });
}
