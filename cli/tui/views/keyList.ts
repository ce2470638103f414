import { escape } from '../../escape.ts';
import { keyStatus, listed } from '../../keyView.ts';
import type { Column } from '../../output/table.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { listLines } from './list.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'STATUS' },
  { title: 'SCOPES', min: 12, drop: 2 },
  { title: 'GRANTS', min: 8, drop: 3 },
  { title: 'EXPIRES', drop: 1 },
];

/** Writes the list of keys. */
export function keyList(state: State, paint: TuiPaint): string[] {
  return listLines(state, paint, {
    window: state.keys,
    columns: COLUMNS,
    cellsOf: (row) => [
      { text: escape(row.name) },
      keyStatus({ ...row, sealed: null }, state.nowMs),
      { text: listed(row.scopes) },
      { text: listed(row.grants) },
      { text: row.expiresAt === null ? 'never' : row.expiresAt.toISOString().slice(0, 10) },
    ],
    empty: ['There are no keys yet. Press c to create one.'],
    what: 'keys',
  });
}
