import { layOutTable, type Cell, type Column } from '../../output/table.ts';
import { pad, truncate } from '../../output/width.ts';
import { listHeight, type State } from '../state/state.ts';
import { rowAt, type Window } from '../state/window.ts';
import type { TuiPaint } from '../style.ts';

export interface ListView<Row> {
  readonly window: Window<Row>;
  readonly columns: readonly Column[];
  readonly cellsOf: (row: Row) => readonly Cell[];
  /** Said instead of rows. */
  readonly empty: readonly string[];
  readonly what: string;
}

/** Writes the part of a list that fits the screen, under its header. */
export function listLines<Row>(state: State, paint: TuiPaint, view: ListView<Row>): string[] {
  const { window, columns, cellsOf } = view;
  const width = Math.max(1, state.size.columns - 2);
  if (window.total === undefined) return [paint('dim', `Reading the ${view.what} …`)];
  if (window.total === 0) {
    return window.filter === '' ? view.empty.map((text) => truncate(text, state.size.columns)) : [nothing(state, view)];
  }
  const height = Math.min(listHeight(state), window.total - window.top);
  const rows = Array.from({ length: height }, (_, at) => rowAt(window, window.top + at));
  const cells = rows.map((row) => (row === undefined ? undefined : cellsOf(row)));
  const known = cells.filter((each) => each !== undefined);
  const painted = layOutTable(columns, known, { width, paint });
  const unpainted = layOutTable(columns, known, { width, paint: (_style, text) => text });
  const count = window.filter === '' ? `${window.total}` : `${window.total} match “${window.filter}”`;
  const lines = cells.map((each, at) => {
    const isChosen = window.top + at === window.cursor;
    if (each === undefined) return paint('dim', `${isChosen ? '›' : ' '} …`);
    if (!isChosen) return `  ${painted.row(each)}`;
    return paint('inverse', pad(`› ${unpainted.row(each)}`, state.size.columns));
  });
  return [header(painted.header, unpainted.header, count, state, paint), ...lines];
}

/** The titles of the columns; at the end, where there is room, the count. */
function header(painted: string, text: string, count: string, { size }: State, paint: TuiPaint): string {
  const gap = size.columns - 2 - text.length - count.length;
  return gap < 2 ? `  ${painted}` : `  ${painted}${' '.repeat(gap)}${paint('dim', count)}`;
}

function nothing<Row>({ size }: State, { window, what }: ListView<Row>): string {
  return truncate(`No ${what} match “${window.filter}”. Esc shows all.`, size.columns);
}
