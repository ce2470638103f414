import type { Clock } from '../clock.ts';
import { countReplicas } from '../live/replicas.ts';
import type { Database } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import type { RateLimits, UsedBucket } from './rateLimits.ts';

// The table rate_leases: what gateways have taken of limits in advance. Not a projection: gateways write it, and only while several
// of them share a limit that is used.

/** How often tokens are leased, in milliseconds: calls in between run no SQL. */
const LEASE_EVERY_MS = 50;

/** How often gateways are counted, in milliseconds. */
const COUNT_EVERY_MS = 2_000;

/** A bucket that nobody has used for so long gives back what it has, in milliseconds. */
const GIVE_BACK_MS = 1_000;

/** Rows of limits that were whole so long ago are deleted, in a statement of its own now and then. */
const FORGET_EVERY_MS = 60_000;

export interface RateLeasesOptions {
  readonly db: Pick<Database, 'query' | 'transaction'>;
  readonly limits: RateLimits;
  /** Never goes back. */
  readonly clock: Clock;
}

/**
 * Shares limits between gateways, in the background: each leases tokens from one row for each limit, as many as its calls ask for. While the
 * database is away each goes by its part of the rate. docs/adr/0028.
 */
export function startRateLeases({ db, limits, clock }: RateLeasesOptions): AsyncDisposable {
  let countedAt = -Infinity;
  let isCounted = false;
  let forgottenAt = clock();
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let isRunning = false;

  async function run(): Promise<void> {
    const now = clock();
    limits.sweep();
    // Who uses no limits pays for none.
    if (isCounted && !limits.isUsed) return;
    if (now - countedAt >= COUNT_EVERY_MS) {
      const gateways = Math.max(1, await countReplicas(db));
      limits.shareAs({ gateways, isLeased: gateways > 1 });
      countedAt = now;
      isCounted = true;
    }
    if (!limits.sharing.isLeased) return;
    const wanted = [...limits.buckets.values()].flatMap((used) => wantedOf(used, clock()));
    if (wanted.length > 0) {
      const granted = new Map(await lease(db, wanted));
      for (const { bucket, more } of wanted) {
        const used = limits.buckets.get(bucket);
        if (used === undefined) continue;
        const tokens = granted.get(bucket) ?? 0;
        used.bucket.add(tokens);
        used.isExhausted = tokens < Math.floor(more);
      }
    }
    if (now - forgottenAt >= FORGET_EVERY_MS) {
      forgottenAt = now;
      await db.query(sql`delete from rate_leases where full_at < clock_timestamp() - interval '1 minute'`);
    }
  }

  const timer = setInterval(() => {
    if (isRunning || isStopped) return;
    isRunning = true;
    running = run()
      .catch(() => {
        // It is counted anew when the database is there again; calls need the tables, too, and report what is wrong.
        countedAt = -Infinity;
        limits.shareAs({ gateways: limits.sharing.gateways, isLeased: false });
      })
      .finally(() => (isRunning = false));
  }, LEASE_EVERY_MS).unref();

  return {
    async [Symbol.asyncDispose]() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/** What a bucket takes of its limit. */
interface Wanted {
  readonly bucket: string;
  readonly count: number;
  readonly windowMs: number;
  /** Was taken already, whatever is left; less than nothing: is given back. */
  readonly taken: number;
  /** Is to be taken, as far as there is some left. */
  readonly more: number;
}

function wantedOf(used: UsedBucket, now: number): Wanted[] {
  const { limit, bucket, asked, unreported } = used;
  const { count, windowMs } = limit;
  used.asked = 0;
  used.unreported = 0;
  const isIdle = now - used.usedAt >= GIVE_BACK_MS;
  // One stays: who calls now and then shall not find nothing each time.
  const back = isIdle ? Math.max(0, bucket.tokens - 1) : 0;
  if (back > 0) bucket.add(-back);
  // Twice of what was asked for: the next calls shall find some. A debt, as of bytes, is paid first.
  const target = Math.max(1, Math.min(asked * 2, count));
  const more = isIdle ? 0 : Math.max(0, target - bucket.tokens);
  const taken = unreported - back;
  return taken === 0 && (more === 0 || asked === 0) ? [] : [{ bucket: limit.bucket, count, windowMs, taken, more }];
}

/** Leases tokens. @returns how many of each bucket, without those that were taken already */
async function lease(db: Pick<Database, 'transaction'>, wanted: readonly Wanted[]): Promise<[string, number][]> {
  const sorted = wanted.toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1));
  const json = JSON.stringify(sorted);
  const rows = await db.transaction(async (tx) => {
    // In one order, so that gateways do not wait for each other in a circle.
    await tx.query(sql`
      insert into rate_leases (bucket, full_at)
      select w.bucket, clock_timestamp() from jsonb_to_recordset(${json}::jsonb) as w (bucket text)
      order by w.bucket on conflict (bucket) do nothing`);
    return tx.query<{ bucket: string; granted: number | null }>(sql`
      with wanted as (
        select * from jsonb_to_recordset(${json}::jsonb) as w (
          bucket text, count double precision, "windowMs" double precision, taken double precision, more double precision)
      ), locked as (
        select l.bucket, l.full_at from rate_leases l
        where l.bucket in (select w.bucket from wanted w) order by l.bucket for update
      ), known as (
        select w.bucket, w.count, w."windowMs", w.more, clock_timestamp() as now,
          extract(epoch from greatest(l.full_at - clock_timestamp(), interval '0')) * 1000 / w."windowMs" * w.count
            + w.taken as used
        from wanted w join locked l on l.bucket = w.bucket
      ), leased as (
        select k.bucket, k.count, k."windowMs", k.now, k.used, floor(least(k.more, greatest(k.count - k.used, 0))) as granted
        from known k
      )
      update rate_leases r
      set full_at = d.now + greatest(d.used + d.granted, 0) / d.count * d."windowMs" * interval '1 millisecond'
      from leased d where r.bucket = d.bucket
      returning r.bucket, d.granted`);
  });
  return rows.map(({ bucket, granted }) => [bucket, granted ?? 0]);
}
