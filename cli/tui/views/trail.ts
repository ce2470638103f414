import { TRAIL_COLUMNS, trailCells } from '../../auditView.ts';
import { escape } from '../../escape.ts';
import { truncate } from '../../output/width.ts';
import { listHeight, type State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { rowLines } from './rows.ts';

/** Writes the audit trail, the newest first. */
export function trailLines(state: State, paint: TuiPaint): string[] {
  const { rows, at, top, next, filter } = state.trail;
  const { columns } = state.size;
  if (rows === undefined) return [paint('dim', 'Reading the audit trail …')];
  if (rows.length === 0) {
    const nothing =
      filter === '' ? 'Nothing has happened yet.' : `Nothing in the trail has “${escape(filter)}”. Esc shows all.`;
    return [truncate(nothing, columns)];
  }
  const cells = rows.slice(top, top + listHeight(state)).map((row) => trailCells(row));
  const aside = `${at + 1} of ${rows.length}${next === undefined ? '' : '+'}`;
  return rowLines({ columns: TRAIL_COLUMNS, cells, chosen: at - top, aside, width: columns }, paint);
}
