import type { UsageRow } from '../../../../src/usage/usageQueries.ts';
import { START, type Cursor } from '../../frame/lists/cursor.ts';
import type { Slot } from '../../frame/model.ts';

export const USAGE_GROUPS = ['key', 'server', 'tool', 'hour'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
/** How far back calls are counted. */
export const USAGE_RANGES = ['1h', '24h', 'yesterday', '7d', '30d'] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];
export const USAGE_SORTS = ['calls', 'failed', 'slowest', 'bytes'] as const;
export type UsageSort = (typeof USAGE_SORTS)[number];

/** Which calls alone are counted: those of a row that was opened. */
export interface UsageScope {
  /** As in: laptop. */
  readonly name: string;
  readonly keyId?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
}

/** What is counted. */
export interface UsageQuery {
  readonly group: UsageGroup;
  readonly range: UsageRange;
  /** The rows that were opened, one in the other. */
  readonly scopes: readonly UsageScope[];
}

/** A row of usage; keys have names. */
export interface NamedUsage extends UsageRow {
  readonly name: string;
}

export interface UsageState extends UsageQuery, Cursor {
  readonly sort: UsageSort;
  /** How calls were grouped before each row was opened. */
  readonly before: readonly UsageGroup[];
  /** Undefined until they are read. */
  readonly rows: readonly NamedUsage[] | undefined;
  /** Calls over the range, in parts of the same length, the oldest first. */
  readonly trend: readonly number[];
}

/** The last day by key. */
export const USAGE: Slot<UsageState> = {
  name: 'usage',
  initial: { ...START, group: 'key', range: '24h', scopes: [], before: [], sort: 'calls', rows: undefined, trend: [] },
};

const DAY_MS = 86_400_000;
const LENGTHS = { '1h': DAY_MS / 24, '24h': DAY_MS, '7d': 7 * DAY_MS, '30d': 30 * DAY_MS } as const;

/** From when to when calls are counted. Days are those of UTC, as everywhere on the screen. */
export function spanOfRange(range: UsageRange, nowMs: number): { readonly fromMs: number; readonly toMs: number } {
  if (range !== 'yesterday') return { fromMs: nowMs - LENGTHS[range], toMs: nowMs };
  const toMs = nowMs - (nowMs % DAY_MS);
  return { fromMs: toMs - DAY_MS, toMs };
}

const MEASURES: Readonly<Record<UsageSort, (row: UsageRow) => number>> = {
  calls: ({ calls }) => calls,
  failed: ({ failed }) => failed,
  slowest: ({ latency }) => latency?.p95 ?? 0,
  bytes: ({ bytesIn, bytesOut }) => bytesIn + bytesOut,
};

/** Sorts rows: the most first; hours by calls are in their own order, the latest first. */
export function sortUsage(rows: readonly NamedUsage[], sort: UsageSort, group: UsageGroup): readonly NamedUsage[] {
  if (group === 'hour' && sort === 'calls') {
    return rows.toSorted((a, b) => (b.time?.getTime() ?? 0) - (a.time?.getTime() ?? 0));
  }
  const measure = MEASURES[sort];
  return rows.toSorted((a, b) => measure(b) - measure(a) || b.calls - a.calls);
}
