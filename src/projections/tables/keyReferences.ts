import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { keyFromRow, type ApiKeyRow, type RawKey } from './apiKeys.ts';

// Which keys a person means who has typed a name, or a part of an id.

/** Where an id may lie, and how it may end. */
export interface IdPart {
  /** UUIDs, both included. */
  readonly from: string;
  readonly to: string;
  /** Its last hexadecimal digits; undefined: only the range counts. */
  readonly end: string | undefined;
}

/** Digits of an id that mean a key at least: fewer are looked for in names alone, which may be `ab`, too. */
const MIN_DIGITS = 4;

/** Reads the beginning or the end of an id: hexadecimal digits, dashes optional. @returns undefined when it is none */
export function idPart(text: string): IdPart | undefined {
  const hex = text.replaceAll('-', '').toLowerCase();
  if (hex.length < MIN_DIGITS || !/^[0-9a-f]{1,32}$/.test(hex)) return undefined;
  return { from: hex.padEnd(32, '0'), to: hex.padEnd(32, 'f'), end: hex };
}

/** Finds the keys with a part of their id, deleted ones included. */
export async function findKeysByIdPart(
  db: Queryable,
  { from, to, end = '' }: IdPart,
  limit: number,
): Promise<ApiKeyRow[]> {
  const rows = await db.query<RawKey>(sql`
    select id, name, description, owner, tags, status, scopes, grants, coalesce(roles_of_key(roles), '[]') as roles, limits, networks, expires_at as "expiresAt", rotated_from as "rotatedFrom",
      successor_id as "successorId", valid_until as "validUntil", coalesce(sealed, 'null') as sealed, credentials, created_at as "createdAt",
      created_by as "createdBy", updated_at as "updatedAt", revision,
      stream_fault('apiKey-' || id, revision)::text as fault
    from api_keys
    where id between ${from}::uuid and ${to}::uuid
      or (${end}::text <> '' and right(replace(id::text, '-', ''), length(${end}::text)) = ${end}::text)
    order by id limit ${limit}`);
  return rows.map(keyFromRow);
}

/**
 * Finds the keys of a name that are as alive as any of them: those that may work before rotated and expired ones, and
 * these before deleted ones. So a name means the successor of a rotated key, and a deleted key as long as nobody else has it.
 * @param now ms since the epoch
 */
export async function findKeysByName(db: Queryable, name: string, now: number, limit: number): Promise<ApiKeyRow[]> {
  const rows = await db.query<RawKey>(sql`
    with named as (
      select k.*, case
          when status = 'deleted' then 2
          when successor_id is not null or expires_at <= ${new Date(now)}::timestamptz then 1
          else 0 end as place
      from api_keys k where name = ${name}
    )
    select id, name, description, owner, tags, status, scopes, grants, coalesce(roles_of_key(roles), '[]') as roles, limits, networks, expires_at as "expiresAt", rotated_from as "rotatedFrom",
      successor_id as "successorId", valid_until as "validUntil", coalesce(sealed, 'null') as sealed, credentials, created_at as "createdAt",
      created_by as "createdBy", updated_at as "updatedAt", revision,
      stream_fault('apiKey-' || id, revision)::text as fault
    from named where place = (select min(place) from named)
    order by created_at, id limit ${limit}`);
  return rows.map(keyFromRow);
}

/** Finds the ids of all keys that have, or had, a name. */
export async function idsOfName(db: Queryable, name: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(sql`select id from api_keys where name = ${name}`);
  return rows.map(({ id }) => id);
}

/** Finds the living keys of a name, the oldest first: those that may work, now or once they are activated. */
export async function livingKeysOfName(db: Queryable, name: string, limit: number): Promise<{ id: string }[]> {
  return db.query<{ id: string }>(sql`
    select id from api_keys
    where name = ${name} and status <> 'deleted' and successor_id is null
    order by created_at, id limit ${limit}`);
}

/** What is offered for a key that is being typed. */
export interface TypedKey {
  id: string;
  name: string;
  status: string;
}

/** Lists the keys whose name, id, or last eight digits of the id begin so: those that may work first, and the newest. */
export async function listKeysTyped(db: Queryable, typed: string, limit: number): Promise<TypedKey[]> {
  return db.query<TypedKey>(sql`
    select id, name, status::text as status from api_keys
    where starts_with(name, ${typed}) or starts_with(id::text, lower(${typed}::text))
      or starts_with(right(id::text, 8), lower(${typed}::text))
    order by status = 'deleted', successor_id is not null, created_at desc, id desc limit ${limit}`);
}
