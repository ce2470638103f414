import { escape } from '../../../../src/escape.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { truncate } from '../../../output/width.ts';
import type { State } from '../model.ts';
import { listHeight } from '../state.ts';
import { rowAt, type Window } from './window.ts';
import type { TuiPaint } from '../text/style.ts';
import { rowLines } from './rows.ts';

export interface WindowView<Row> {
  readonly window: Window<Row>;
  readonly columns: readonly Column[];
  readonly cellsOf: (row: Row) => readonly Cell[];
  /** Stands instead of rows. */
  readonly empty: string;
  readonly what: string;
  readonly typical: readonly string[];
}

/** Writes the part of a list that fits the screen, under its header. */
export function windowLines<Row>(state: State, paint: TuiPaint, view: WindowView<Row>): string[] {
  const { window, columns, cellsOf, empty, what, typical } = view;
  const { total, filter, top, cursor } = window;
  const width = state.size.columns;
  const shownFilter = escape(filter);
  if (total === undefined) return [paint('dim', `Reading the ${what} …`)];
  if (total === 0)
    return [truncate(filter === '' ? empty : `No ${what} match “${shownFilter}”. Esc shows all.`, width)];
  const height = Math.min(listHeight(state), total - top);
  const cells = Array.from({ length: height }, (_, at) => {
    const row = rowAt(window, top + at);
    return row === undefined ? undefined : cellsOf(row);
  });
  const place = `${(cursor + 1).toLocaleString('en')} of ${total.toLocaleString('en')}`;
  const aside = filter === '' ? place : `${place} with “${shownFilter}”`;
  return rowLines({ columns, cells, chosen: cursor - top, part: { top, total }, aside, width, typical }, paint);
}
