import { escape } from '../../escape.ts';
import { keyStatus, listed } from '../../keyView.ts';
import type { Column } from '../../output/table.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { ago } from './ago.ts';
import { listLines } from './list.ts';
import { sparkline } from './sparkline.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 24 },
  { title: 'STATUS' },
  { title: 'LAST HOUR', drop: 3 },
  { title: 'LAST USED', drop: 2 },
  { title: 'EXPIRES', drop: 1 },
  { title: 'GRANTS', min: 8, drop: 4 },
  { title: 'SCOPES', min: 12, drop: 5 },
];
const NO_CALLS: readonly number[] = new Array<number>(12).fill(0);

/** Writes the list of keys. */
export function keyList(state: State, paint: TuiPaint): string[] {
  return listLines(state, paint, {
    window: state.keys,
    columns: COLUMNS,
    cellsOf: (row) => {
      const usage = state.keyUsage.get(row.id);
      const calls = usage === undefined || usage.calls.length === 0 ? NO_CALLS : usage.calls;
      return [
        { text: escape(row.name) },
        keyStatus({ ...row, sealed: null }, state.nowMs),
        { text: sparkline(calls) },
        { text: usage === undefined ? '' : ago(usage.lastUsed, state.nowMs) },
        { text: row.expiresAt === null ? 'never' : row.expiresAt.toISOString().slice(0, 10) },
        { text: listed(row.grants) },
        { text: listed(row.scopes) },
      ];
    },
    empty: 'There are no keys yet. c creates one.',
    what: 'keys',
    typical: ['n'.repeat(24), 'inactive', '.'.repeat(12), '59m ago', '2027-01-31', '', ''],
  });
}
