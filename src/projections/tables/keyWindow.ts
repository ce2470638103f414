import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import type { ApiKeyRow } from './apiKeys.ts';
import { streamFaultSchema } from './streamFault.ts';

// A window on the table api_keys, for screens that show a part of it: by place, the newest first.

/** A key without what is sealed. */
export type KeyOnScreen = Omit<ApiKeyRow, 'sealed'>;

export interface KeyFilter {
  /** In the name, the description or a grant, or the beginning of an id; empty: any. */
  readonly words: string;
  readonly includeDeleted: boolean;
}

/** Lists the keys from one place of the list on. */
export async function listKeyWindow(
  db: Queryable,
  { words, includeDeleted, offset, limit }: KeyFilter & { readonly offset: number; readonly limit: number },
): Promise<KeyOnScreen[]> {
  const rows = await db.query<Omit<KeyOnScreen, 'fault'> & { fault: string | null }>(sql`
    select id, name, description, status, scopes, grants, expires_at as "expiresAt", rotated_from as "rotatedFrom",
      successor_id as "successorId", valid_until as "validUntil", created_at as "createdAt",
      created_by as "createdBy", updated_at as "updatedAt", revision,
      stream_fault('apiKey-' || id, revision)::text as fault
    from api_keys
    where (${includeDeleted}::boolean or status <> 'deleted')
      and (${words} = '' or strpos(lower(name), lower(${words})) > 0
        or strpos(lower(coalesce(description, '')), lower(${words})) > 0
        or strpos(array_to_string(grants, ' '), lower(${words})) > 0 or starts_with(id::text, lower(${words})))
    order by created_at desc, id desc offset ${offset} limit ${limit}`);
  return rows.map((row) => ({ ...row, fault: streamFaultSchema.nullable().parse(row.fault) }));
}

/** Counts the keys of the list. */
export async function countKeys(db: Queryable, { words, includeDeleted }: KeyFilter): Promise<number> {
  const [row] = await db.query<{ count: string }>(sql`
    select count(*) as count from api_keys
    where (${includeDeleted}::boolean or status <> 'deleted')
      and (${words} = '' or strpos(lower(name), lower(${words})) > 0
        or strpos(lower(coalesce(description, '')), lower(${words})) > 0
        or strpos(array_to_string(grants, ' '), lower(${words})) > 0 or starts_with(id::text, lower(${words})))`);
  return Number(row?.count ?? 0);
}

/** Finds the names of keys. */
export async function keyNames(db: Queryable, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ id: string; name: string }>(sql`
    select id, name from api_keys where id = any(${ids}::uuid[])`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
