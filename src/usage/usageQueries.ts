import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import { listIn, numberIn, objectIn } from '../storedJson.ts';
import { filterJson, type KeyFilter } from '../projections/tables/keyFilter.ts';
import type { ErrorKind } from './errorKind.ts';
import { latencyPercentile } from './histogram.ts';

// The queries of the table key_usage; keyUsage.ts fills it.

/** What calls are grouped by. `tool` groups by method, too. Hours and days are in UTC. */
export const USAGE_DIMENSIONS = ['key', 'server', 'tool', 'hour', 'day'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** Which calls are counted. */
export interface UsageFilter {
  /** The hours that begin at or after the one that contains `from`, */
  readonly from: Date;
  /** and before `to`. */
  readonly to: Date;
  readonly keyId?: string | undefined;
  readonly server?: string | undefined;
  readonly tool?: string | undefined;
  /** Only of these keys. */
  readonly keys?: KeyFilter | undefined;
}

/** The time that a look at usage takes in when none is named, in milliseconds: a day. */
export const DEFAULT_USAGE_TIME_MS = 86_400_000;

export interface UsageRequest extends UsageFilter {
  /** None: one row with the total. */
  readonly groupBy: readonly UsageDimension[];
  /** (Default: 10_000) */
  readonly limit?: number;
}

/** The calls of one group. A member by which they are not grouped is undefined. */
export interface UsageRow {
  readonly keyId: string | undefined;
  readonly server: string | undefined;
  /** `tools/call` for a tool call. */
  readonly method: string | undefined;
  /** Undefined for other methods than `tools/call`, too. */
  readonly tool: string | undefined;
  /** The beginning of the hour or day. */
  readonly time: Date | undefined;
  readonly calls: number;
  readonly failed: number;
  readonly errors: Readonly<Record<ErrorKind, number>>;
  /** Failed calls, by the code of what ended them. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds, estimated from a histogram; undefined when nothing but streams was counted. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | undefined;
  readonly lastUsedAt: Date | undefined;
}

/** A row of the query. */
interface Raw {
  keyId: string | null;
  server: string | null;
  method: string | null;
  tool: string | null;
  time: Date | null;
  calls: number;
  client: number;
  timeout: number;
  upstream: number;
  cut: number;
  answer: number;
  refused: number;
  /** Of each row that has any. */
  outcomes: unknown[];
  bytesIn: number;
  bytesOut: number;
  latency: unknown;
  lastUsedAt: Date | null;
}

/** Counts calls, in the order of time, key, server, method and tool. A group without calls has no row, except the total. */
export async function usageOf(db: Queryable, request: UsageRequest): Promise<UsageRow[]> {
  const { from, to, groupBy, keyId = null, server = null, tool = null, limit = 10_000 } = request;
  const keys = request.keys === undefined ? null : filterJson(request.keys, to.getTime());
  const by = (dimension: UsageDimension) => groupBy.includes(dimension);
  const unit = by('hour') ? 'hour' : by('day') ? 'day' : null;
  const [byKey, byServer, byTool] = [by('key'), by('server'), by('tool')];
  const rows = await db.query<Raw>(sql`
    select
      case when ${unit}::text is not null then date_trunc(${unit}::text, hour, 'UTC')::timestamptz end as time,
      case when ${byKey}::boolean then key_id end as "keyId",
      case when ${byServer}::boolean then server end as server,
      case when ${byTool}::boolean then method end as method,
      case when ${byTool}::boolean then nullif(tool, '')::text end as tool,
      coalesce(sum(calls), 0)::float8 as calls,
      coalesce(sum(errors_client), 0)::float8 as client,
      coalesce(sum(errors_timeout), 0)::float8 as timeout,
      coalesce(sum(errors_upstream), 0)::float8 as upstream,
      coalesce(sum(errors_cut), 0)::float8 as cut,
      coalesce(sum(errors_answer), 0)::float8 as answer,
      coalesce(sum(errors_refused), 0)::float8 as refused,
      coalesce(jsonb_agg(outcomes) filter (where outcomes <> '{}'::jsonb), '[]') as outcomes,
      coalesce(sum(bytes_in), 0)::float8 as "bytesIn",
      coalesce(sum(bytes_out), 0)::float8 as "bytesOut",
      coalesce(jsonb_build_array(
        coalesce(sum(latency[1]), 0), sum(latency[2]), sum(latency[3]), sum(latency[4]), sum(latency[5]),
        sum(latency[6]), sum(latency[7]), sum(latency[8]), sum(latency[9]), sum(latency[10]), sum(latency[11]),
        sum(latency[12]), sum(latency[13]), sum(latency[14]), sum(latency[15]), sum(latency[16])
      ), 'null') as latency,
      max(last_used_at) as "lastUsedAt"
    from key_usage
    where hour >= date_trunc('hour', ${from}::timestamptz, 'UTC') and hour < ${to}::timestamptz
      and (${keyId}::uuid is null or key_id = ${keyId}::uuid)
      and (${server}::text is null or server = ${server}::text)
      and (${tool}::text is null or tool = ${tool}::text)
      and (${keys}::jsonb is null or key_id in (select id from keys_that_fit(${keys}::jsonb)))
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
    limit ${limit}`);
  return groupBy.length === 0 && rows.length === 0 ? [NOTHING] : rows.map(fromRaw);
}

/** Finds when keys were last used, as far back as usage is kept. A key without calls has no entry. */
export async function lastUsed(db: Queryable, keyIds: readonly string[]): Promise<Map<string, Date>> {
  const rows = await db.query<{ keyId: string | null; at: Date | null }>(sql`
    select k.id as "keyId",
      (select max(u.last_used_at) from key_usage u where u.key_id = k.id and u.hour =
        (select max(h.hour) from key_usage h where h.key_id = k.id)) as at
    from unnest(${keyIds}::uuid[]) as k (id)`);
  return new Map(rows.flatMap(({ keyId, at }) => (keyId === null || at === null ? [] : [[keyId, at] as const])));
}

/** Counts the keys that had a call since a time. */
export async function countUsedKeys(db: Queryable, since: Date): Promise<number> {
  const [row] = await db.query<{ count: string }>(sql`
    select count(distinct key_id) as count from key_usage
    where hour >= ${since}::timestamptz - interval '1 hour' and last_used_at >= ${since}`);
  return Number(row?.count ?? 0);
}

/**
 * Counts the calls of keys in the last hour: 12 numbers for 5 minutes each, the oldest first; the last one is for the
 * 5 minutes under way at `now`. A key without calls has no entry.
 */
export async function recentCalls(db: Queryable, keyIds: readonly string[], now: Date): Promise<Map<string, number[]>> {
  const rows = await db.query<{ keyId: string; ago: number | null; calls: number | null }>(sql`
    select r."keyId", r.ago::integer as ago, sum(r.calls)::float8 as calls
    from (
      select u.key_id as "keyId", s.calls, floor(extract(epoch from ${now}::timestamptz) / 300)
        - (extract(epoch from u.hour) / 300 + s.at - 1) as ago
      from key_usage u cross join lateral unnest(u.slots) with ordinality as s (calls, at)
      where u.key_id = any(${keyIds}::uuid[]) and u.hour > ${now}::timestamptz - interval '2 hours' and s.calls > 0
    ) as r
    where r.ago between 0 and 11
    group by 1, 2`);
  const found = new Map<string, number[]>();
  for (const { keyId, ago, calls } of rows) {
    let slots = found.get(keyId);
    if (slots === undefined) found.set(keyId, (slots = new Array<number>(12).fill(0)));
    slots[11 - (ago ?? 0)] = calls ?? 0;
  }
  return found;
}

const NOTHING: UsageRow = fromRaw({
  keyId: null,
  server: null,
  method: null,
  tool: null,
  time: null,
  calls: 0,
  client: 0,
  timeout: 0,
  upstream: 0,
  cut: 0,
  answer: 0,
  refused: 0,
  outcomes: [],
  bytesIn: 0,
  bytesOut: 0,
  latency: [],
  lastUsedAt: null,
});

function fromRaw(raw: Raw): UsageRow {
  const { client, timeout, upstream, cut, answer, refused } = raw;
  const buckets = listIn(raw.latency).map(numberIn);
  const at = (share: number) => latencyPercentile(buckets, share);
  const [p50, p95, p99] = [at(0.5), at(0.95), at(0.99)];
  return {
    keyId: raw.keyId ?? undefined,
    server: raw.server ?? undefined,
    method: raw.method ?? undefined,
    tool: raw.tool ?? undefined,
    time: raw.time ?? undefined,
    calls: raw.calls,
    failed: client + timeout + upstream + cut + answer + refused,
    errors: { client, timeout, upstream, cut, answer, refused },
    outcomes: sumOf(listIn(raw.outcomes)),
    bytesIn: raw.bytesIn,
    bytesOut: raw.bytesOut,
    latency: p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 },
    lastUsedAt: raw.lastUsedAt ?? undefined,
  };
}

/** Adds counts by their codes; the order is that of the codes. */
function sumOf(rows: readonly unknown[]): Record<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows)
    for (const [code, calls] of Object.entries(objectIn(row))) sums.set(code, (sums.get(code) ?? 0) + numberIn(calls));
  return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}
