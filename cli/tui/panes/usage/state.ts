import type { UsageRow } from '../../../../src/usage/usageQueries.ts';
import { START, type Cursor } from '../../frame/lists/cursor.ts';
import type { Slot } from '../../frame/model.ts';

export const USAGE_GROUPS = ['key', 'server', 'tool', 'hour'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
/** Ranges, in hours. */
export const USAGE_RANGES = [1, 24, 168, 720] as const;

/** What is counted. */
export interface UsageQuery {
  readonly group: UsageGroup;
  readonly hours: number;
}

/** A row of usage; keys have names. */
export interface NamedUsage extends UsageRow {
  readonly name: string;
}

export interface UsageState extends UsageQuery, Cursor {
  /** Undefined until they are read. */
  readonly rows: readonly NamedUsage[] | undefined;
}

/** The last day by key. */
export const USAGE: Slot<UsageState> = {
  name: 'usage',
  initial: { ...START, group: 'key', hours: 24, rows: undefined },
};
