import { layOutTable, type Cell, type Column } from '../../../output/table.ts';
import { displayWidth, pad, truncate } from '../../../output/width.ts';
import type { TuiPaint } from '../text/style.ts';
import { scrollBar, type Part } from './scrollBar.ts';

export interface Rows {
  readonly columns: readonly Column[];
  /** Undefined: not read yet. */
  readonly cells: readonly (readonly Cell[] | undefined)[];
  /** The row under the cursor. */
  readonly chosen: number;
  /** Which part of the list these rows are. */
  readonly part: Part;
  /** Stands at the end of the header, where there is room. */
  readonly aside: string;
  readonly width: number;
  /** A row as long as rows usually are, so that columns don't move while one scrolls. */
  readonly typical?: readonly string[];
  /** Whether a row is marked, by its place among those shown. (Default: none is) */
  readonly isMarked?: (at: number) => boolean;
}

/** Takes the bold of names away, which tables of commands have: in a list nothing but the row under the cursor stands out. */
export function withoutBold(cells: readonly Cell[]): Cell[] {
  return cells.map((cell) => (cell.style === 'bold' ? { text: cell.text } : cell));
}

/** Writes a table with a cursor: the row is marked, and inverse over the whole width where there are colours. */
export function rowLines(rows: Rows, paint: TuiPaint): string[] {
  const { columns, cells, chosen, part, aside, width, typical, isMarked = () => false } = rows;
  const usual = typical === undefined ? [] : [typical.map((text) => ({ text }))];
  const known = [...usual, ...cells.filter((each) => each !== undefined)];
  const bar = scrollBar(part, cells.length);
  const outer = bar === undefined ? width : width - 2;
  const inner = Math.max(1, outer - 2);
  const painted = layOutTable(columns, known, { width: inner, paint });
  const plainly = layOutTable(columns, known, { width: inner, paint: (_style, text) => text });
  const lines = cells.map((each, at) => {
    const sign = isMarked(at) ? (at === chosen ? '◆' : '●') : at === chosen ? '›' : ' ';
    const plain = `${sign} ${each === undefined ? '…' : plainly.row(each)}`;
    const space = ' '.repeat(Math.max(0, outer - displayWidth(plain)));
    const shown =
      each === undefined ? paint('dim', plain) : `${sign === ' ' ? sign : paint('cyan', sign)} ${painted.row(each)}`;
    const line = at === chosen ? paint('inverse', pad(plain, outer)) : bar === undefined ? shown : shown + space;
    return bar === undefined ? line : `${line} ${bar[at] === '│' ? paint('dim', '│') : (bar[at] ?? '')}`;
  });
  const gap = width - 2 - displayWidth(plainly.header) - displayWidth(aside);
  const room = width - 4 - displayWidth(aside);
  // That all rows are in view is seen.
  const isSeen = bar === undefined && aside === `${chosen + 1} of ${cells.length}`;
  const header =
    gap >= 2
      ? `${painted.header}${' '.repeat(gap)}${paint('dim', aside)}`
      : // Where one is in the list is worth more than the last titles; on a narrow screen the titles are.
        isSeen || room < width / 2
        ? painted.header
        : paint('dim', `${pad(wholeTitles(plainly.header, room), room)}  ${aside}`);
  return [`  ${header}`, ...lines];
}

/** Leaves out the titles that have no room: a part of one says nothing. */
function wholeTitles(header: string, room: number): string {
  if (displayWidth(header) <= room) return header;
  const kept = truncate(header, room, '');
  if (header.startsWith('  ', kept.length)) return kept;
  return kept.slice(0, Math.max(0, kept.lastIndexOf('  ')));
}
