import type { UsageRow } from '../../../src/usage/usageQueries.ts';
import { START, type Cursor } from './cursor.ts';

export const USAGE_GROUPS = ['key', 'server', 'tool', 'hour'] as const;
export type UsageGroup = (typeof USAGE_GROUPS)[number];
/** Ranges, in hours. */
export const USAGE_RANGES = [1, 24, 168, 720] as const;

/** What the pane asks. */
export interface UsageQuestion {
  readonly group: UsageGroup;
  readonly hours: number;
}

/** A row of usage; keys have names. */
export interface NamedUsage extends UsageRow {
  readonly name: string;
}

export interface UsageRead extends UsageQuestion {
  readonly rows: readonly NamedUsage[];
}

export interface UsagePane extends UsageQuestion, Cursor {
  readonly rows: readonly NamedUsage[] | undefined;
}

/** The last day by key. */
export const FIRST_USAGE: UsagePane = { ...START, group: 'key', hours: 24, rows: undefined };

/** The choice after `now`, round and round. */
export function nextOf<T>(choices: readonly T[], now: T): T {
  const [first] = choices;
  return choices[choices.indexOf(now) + 1] ?? first ?? now;
}
