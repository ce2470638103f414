import { displayWidth, pad, padStart, truncate } from './width.ts';
import type { Paint, Style } from './paint.ts';

export interface Column {
  readonly title: string;
  /** How narrow it may become, in columns of the terminal; absent: it is never cut. */
  readonly min?: number;
  /** Which column goes first when all can't fit: the highest. Absent: this one always stays. */
  readonly drop?: number;
  /** Numbers stand under each other at their ends. (Default: left) */
  readonly align?: 'right';
  /** Stands for what was cut off. (Default: …) */
  readonly ellipsis?: string;
}

/** Escaped text, and its colour. */
export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}

/** Lines of a table with a fixed layout, so that rows can follow one by one. */
export interface Table {
  readonly header: string;
  readonly row: (cells: readonly Cell[]) => string;
}

const GAP = '  ';

/** Lays a table out for a width, by the rows known so far; wider cells that come later are cut. */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): Table {
  const natural = columns.map(({ title }, at) =>
    Math.max(displayWidth(title), ...rows.map((row) => displayWidth(row[at]?.text ?? ''))),
  );
  const shown = chooseColumns(columns, natural, width);
  const widths = shrink(columns, natural, shown, width);

  function line(cells: readonly Cell[]): string {
    return shown
      .map((at, place) => {
        const { text = '', style } = cells[at] ?? {};
        const space = widths[at] ?? 0;
        const fitted = Number.isFinite(width) ? truncate(text, space, columns[at]?.ellipsis) : text;
        const isRight = columns[at]?.align === 'right';
        const padded = isRight ? padStart(fitted, space) : place === shown.length - 1 ? fitted : pad(fitted, space);
        return style === undefined ? padded : paint(style, padded);
      })
      .join(GAP)
      .trimEnd();
  }

  return { header: line(columns.map(({ title }) => ({ text: title, style: 'dim' }))), row: line };
}

/** Leaves out columns, in their order, until the narrowest form of the others fits. */
function chooseColumns(columns: readonly Column[], natural: readonly number[], width: number): number[] {
  const shown = columns.map((_, at) => at);
  const narrowest = (at: number) => Math.min(natural[at] ?? 0, columns[at]?.min ?? Infinity);
  while (total(shown.map(narrowest)) > width) {
    const droppable = shown.filter((at) => columns[at]?.drop !== undefined);
    const first = droppable.toSorted((a, b) => (columns[b]?.drop ?? 0) - (columns[a]?.drop ?? 0))[0];
    if (first === undefined) break;
    shown.splice(shown.indexOf(first), 1);
  }
  return shown;
}

/** Narrows the widest column that may still be narrowed, again and again. */
function shrink(
  columns: readonly Column[],
  natural: readonly number[],
  shown: readonly number[],
  width: number,
): number[] {
  const widths = [...natural];
  const sizeOf = (at: number) => widths[at] ?? 0;
  let excess = total(shown.map(sizeOf)) - width;
  while (excess > 0) {
    const soft = shown.filter((at) => sizeOf(at) > (columns[at]?.min ?? Infinity));
    const widest = soft.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
    if (widest === undefined) break;
    widths[widest] = sizeOf(widest) - 1;
    excess -= 1;
  }
  return widths;
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
}
