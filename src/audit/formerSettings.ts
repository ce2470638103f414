import type { Queryable } from '../postgres/database.ts';
import { listFormerSettings, type AuditEventRow } from '../projections/tables/auditEvents.ts';

/** A row of the trail. One that updates a server has the row that set its settings before. */
export interface TrailRow extends AuditEventRow {
  readonly before?: AuditEventRow;
}

/**
 * Adds to the rows that update servers those that set the settings before.
 * @param newer rows that the table may not have yet, by stream: the last one that set the settings of each
 */
export async function withFormerSettings(
  db: Queryable,
  rows: readonly AuditEventRow[],
  newer: ReadonlyMap<string, AuditEventRow> = new Map(),
): Promise<TrailRow[]> {
  const updates = rows.filter(({ type, stream }) => type === 'McpServerUpdated' && !newer.has(stream));
  const former = updates.length === 0 ? [] : await listFormerSettings(db, updates);
  const found = new Map(former.map(({ of, ...row }) => [`${row.stream} ${String(of)}`, row]));
  return rows.map((row) => {
    if (row.type !== 'McpServerUpdated') return row;
    const before = newer.get(row.stream) ?? found.get(`${row.stream} ${String(row.revision)}`);
    return before === undefined ? row : { ...row, before };
  });
}

/** Checks whether an event has all settings of a server. */
export function hasSettings({ type }: Pick<AuditEventRow, 'type'>): boolean {
  return type === 'McpServerRegistered' || type === 'McpServerUpdated';
}
