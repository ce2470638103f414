import { escape } from '../../escape.ts';
import { serverAddress } from '../../serverView.ts';
import type { Column } from '../../output/table.ts';
import type { State } from '../state/state.ts';
import type { TuiPaint } from '../style.ts';
import { listLines } from './list.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 10 },
  { title: 'STATUS' },
  { title: 'TRANSPORT', drop: 3 },
  { title: 'ADDRESS', min: 16, drop: 2 },
  { title: 'TITLE', min: 8, drop: 4 },
];

/** Writes the list of servers. */
export function serverList(state: State, paint: TuiPaint): string[] {
  return listLines(state, paint, {
    window: state.servers,
    columns: COLUMNS,
    cellsOf: (row) => [
      { text: row.name },
      row.status === 'enabled' ? { text: 'enabled', style: 'green' } : { text: 'disabled', style: 'dim' },
      { text: row.transport },
      { text: serverAddress(row) },
      { text: escape(row.title ?? '') },
    ],
    empty: ['There are no servers yet.'],
    what: 'servers',
  });
}
