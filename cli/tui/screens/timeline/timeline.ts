import type { CatalogueThen } from '../../../../src/audit/catalogueHistory.ts';
import type { AuditEventRow } from '../../../../src/projections/tables/auditEvents.ts';
import type { RoleThen } from '../../../../src/audit/rolesThen.ts';
import type { ApiKeyRow } from '../../../../src/projections/tables/apiKeys.ts';
import type { McpServerRow } from '../../../../src/projections/tables/mcpServers.ts';
import type { KeyNames } from '../../../views/keyView.ts';
import type { ScreenName } from '../../frame/model.ts';

/** What there was at a moment. */
export type StateAt =
  | { readonly key: ApiKeyRow }
  | { readonly role: RoleThen }
  | { readonly server: McpServerRow; readonly offered: readonly CatalogueThen[] }
  | { readonly nothing: string };

/** The history of one key, role or server, and a moment in it. */
export interface Timeline {
  readonly stream: string;
  /** The oldest first; undefined until they are read. */
  readonly rows: readonly AuditEventRow[] | undefined;
  /** Of the keys in it. */
  readonly names?: KeyNames;
  /** The moment looked at, ms since the epoch; undefined: now. */
  readonly atMs: number | undefined;
  /** Undefined until it is read. */
  readonly stateAt: StateAt | undefined;
}

export const TIMELINE: ScreenName<Timeline> = { name: 'timeline' };

/** Steps of the slider from one end to the other. */
const STEPS = 40;

/** The last event at or before the moment; -1 before the first one. */
export function eventAt({ rows = [], atMs }: Pick<Timeline, 'rows' | 'atMs'>): number {
  if (atMs === undefined) return rows.length - 1;
  return rows.findLastIndex(({ at }) => at.getTime() <= atMs);
}

/** The moments between which the slider moves. */
export function spanOf(
  { rows = [] }: Pick<Timeline, 'rows'>,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const fromMs = rows[0]?.at.getTime() ?? nowMs;
  return { fromMs, toMs: Math.max(nowMs, fromMs + 1) };
}

/** Goes to the next event, or to the one before; beyond the last one is now. */
export function stepByEvent(timeline: Timeline, step: 1 | -1): number | undefined {
  const { rows = [], atMs } = timeline;
  if (step === 1) {
    const next = rows.find(({ at }) => atMs !== undefined && at.getTime() > atMs);
    return next?.at.getTime();
  }
  // From now back to the last event, from an event to the one before.
  const here = atMs ?? Infinity;
  const before = rows.findLast(({ at }) => at.getTime() < here);
  return before?.at.getTime() ?? rows[0]?.at.getTime() ?? atMs;
}

/** Moves the slider by a part of its length. */
export function slide(timeline: Timeline, step: 1 | -1, nowMs: number): number | undefined {
  const { fromMs, toMs } = spanOf(timeline, nowMs);
  const next = (timeline.atMs ?? toMs) + (step * (toMs - fromMs)) / STEPS;
  if (next >= toMs) return undefined;
  return Math.max(fromMs, Math.round(next));
}
