import { escape } from '../../../../src/escape.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { withSorted } from '../../frame/lists/sort.ts';
import { bar, sparkline } from '../../frame/text/bars.ts';
import { displayWidth, truncate } from '../../../output/width.ts';
import type { State } from '../../frame/model.ts';
import { slotOf, titledListHeight } from '../../frame/state.ts';
import { USAGE, type NamedUsage, type UsageGroup, type UsageRange, type UsageSort } from './state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { rowLines } from '../../frame/lists/rows.ts';

/** Columns of the longest bar. */
const BAR = 16;

const SORTED: Readonly<Record<UsageSort, string>> = { calls: 'CALLS', failed: 'FAILED', slowest: 'P95', bytes: 'OUT' };

const RANGES: Readonly<Record<UsageRange, string>> = {
  '1h': 'the last hour',
  '24h': 'the last 24 h',
  yesterday: 'yesterday (UTC)',
  '7d': 'the last 7 days',
  '30d': 'the last 30 days',
};

const TITLES: Readonly<Record<UsageGroup, string>> = { key: 'KEY', server: 'SERVER', tool: 'TOOL', hour: 'HOUR' };

/** Writes who used what how much. */
export function usageLines(state: State, paint: TuiPaint): string[] {
  const { group, range, rows, at, top, scopes, sort, trend } = slotOf(state, USAGE);
  const { columns } = state.size;
  const of = scopes.map(({ name }) => ` of ${escape(name)}`).join('');
  const text = truncate(`Calls${of}, ${RANGES[range]}, by ${group}${totalText(rows)}`, columns);
  // While it is counted, the trend is that of what was counted before.
  const line = rows === undefined ? '' : sparkline(trend);
  const room = columns - displayWidth(text) - line.length;
  const title = room < 2 ? paint('bold', text) : `${paint('bold', text)}${' '.repeat(room)}${paint('cyan', line)}`;
  if (rows === undefined) return [title, paint('dim', 'Counting …')];
  if (rows.length === 0) return [title, truncate('There were none. w looks further back.', columns)];
  const most = Math.max(...rows.map(({ calls }) => calls));
  const cells = rows.slice(top, top + titledListHeight(state)).map((row) => usageCells(row, most));
  const layout: readonly Column[] = [
    { title: TITLES[group], min: nameWidth(cells) },
    { title: 'CALLS', align: 'right' },
    { title: ' '.repeat(BAR), drop: 6 },
    { title: 'FAILED', align: 'right' },
    { title: 'P50', align: 'right', drop: 4 },
    { title: 'P95', align: 'right', drop: 2 },
    { title: 'P99', align: 'right', drop: 5 },
    { title: 'IN', align: 'right', drop: 3 },
    { title: 'OUT', align: 'right', drop: 3 },
  ];
  const aside = `${at + 1} of ${rows.length}`;
  return [
    title,
    ...rowLines(
      {
        columns: withSorted(layout, SORTED[sort], '▼'),
        cells,
        chosen: at - top,
        part: { top, total: rows.length },
        aside,
        width: columns,
      },
      paint,
    ),
  ];
}

/** A name is worth more than a figure beside it. */
const MAX_NAME_WIDTH = 32;

function nameWidth(rows: readonly Cell[][]): number {
  const widths = rows.map(([name]) => displayWidth(name?.text ?? ''));
  return Math.min(MAX_NAME_WIDTH, Math.max(12, ...widths));
}

/** All rows together, in the title. */
function totalText(rows: readonly NamedUsage[] | undefined): string {
  if (rows === undefined || rows.length === 0) return '';
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  return `: ${calls.toLocaleString('en')}, ${failed === 0 ? 'none' : failed.toLocaleString('en')} failed`;
}

function usageCells({ name, calls, failed, latency, bytesIn, bytesOut }: NamedUsage, most: number): Cell[] {
  const ms = (value: number | undefined) => ({ text: value === undefined ? '–' : `${Math.round(value)} ms` });
  return [
    { text: escape(name) },
    { text: calls.toLocaleString('en') },
    { text: bar(calls, most, BAR) },
    failed === 0 ? { text: '0' } : { text: failed.toLocaleString('en'), style: 'red' },
    ms(latency?.p50),
    ms(latency?.p95),
    ms(latency?.p99),
    { text: size(bytesIn) },
    { text: size(bytesOut) },
  ];
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const at = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** at;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at] ?? 'B'}`;
}
