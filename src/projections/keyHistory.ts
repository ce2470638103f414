import { apiKeyEvents, type ApiKeyEvent } from '../events/apiKey.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import { handlerOfAll, type Projection } from './projection.ts';
import { keyIdOf } from './streamName.ts';

// The table key_history: the audit trail of keys, one row per event, without its secrets.

export interface KeyHistoryRow {
  keyId: string;
  revision: number;
  /** A bigint, as text. */
  position: string;
  type: string;
  at: Date;
  actor: string;
  correlationId: string;
  data: unknown;
}

export const keyHistory: Projection = {
  name: 'key_history',
  version: 1,
  on: handlerOfAll(apiKeyEvents, (tx, events) => {
    const rows = events.map(({ stream, revision, position, metadata: { at, actor, correlationId }, ...event }) => ({
      keyId: keyIdOf(stream),
      revision,
      position: String(position),
      type: event.type,
      at,
      actor,
      correlationId,
      data: withoutSecrets(event),
    }));
    return tx.query(sql`
      insert into key_history (key_id, revision, position, type, at, actor, correlation_id, data)
      select e."keyId", e.revision, e.position, e.type, e.at, e.actor, e."correlationId", e.data
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (
        "keyId" uuid, revision integer, position bigint, type text, at timestamptz, actor text,
        "correlationId" text, data jsonb)
      on conflict (key_id, revision) do nothing`);
  }),
  reset: (tx) => tx.query(sql`delete from key_history`),
};

function withoutSecrets(event: ApiKeyEvent): object {
  if (event.type !== 'ApiKeyCreated') return event.data;
  const { sealed: _sealed, ...data } = event.data;
  return data;
}

/** Lists a key's history, the oldest first, from the revision after `after` on. */
export async function listKeyHistory(
  db: Queryable,
  keyId: string,
  { after, limit }: { readonly after?: number | undefined; readonly limit: number },
): Promise<KeyHistoryRow[]> {
  return db.query<KeyHistoryRow>(sql`
    select key_id as "keyId", revision, position, type, at, actor, correlation_id as "correlationId", data
    from key_history where key_id = ${keyId}::uuid and revision > ${after ?? -1} order by revision limit ${limit}`);
}
