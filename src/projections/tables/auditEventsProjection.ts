import { apiKeyEvents } from '../../events/apiKey.ts';
import { keyRoleEvents } from '../../events/keyRole.ts';
import type { KnownEvent } from '../../events/knownEvent.ts';
import { mcpCatalogueEvents } from '../../events/mcpCatalogue.ts';
import { mcpServerEvents } from '../../events/mcpServer.ts';
import { streamRepairEvents } from '../../events/streamRepair.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import type { AuditEventRow } from './auditEvents.ts';
import { handlerOfAll, type Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table audit_events: the audit trail of keys and servers, one row per event, without its secrets. auditEvents.ts reads it.

/** An event as the audit trail shows it: who did what when, and nothing that was sealed. */
export function auditRow(event: KnownEvent): AuditEventRow {
  const { stream, revision, position, id, type, metadata } = event;
  const { sealed: _sealed, ...data } = { sealed: undefined, ...event.data };
  const { at, actor, correlationId } = metadata;
  return { stream, revision, position: String(position), id, type, at: new Date(at), actor, correlationId, data };
}

function insert(tx: Queryable, events: readonly KnownEvent[]): Promise<unknown> {
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
  version: VERSIONS.audit_events,
  severalOfAStream: true,
  on: {
    ...handlerOfAll(apiKeyEvents, insert),
    ...handlerOfAll(keyRoleEvents, insert),
    ...handlerOfAll(mcpServerEvents, insert),
    ...handlerOfAll(mcpCatalogueEvents, insert),
    ...handlerOfAll(streamRepairEvents, insert),
  },
};
