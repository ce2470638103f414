import { apiKeyEvents, type ApiKeyEvent } from '../events/apiKey.ts';
import type { Decoded } from '../events/catalogue.ts';
import { mcpServerEvents, type McpServerEvent } from '../events/mcpServer.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import { handlerOfAll, type Projection } from './projection.ts';

// The table audit_events: the audit trail of keys and servers, one row per event, without its secrets.

export interface AuditEventRow {
  stream: string;
  revision: number;
  /** A bigint, as text. */
  position: string;
  id: string;
  type: string;
  at: Date;
  actor: string;
  correlationId: string;
  data: unknown;
}

/** An event as the audit trail shows it: who did what when, and nothing that was sealed. */
export function auditRow(event: Decoded<ApiKeyEvent> | Decoded<McpServerEvent>): AuditEventRow {
  const { stream, revision, position, id, type, metadata } = event;
  const { sealed: _sealed, ...data } = { sealed: undefined, ...event.data };
  const { at, actor, correlationId } = metadata;
  return { stream, revision, position: String(position), id, type, at: new Date(at), actor, correlationId, data };
}

function insert(tx: Queryable, events: readonly (Decoded<ApiKeyEvent> | Decoded<McpServerEvent>)[]): Promise<unknown> {
  return tx.query(sql`
    insert into audit_events (stream, revision, position, id, type, at, actor, correlation_id, data)
    select e.stream, e.revision, e.position, e.id, e.type, e.at, e.actor, e."correlationId", e.data
    from jsonb_to_recordset(${JSON.stringify(events.map(auditRow))}::jsonb) as e (
      stream text, revision integer, position bigint, id uuid, type text, at timestamptz, actor text,
      "correlationId" text, data jsonb)
    on conflict (stream, revision) do nothing`);
}

export const auditEvents: Projection = {
  name: 'audit_events',
  table: true,
  version: 1,
  on: { ...handlerOfAll(apiKeyEvents, insert), ...handlerOfAll(mcpServerEvents, insert) },
};

/** Lists the history of a stream, the oldest first, from the revision after `after` on. */
export async function listStreamHistory(
  db: Queryable,
  stream: string,
  { after, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<AuditEventRow[]> {
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events where stream = ${stream} and revision > ${after ?? -1} order by revision limit ${limit}`);
}

/** Lists the whole trail in position order, from the row after the position `after` on. */
export async function listTrail(
  db: Queryable,
  { after = '-1', limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<AuditEventRow[]> {
  return db.query<AuditEventRow>(sql`
    select stream, revision, position, id, type, at, actor, correlation_id as "correlationId", data
    from audit_events where position > ${after}::bigint order by position limit ${limit}`);
}
