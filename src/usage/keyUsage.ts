import type { Database, Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import type { UsageIncrement } from './counters.ts';

// The statements that fill the table key_usage and delete its old rows; usageQueries.ts reads it.

/** Counters to be added together. */
export interface UsageBatch {
  readonly id: string;
  readonly increments: readonly UsageIncrement[];
}

/**
 * Adds a batch in one statement. A batch that was added before changes nothing: its sender may have missed the answer.
 * @throws Unavailable
 */
export async function addUsage(db: Queryable, { id, increments }: UsageBatch): Promise<void> {
  await db.query(sql`
    with batch as (
      insert into key_usage_batches (id) values (${id}::uuid) on conflict do nothing returning 1 as added
    )
    insert into key_usage as u
      (key_id, hour, server, method, tool, calls, errors_client, errors_timeout, errors_upstream, errors_cut,
       errors_answer, errors_refused, outcomes, bytes_in, bytes_out, slots, latency, last_used_at)
    select i."keyId", i.hour, i.server, i.method, i.tool, i.calls, (i.errors ->> 'client')::bigint,
      (i.errors ->> 'timeout')::bigint, (i.errors ->> 'upstream')::bigint, (i.errors ->> 'cut')::bigint,
      (i.errors ->> 'answer')::bigint, (i.errors ->> 'refused')::bigint, i.outcomes, i."bytesIn", i."bytesOut", i.slots, i.latency, i."lastUsedAt"
    from batch cross join jsonb_to_recordset(${JSON.stringify(increments)}::jsonb) as i (
      "keyId" uuid, hour timestamptz, server text, method text, tool text, calls bigint, errors jsonb, outcomes jsonb,
      "bytesIn" bigint, "bytesOut" bigint, slots integer[], latency integer[], "lastUsedAt" timestamptz)
    -- Two gateways lock rows in one order.
    order by i."keyId", i.hour, i.server, i.method, i.tool
    on conflict (key_id, hour, server, method, tool) do update set
      calls = u.calls + excluded.calls,
      errors_client = u.errors_client + excluded.errors_client,
      errors_timeout = u.errors_timeout + excluded.errors_timeout,
      errors_upstream = u.errors_upstream + excluded.errors_upstream,
      errors_cut = u.errors_cut + excluded.errors_cut,
      errors_answer = u.errors_answer + excluded.errors_answer,
      errors_refused = u.errors_refused + excluded.errors_refused,
      outcomes = case when excluded.outcomes = '{}' then u.outcomes else (
        select jsonb_object_agg(o.code, o.calls)
        from (
          select b.code, sum(b.calls::bigint) as calls
          from (
            select code, calls from jsonb_each_text(u.outcomes) as e (code, calls)
            union all
            select code, calls from jsonb_each_text(excluded.outcomes) as e (code, calls)
          ) as b
          group by b.code
        ) as o) end,
      bytes_in = u.bytes_in + excluded.bytes_in,
      bytes_out = u.bytes_out + excluded.bytes_out,
      slots = (
        select array_agg(s.old + s.new order by s.at)
        from unnest(u.slots, excluded.slots) with ordinality as s (old, new, at)),
      latency = (
        select array_agg(l.old + l.new order by l.at)
        from unnest(u.latency, excluded.latency) with ordinality as l (old, new, at)),
      last_used_at = greatest(u.last_used_at, excluded.last_used_at)`);
}

/** Rows that one statement deletes: so few that nothing waits long for its locks. */
const DELETED_AT_ONCE = 5_000;

/** The ids of batches are kept for longer than a gateway sends a batch again. */
const BATCHES_KEPT_DAYS = 2;

/** Names this among advisory locks: "usag" in ASCII. */
const RETENTION_LOCK = 0x75736167;

/**
 * Deletes the hours that ended so many days ago, unless another process is at it. What is deleted is gone, so the database's clock has to
 * agree: one gateway whose clock is wrong deletes nothing. @returns how many rows @throws Unavailable
 */
export async function deleteOldUsage(db: Database, days: number, now: Date): Promise<number> {
  let deleted = 0;
  for (;;) {
    const rows = await db.transaction(async (tx) => {
      const [lock] = await tx.query<{ taken: boolean | null }>(
        sql`select pg_try_advisory_xact_lock(${RETENTION_LOCK}) as taken`,
      );
      if (lock?.taken !== true) return 0;
      const old = await tx.query<{ keyId: string }>(sql`
        delete from key_usage where ctid in (
          select ctid from key_usage where hour < least(${now}::timestamptz, now()) - make_interval(hours => ${days * 24}) limit ${DELETED_AT_ONCE})
        returning key_id as "keyId"`);
      await tx.query(sql`
        delete from key_usage_batches where added_at < now() - make_interval(days => ${BATCHES_KEPT_DAYS})`);
      return old.length;
    });
    deleted += rows;
    if (rows < DELETED_AT_ONCE) return deleted;
  }
}
