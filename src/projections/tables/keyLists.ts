import { systemClock } from '../../clock.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { credentialsOf, keyFromRow, type ApiKeyRow, type CredentialRow, type RawKey } from './apiKeys.ts';
import { rolesOfKey } from './keyRoles.ts';
import { filterJson, type KeyFilter, type KeySort } from './keyFilter.ts';
import { faultFrom } from './streamFault.ts';

// Lists of the table api_keys.

/** A page of keys, the oldest first; `after` is the last one of the page before. */
export interface KeyPage extends KeyFilter {
  readonly after?: { readonly createdAt: Date; readonly id: string } | undefined;
  readonly limit: number;
}

/** Lists keys by age. */
export async function listKeys(db: Queryable, { after, limit, ...filter }: KeyPage): Promise<ApiKeyRow[]> {
  const afterTime = after?.createdAt ?? null;
  const afterId = after?.id ?? null;
  const rows = await db.query<RawKey>(sql`
    select id, name, description, owner, tags, status, scopes, grants, coalesce(roles_of_key(roles), '[]') as roles, limits, networks, expires_at as "expiresAt", rotated_from as "rotatedFrom",
      successor_id as "successorId", valid_until as "validUntil", coalesce(sealed, 'null') as sealed, credentials, created_at as "createdAt",
      created_by as "createdBy", updated_at as "updatedAt", revision,
      stream_fault('apiKey-' || id, revision)::text as fault
    from api_keys
    where id in (select id from keys_that_fit(${filterJson(filter, systemClock())}::jsonb))
      and (${afterTime}::timestamptz is null or (created_at, id) > (${afterTime}::timestamptz, ${afterId}::uuid))
    order by created_at, id limit ${limit}`);
  return rows.map(keyFromRow);
}

/** A key in a list of another order: `place` is what it is sorted by. */
export interface PlacedKey {
  readonly row: ApiKeyRow;
  readonly place: string;
}

/** A page of keys in any order; `after` is the last one of the page before. */
export interface SortedKeyPage extends KeyFilter {
  readonly sort: KeySort;
  readonly after?: { readonly place: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Lists keys in an order, each page by a look at all that fit. */
export async function listKeysSorted(
  db: Queryable,
  { sort, after, limit, ...filter }: SortedKeyPage,
): Promise<PlacedKey[]> {
  const afterPlace = after?.place ?? null;
  const afterId = after?.id ?? null;
  const rows = await db.query<RawKey & { place: string | null }>(sql`
    select * from (
      select id, name, description, owner, tags, status, scopes, grants, coalesce(roles_of_key(roles), '[]') as roles, limits, networks, expires_at as "expiresAt", rotated_from as "rotatedFrom",
        successor_id as "successorId", valid_until as "validUntil", coalesce(sealed, 'null') as sealed, credentials, created_at as "createdAt",
        created_by as "createdBy", updated_at as "updatedAt", revision,
        stream_fault('apiKey-' || id, revision)::text as fault, api_key_place(k, ${sort}) collate "C" as place
      from api_keys k
      where k.id in (select id from keys_that_fit(${filterJson(filter, systemClock())}::jsonb))
    ) as placed
    where ${afterPlace}::text is null or (place, id) > (${afterPlace}::text, ${afterId}::uuid)
    order by place, id limit ${limit}`);
  return rows.map(({ place, ...row }) => ({ row: keyFromRow(row), place: place ?? '' }));
}

/** What a key has of its own for one server, without the values. */
export type CredentialNames = Omit<CredentialRow, 'sealed'>;

/** A key without what is sealed. */
export type KeyOnScreen = Omit<ApiKeyRow, 'sealed' | 'credentials'> & {
  credentials: readonly CredentialNames[];
};

/** Lists the keys for a screen that shows a part of them, from one place of the list on. @param sort by age: the newest first */
export async function listKeyWindow(
  db: Queryable,
  {
    offset,
    limit,
    sort,
    ...filter
  }: KeyFilter & { readonly offset: number; readonly limit: number; readonly sort: KeySort },
): Promise<KeyOnScreen[]> {
  const rows = await db.query<
    Omit<KeyOnScreen, 'credentials' | 'fault' | 'roles'> & {
      credentials: unknown;
      fault: string | null;
      roles: unknown;
    }
  >(sql`
    select id, name, description, owner, tags, status, scopes, grants, coalesce(roles_of_key(roles), '[]') as roles, limits, networks, expires_at as "expiresAt", rotated_from as "rotatedFrom",
      successor_id as "successorId", valid_until as "validUntil", created_at as "createdAt",
      created_by as "createdBy", updated_at as "updatedAt", revision, credentials,
      stream_fault('apiKey-' || id, revision)::text as fault
    from api_keys k
    where id in (select id from keys_that_fit(${filterJson(filter, systemClock())}::jsonb))
    order by case when ${sort}::text <> 'created' then api_key_place(k, ${sort}) end collate "C",
      created_at desc, id desc offset ${offset} limit ${limit}`);
  return rows.map((row) => ({
    ...row,
    credentials: credentialsOf(row.credentials).map(({ sealed: _sealed, ...names }) => names),
    roles: rolesOfKey(row.roles),
    fault: faultFrom(row.fault),
  }));
}

/** Counts the keys that were not deleted, and those of them that expire within a week. */
export async function keyTotals(
  db: Queryable,
  now: Date,
): Promise<{ readonly keys: number; readonly expiring: number }> {
  const [row] = await db.query<{ keys: string; expiring: string }>(sql`
    select count(*) as keys,
      count(*) filter (where status = 'active' and expires_at > ${now} and expires_at <= ${now}::timestamptz + interval '7 days') as expiring
    from api_keys where status <> 'deleted'`);
  return { keys: Number(row?.keys ?? 0), expiring: Number(row?.expiring ?? 0) };
}

/** Counts the keys that were not deleted by their status at a time. */
export async function countKeysByStatus(db: Queryable, now: Date): Promise<{ status: string; count: number }[]> {
  const rows = await db.query<{ status: string | null; count: string }>(sql`
    select api_key_status_at(k, ${now}::timestamptz)::text as status, count(*) as count
    from api_keys k where status <> 'deleted' group by 1 order by 1`);
  return rows.map(({ status, count }) => ({ status: status ?? '', count: Number(count) }));
}

/** Lists the ids of the keys that a filter means. */
export async function listKeyIds(db: Queryable, filter: KeyFilter): Promise<string[]> {
  const rows = await db.query<{ id: string | null }>(sql`
    select id from keys_that_fit(${filterJson(filter, systemClock())}::jsonb)`);
  return rows.flatMap(({ id }) => id ?? []);
}

/** Counts the keys of the list. */
export async function countKeys(db: Queryable, filter: KeyFilter): Promise<number> {
  const [row] = await db.query<{ count: string }>(sql`
    select count(*) as count from keys_that_fit(${filterJson(filter, systemClock())}::jsonb)`);
  return Number(row?.count ?? 0);
}
