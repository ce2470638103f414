import { layOutTable, type Cell, type Column } from '../../../output/table.ts';
import { displayWidth, pad } from '../../../output/width.ts';
import type { TuiPaint } from '../text/style.ts';

export interface Rows {
  readonly columns: readonly Column[];
  /** Undefined: not read yet. */
  readonly cells: readonly (readonly Cell[] | undefined)[];
  /** The row under the cursor. */
  readonly chosen: number;
  /** Stands at the end of the header, where there is room. */
  readonly aside: string;
  readonly width: number;
  /** A row as long as rows usually are, so that columns don't move while one scrolls. */
  readonly typical?: readonly string[];
}

/** Writes a table with a cursor: the row is marked, and inverse where there are colours. */
export function rowLines({ columns, cells, chosen, aside, width, typical }: Rows, paint: TuiPaint): string[] {
  const usual = typical === undefined ? [] : [typical.map((text) => ({ text }))];
  const known = [...usual, ...cells.filter((each) => each !== undefined)];
  const inner = Math.max(1, width - 2);
  const painted = layOutTable(columns, known, { width: inner, paint });
  const plainly = layOutTable(columns, known, { width: inner, paint: (_style, text) => text });
  const lines = cells.map((each, at) => {
    const isChosen = at === chosen;
    if (each === undefined) return paint('dim', `${isChosen ? '›' : ' '} …`);
    return isChosen ? paint('inverse', pad(`› ${plainly.row(each)}`, width)) : `  ${painted.row(each)}`;
  });
  const gap = inner - displayWidth(plainly.header) - displayWidth(aside);
  const header = gap < 2 ? painted.header : `${painted.header}${' '.repeat(gap)}${paint('dim', aside)}`;
  return [`  ${header}`, ...lines];
}
