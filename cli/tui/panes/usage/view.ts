import { escape } from '../../../../src/escape.ts';
import type { Cell, Column } from '../../../output/table.ts';
import { truncate } from '../../../output/width.ts';
import type { State } from '../../frame/model.ts';
import { slotOf, titledListHeight } from '../../frame/state.ts';
import { USAGE, type NamedUsage, type UsageGroup } from './state.ts';
import type { TuiPaint } from '../../frame/text/style.ts';
import { rowLines } from '../../frame/lists/rows.ts';

const TITLES: Readonly<Record<UsageGroup, string>> = { key: 'KEY', server: 'SERVER', tool: 'TOOL', hour: 'HOUR' };

/** Writes who used what how much. */
export function usageLines(state: State, paint: TuiPaint): string[] {
  const { group, hours, rows, at, top } = slotOf(state, USAGE);
  const { columns } = state.size;
  const range = hours < 48 ? `${hours} h` : `${hours / 24} days`;
  const title = paint('bold', truncate(`Calls of the last ${range}, by ${group}${totalText(rows)}`, columns));
  if (rows === undefined) return [title, paint('dim', 'Counting …')];
  if (rows.length === 0) return [title, truncate('There were none. w looks further back.', columns)];
  const cells = rows.slice(top, top + titledListHeight(state)).map(usageCells);
  const layout: readonly Column[] = [
    { title: TITLES[group], min: 12 },
    { title: 'CALLS', align: 'right' },
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
      { columns: layout, cells, chosen: at - top, part: { top, total: rows.length }, aside, width: columns },
      paint,
    ),
  ];
}

/** All rows together, in the title. */
function totalText(rows: readonly NamedUsage[] | undefined): string {
  if (rows === undefined || rows.length === 0) return '';
  const calls = rows.reduce((sum, row) => sum + row.calls, 0);
  const failed = rows.reduce((sum, row) => sum + row.failed, 0);
  return `: ${calls.toLocaleString('en')}, ${failed === 0 ? 'none' : failed.toLocaleString('en')} failed`;
}

function usageCells({ name, calls, failed, latency, bytesIn, bytesOut }: NamedUsage): Cell[] {
  const ms = (value: number | undefined) => ({ text: value === undefined ? '–' : `${Math.round(value)} ms` });
  return [
    { text: escape(name) },
    { text: calls.toLocaleString('en') },
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
