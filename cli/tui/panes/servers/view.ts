import { escape } from '../../../../src/escape.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { withSorted } from '../../frame/lists/sort.ts';
import type { ServerOnScreen, ServerSort } from '../../../../src/projections/tables/mcpServers.ts';
import type { UsageRow } from '../../../../src/usage/usageQueries.ts';
import { waitingCount } from '../../../views/waitingCount.ts';
import { serverAddress } from '../../../views/serverView.ts';
import { firstSteps } from '../../frame/text/firstSteps.ts';
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

const SORTED: Readonly<Partial<Record<ServerSort, string>>> = {
  name: 'NAME',
  status: 'STATUS',
  transport: 'TRANSPORT',
};

/** Writes the list of servers, with what their last tests have found out. */
export function serversLines(state: State, paint: TuiPaint): string[] {
  const { list, findings, calls, waiting, sort, marked } = slotOf(state, SERVERS);
  // A column of its own only where there is something in it.
  const marks = waiting.size > 0;
  return windowLines(state, paint, {
    window: list,
    columns: withSorted(marks ? COLUMNS.toSpliced(2, 0, { title: 'TOOLS WAIT' }) : COLUMNS, SORTED[sort]),
    isMarked: ({ name }) => marked.has(name),
    marked: marked.size,
    ...(sort === 'changed' && { order: 'the last changed first' }),
    cellsOf: (row) => [
      { text: escape(row.name) },
      row.fault !== null
        ? { text: row.fault, style: 'red' }
        : row.status === 'enabled'
          ? { text: 'enabled' }
          : { text: 'disabled', style: 'dim' },
      ...(marks ? [waitingCell(row, waiting.get(row.name))] : []),
      ...healthCells(findings.get(row.name), calls.get(row.name)),
      { text: row.transport },
      { text: serverAddress(row) },
    ],
    empty: () => firstSteps('There are no servers yet.', state, paint),
    what: 'servers',
    typical: ['n'.repeat(16), 'disabled', ...(marks ? [''] : []), '✓ answers', '', '999.9 ms', 'modern', '', ''],
  });
}

/** Writes how many servers there are, and how many of them ask for attention. */
export function serversSummary(state: State): string | undefined {
  const { list, calls } = slotOf(state, SERVERS);
  if (list.total === undefined || list.total === 0 || list.filter !== '') return undefined;
  const failing = [...calls.values()].filter(({ errors }) => errors.upstream + errors.timeout > 0).length;
  const count = list.total === 1 ? '1 server' : `${list.total.toLocaleString('en')} servers`;
  return failing === 0 ? count : `${count}, ${failing.toLocaleString('en')} with failed calls in the last hour`;
}

function waitingCell({ onToolChange }: ServerOnScreen, count: number | undefined): Cell {
  return count === undefined ? { text: '–' } : { text: waitingCount(onToolChange, count), style: 'yellow' };
}

/** By a test, until calls have come since. */
function healthCells(found: Findings | undefined, calls: UsageRow | undefined): Cell[] {
  const calledMs = calls?.lastUsedAt?.getTime() ?? 0;
  if (calls === undefined || calls.calls === 0 || (found !== undefined && found.atMs > calledMs))
    return findingCells(found);
  const { upstream, timeout } = calls.errors;
  const failed = upstream + timeout;
  const tools = found?.ok === true ? { text: String(found.tools) } : { text: '–' };
  const latency = calls.latency === undefined ? { text: '–' } : { text: `${String(Math.round(calls.latency.p95))} ms` };
  const era = { text: found?.ok === true ? found.era : '–' };
  const count = calls.calls.toLocaleString('en');
  if (failed === 0) return [{ text: `✓ ${count} calls`, style: 'green' }, tools, latency, era];
  return [{ text: `✗ ${failed.toLocaleString('en')} of ${count} fail`, style: 'red' }, tools, latency, era];
}

function findingCells(found: Findings | undefined): Cell[] {
  if (found === undefined) return [{ text: 'no calls yet', style: 'dim' }, { text: '–' }, { text: '–' }, { text: '–' }];
  if (!found.ok) return [{ text: '✗ fails', style: 'red' }, { text: '–' }, { text: '–' }, { text: '–' }];
  return [
    { text: '✓ answers', style: 'green' },
    { text: String(found.tools) },
    { text: `${found.latencyMs} ms` },
    { text: found.era },
  ];
}
