import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// Of the table api_keys: which keys are about to expire.

/** How many keys expire within so long. */
export interface ExpiringKeys {
  readonly day: number;
  /** 7 days, those of the day among them. */
  readonly week: number;
  /** 30 days. */
  readonly month: number;
}

/** Counts the keys that can be used now and expire soon. One that was rotated has a successor, and does not count. */
export async function countExpiringKeys(db: Queryable, now: Date): Promise<ExpiringKeys> {
  const [row] = await db.query<{ day: string; week: string; month: string }>(sql`
    select count(*) filter (where expires_at <= ${now}::timestamptz + interval '1 day') as day,
      count(*) filter (where expires_at <= ${now}::timestamptz + interval '7 days') as week,
      count(*) as month
    from api_keys
    where status = 'active' and expires_at > ${now} and expires_at <= ${now}::timestamptz + interval '30 days'`);
  return { day: Number(row?.day ?? 0), week: Number(row?.week ?? 0), month: Number(row?.month ?? 0) };
}

/** A key that is about to expire. */
export interface ExpiringKey {
  id: string;
  expiresAt: Date;
}

/** Lists the keys that can be used at the end of a time and come within one of so many days of their expiry in it; the first 1,000. */
export async function listExpiringKeys(
  db: Queryable,
  { after, upTo, days }: { readonly after: Date; readonly upTo: Date; readonly days: number },
): Promise<ExpiringKey[]> {
  const rows = await db.query<{ id: string; expiresAt: Date | null }>(sql`
    select id, expires_at as "expiresAt" from api_keys
    where status = 'active' and expires_at > ${after}::timestamptz + ${days}::integer * interval '1 day'
      and expires_at <= ${upTo}::timestamptz + ${days}::integer * interval '1 day'
    order by expires_at limit 1000`);
  return rows.flatMap(({ id, expiresAt }) => (expiresAt === null ? [] : [{ id, expiresAt }]));
}
