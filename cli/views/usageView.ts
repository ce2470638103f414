import { ERROR_KINDS } from '../../src/usage/errorKind.ts';
import type { UsageDimension, UsageRow } from '../../src/usage/usageQueries.ts';
import { escape } from '../../src/escape.ts';
import type { Cell, Column } from '../output/table.ts';
import { keyTitleOf, type KeyNames } from './keyView.ts';

interface Part {
  readonly column: Column;
  readonly cell: (row: UsageRow, names: KeyNames) => Cell;
}

const DIMENSIONS: Readonly<Record<UsageDimension, Part>> = {
  hour: {
    column: { title: 'HOUR (UTC)', min: 13, ellipsis: '' },
    cell: ({ time }) => ({ text: time === undefined ? '' : `${time.toISOString().slice(0, 13).replace('T', ' ')}:00` }),
  },
  day: {
    column: { title: 'DAY (UTC)', min: 10, ellipsis: '' },
    cell: ({ time }) => ({ text: time?.toISOString().slice(0, 10) ?? '' }),
  },
  key: {
    column: { title: 'KEY', min: 8 },
    cell: ({ keyId = '' }, names) => ({ text: keyTitleOf(keyId, names), style: 'bold' }),
  },
  server: { column: { title: 'SERVER', min: 6 }, cell: ({ server = '' }) => ({ text: escape(server) }) },
  tool: {
    column: { title: 'TOOL', min: 6 },
    cell: ({ tool, method = '' }) =>
      tool === undefined ? { text: escape(method), style: 'dim' } : { text: escape(tool) },
  },
};

const FIGURES: readonly Part[] = [
  { column: { title: 'CALLS' }, cell: ({ calls }) => ({ text: figure(calls) }) },
  {
    column: { title: 'FAILED' },
    cell: ({ failed }) => (failed === 0 ? { text: '–' } : { text: figure(failed), style: 'red' }),
  },
  { column: { title: 'P50 MS', drop: 3 }, cell: ({ latency }) => ({ text: duration(latency?.p50) }) },
  { column: { title: 'P95 MS', drop: 2 }, cell: ({ latency }) => ({ text: duration(latency?.p95) }) },
  { column: { title: 'P99 MS', drop: 4 }, cell: ({ latency }) => ({ text: duration(latency?.p99) }) },
  { column: { title: 'IN', drop: 6 }, cell: ({ bytesIn }) => ({ text: size(bytesIn) }) },
  { column: { title: 'OUT', drop: 5 }, cell: ({ bytesOut }) => ({ text: size(bytesOut) }) },
];

/** Titles of the dimensions, in one order whatever the order of the options, and of the figures. */
export function usageColumns(groupBy: readonly UsageDimension[]): Column[] {
  return partsOf(groupBy).map(({ column }) => column);
}

/** Lays out one row. */
export function usageCells(row: UsageRow, groupBy: readonly UsageDimension[], names: KeyNames): Cell[] {
  return partsOf(groupBy).map(({ cell }) => cell(row, names));
}

/** Writes the totals, in one line. */
export function usageSummary({ calls, failed, errors, bytesIn, bytesOut }: UsageRow): string {
  const kinds = ERROR_KINDS.filter((kind) => errors[kind] > 0).map((kind) => `${kind} ${figure(errors[kind])}`);
  const detail = kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
  return `In all: ${figure(calls)} calls, ${figure(failed)} failed${detail}, ${size(bytesIn)} in, ${size(bytesOut)} out.`;
}

function partsOf(groupBy: readonly UsageDimension[]): Part[] {
  // An hour names its day, too.
  const isShown = (dimension: UsageDimension) =>
    groupBy.includes(dimension) && !(dimension === 'day' && groupBy.includes('hour'));
  const order: readonly UsageDimension[] = ['hour', 'day', 'key', 'server', 'tool'];
  return [...order.filter(isShown).map((dimension) => DIMENSIONS[dimension]), ...FIGURES];
}

function figure(count: number): string {
  return count.toLocaleString('en');
}

function duration(ms: number | undefined): string {
  return ms === undefined ? '–' : figure(ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms));
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1_000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : figure(Math.round(value))} ${UNITS[power] ?? ''}`;
}
