import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { findKeysWarnedUntil, noteKeysWarnedUntil } from './installation.ts';

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

/** Of keys that come within so many days of their expiry between two moments. */
export interface ExpirySpan {
  readonly after: Date;
  readonly upTo: Date;
  readonly days: number;
  /** At the end they have more days left than these: fewer are another span. */
  readonly above: number;
}

/** Keys of one statement. */
const PAGE = 1_000;

/** Lists the keys that can be used at the end of a span. */
async function* listExpiringKeys(db: Queryable, { after, upTo, days, above }: ExpirySpan): AsyncGenerator<ExpiringKey> {
  let last: string | null = null;
  for (;;) {
    const rows: { id: string; expiresAt: Date | null }[] = await db.query<{ id: string; expiresAt: Date | null }>(sql`
      select id, expires_at as "expiresAt" from api_keys
      where status = 'active' and expires_at > ${after}::timestamptz + ${days}::integer * interval '1 day'
        and expires_at <= ${upTo}::timestamptz + ${days}::integer * interval '1 day'
        and expires_at > ${upTo}::timestamptz + ${above}::integer * interval '1 day'
        and (${last}::uuid is null or id > ${last}::uuid)
      order by id limit ${PAGE}`);
    for (const { id, expiresAt } of rows) if (expiresAt !== null) yield { id, expiresAt };
    if (rows.length < PAGE) return;
    last = rows.at(-1)?.id ?? null;
  }
}

/** What warnings of expiry go by: the keys of a span, and up to when gateways have looked. */
export function expirySourceIn(db: Queryable) {
  return {
    list: (span: ExpirySpan) => listExpiringKeys(db, span),
    warnedUntil: () => findKeysWarnedUntil(db),
    noteWarnedUntil: (moment: Date) => noteKeysWarnedUntil(db, moment),
  };
}
