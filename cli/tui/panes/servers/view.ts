import { escape } from '../../../../src/escape.ts';
import type { Cell, Column } from '../../../output/table.ts';
import type { ServerOnScreen } from '../../../../src/projections/tables/mcpServers.ts';
import { waitingCount } from '../../../views/waitingTools.ts';
import { serverAddress } from '../../../views/serverView.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { windowLines } from '../../frame/lists/windowLines.ts';
import type { State } from '../../frame/model.ts';
import { slotOf } from '../../frame/state.ts';
import type { Findings } from './findings.ts';
import { SERVERS } from './state.ts';

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 16 },
  { title: 'STATUS' },
  { title: 'HEALTH', drop: 1 },
  { title: 'TOOLS', align: 'right', drop: 2 },
  { title: 'LATENCY', align: 'right', drop: 3 },
  { title: 'ERA', drop: 5 },
  { title: 'TRANSPORT', drop: 6 },
  { title: 'ADDRESS', min: 16, drop: 4 },
];

/** Writes the list of servers, with what their last tests have found out. */
export function serversLines(state: State, paint: TuiPaint): string[] {
  const { list, findings, waiting } = slotOf(state, SERVERS);
  // A column of its own only where there is something in it.
  const marks = waiting.size > 0;
  return windowLines(state, paint, {
    window: list,
    columns: marks ? COLUMNS.toSpliced(2, 0, { title: 'TOOLS WAIT' }) : COLUMNS,
    cellsOf: (row) => [
      { text: escape(row.name) },
      row.fault !== null
        ? { text: row.fault, style: 'red' }
        : row.status === 'enabled'
          ? { text: 'enabled' }
          : { text: 'disabled', style: 'dim' },
      ...(marks ? [waitingCell(row, waiting.get(row.name))] : []),
      ...findingCells(findings.get(row.name)),
      { text: row.transport },
      { text: serverAddress(row) },
    ],
    empty: 'There are no servers yet. c adds one.',
    what: 'servers',
    typical: ['n'.repeat(16), 'disabled', ...(marks ? [''] : []), '✓ answers', '', '999.9 ms', 'modern', '', ''],
  });
}

function waitingCell({ onToolChange }: ServerOnScreen, count: number | undefined): Cell {
  return count === undefined ? { text: '–' } : { text: waitingCount(onToolChange, count), style: 'yellow' };
}

function findingCells(found: Findings | undefined): Cell[] {
  if (found === undefined) return [{ text: 'untested', style: 'dim' }, { text: '–' }, { text: '–' }, { text: '–' }];
  if (!found.ok) return [{ text: '✗ fails', style: 'red' }, { text: '–' }, { text: '–' }, { text: '–' }];
  return [
    { text: '✓ answers', style: 'green' },
    { text: String(found.tools) },
    { text: `${found.latencyMs} ms` },
    { text: found.era },
  ];
}
