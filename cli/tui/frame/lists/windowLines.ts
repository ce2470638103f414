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
  readonly empty: () => string[];
  readonly what: string;
  readonly typical: readonly string[];
  readonly isMarked: (row: Row) => boolean;
  /** How many are marked, those that the list does not show too. */
  readonly marked: number;
  /** The order, where no column shows it. */
  readonly order?: string;
}

/** Writes the part of a list that fits the screen, under its header. */
export function windowLines<Row>(state: State, paint: TuiPaint, view: WindowView<Row>): string[] {
  const { window, columns, cellsOf, empty, what, typical, isMarked, marked, order } = view;
  const { total, filter, top, cursor } = window;
  const width = state.size.columns;
  const shownFilter = escape(filter);
  if (total === undefined) return [paint('dim', `Reading the ${what} …`)];
  if (total === 0)
    return filter === '' ? empty() : [truncate(`No ${what} match “${shownFilter}”. Esc shows all.`, width)];
  const height = Math.min(listHeight(state), total - top);
  const cells = Array.from({ length: height }, (_, at) => {
    const row = rowAt(window, top + at);
    return row === undefined ? undefined : cellsOf(row);
  });
  const place = `${(cursor + 1).toLocaleString('en')} of ${total.toLocaleString('en')}`;
  const aside = [
    ...(marked === 0 ? [] : [`${marked.toLocaleString('en')} marked`]),
    ...(order === undefined ? [] : [order]),
    filter === '' ? place : `${place} with “${shownFilter}”`,
  ].join(', ');
  const isMarkedAt = (at: number): boolean => {
    const row = rowAt(window, top + at);
    return row !== undefined && isMarked(row);
  };
  return rowLines(
    { isMarked: isMarkedAt, columns, cells, chosen: cursor - top, part: { top, total }, aside, width, typical },
    paint,
  );
}
