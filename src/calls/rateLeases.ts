import type { Clock } from '../clock.ts';
import { countReplicas } from '../live/replicas.ts';
import type { Database } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';
import type { RateLimits, UsedBucket } from './rateLimits.ts';

// The table rate_leases: what is used up of limits, for the other gateways and for the next start. Not a projection: gateways write it, and
// only what is used.

/** How often tokens are leased, in milliseconds: calls in between run no SQL. */
const LEASE_EVERY_MS = 50;

/** How often gateways are counted, and one that is alone writes down what was used, in milliseconds. */
const COUNT_EVERY_MS = 2_000;

/** A bucket that nobody has used for so long gives back what it has, in milliseconds. */
const GIVE_BACK_MS = 1_000;

/** Rows of limits that were whole so long ago are deleted, in a statement of its own now and then. */
const FORGET_EVERY_MS = 60_000;

/** Each gateway may begin with its part of a limit, whatever the others have used: so many times the limit is the most. Of bytes there is no such bound. */
const MOST = 2;

export interface RateLeasesOptions {
  readonly db: Pick<Database, 'query' | 'transaction'>;
  readonly limits: RateLimits;
  /** Never goes back. */
  readonly clock: Clock;
}

/**
 * Goes on with limits as they were left, and shares them between gateways, in the background: each leases tokens from one row for each
 * limit, as many as its calls ask for. While the database is away each goes by its part of the rate. docs/adr/0028.
 */
export async function startRateLeases({ db, limits, clock }: RateLeasesOptions): Promise<AsyncDisposable> {
  let countedAt = -Infinity;
  let forgottenAt = clock();
  let isStopped = false;
  let isRunning = false;

  /** Counts the gateways, now and then. @returns whether it is time to write down what one that is alone has used */
  async function count(isFirst: boolean): Promise<boolean> {
    if (clock() - countedAt < COUNT_EVERY_MS) return false;
    const gateways = Math.max(1, await countReplicas(db));
    if (isFirst || gateways < limits.sharing.gateways) limits.know(await readRows(db));
    limits.shareAs({ gateways, isLeased: gateways > 1 });
    countedAt = clock();
    return true;
  }

  async function exchange(wantedBy: (used: UsedBucket) => Wanted | undefined): Promise<void> {
    const wanted = [...limits.buckets.values()].flatMap((used) => wantedBy(used) ?? []);
    if (wanted.length === 0) return;
    const leased = await lease(db, wanted).catch((error: unknown) => {
      for (const { bucket, taken } of wanted) {
        const used = limits.buckets.get(bucket);
        if (used !== undefined) used.unreported += taken;
      }
      throw error;
    });
    const now = clock();
    for (const { bucket, more, count, windowMs } of wanted) {
      const [used, row] = [limits.buckets.get(bucket), leased.get(bucket)];
      if (used === undefined || row === undefined) continue;
      used.bucket.add(row.granted);
      used.isExhausted = row.granted < Math.floor(more);
      used.leasableAt = now + Math.max(0, ((row.used + 1 - count) / count) * windowMs);
    }
  }

  async function run(): Promise<void> {
    limits.sweep();
    // Who uses no limits pays for none.
    if (!limits.isUsed) return;
    const isTime = await count(false);
    if (limits.sharing.isLeased) await exchange((used) => wantedOf(used, clock()));
    else if (isTime) await exchange(spentOf);
    if (clock() - forgottenAt >= FORGET_EVERY_MS) {
      forgottenAt = clock();
      await db.query(sql`delete from rate_leases where full_at < clock_timestamp() - interval '1 minute'`);
    }
  }

  // A database that is away now is asked again.
  await count(true).catch(() => undefined);
  let running: Promise<void> = Promise.resolve();
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
      // For the others, and the next start. While the database is away, that is lost.
      await exchange(limits.sharing.gateways > 1 ? allOf : spentOf).catch(() => undefined);
    },
  };
}

/** Reads how long it takes until each limit is whole, in milliseconds. */
async function readRows(db: Pick<Database, 'query'>): Promise<[string, number][]> {
  const rows = await db.query<{ bucket: string; ms: number | null }>(sql`
    select bucket, (extract(epoch from full_at - clock_timestamp()) * 1000)::double precision as ms
    from rate_leases where full_at > clock_timestamp()`);
  return rows.map(({ bucket, ms }) => [bucket, ms ?? 0]);
}

/** What a bucket takes of its limit. */
interface Wanted {
  readonly bucket: string;
  readonly count: number;
  readonly windowMs: number;
  /** As much may be used of it, in all: what a row says beyond that comes of a clock that was set back. (Default: Infinity) */
  readonly most: number | undefined;
  /** Was taken already, whatever is left; less than nothing: is given back. */
  readonly taken: number;
  /** Is to be taken, as far as there is some left. */
  readonly more: number;
}

function wantedOf(used: UsedBucket, now: number): Wanted | undefined {
  const { limit, bucket, asked } = used;
  used.asked = 0;
  // Bytes are known when they have passed: all are to know of the debt.
  giveBack(used, Math.min(0, bucket.tokens));
  const isIdle = now - used.usedAt >= GIVE_BACK_MS;
  // One stays: who calls now and then shall not find nothing each time.
  if (isIdle) giveBack(used, Math.max(0, bucket.tokens - 1));
  // Twice of what was asked for: the next calls shall find some.
  const target = Math.max(1, Math.min(asked * 2, limit.count));
  return wanted(used, isIdle || asked === 0 ? 0 : Math.max(0, target - bucket.tokens));
}

/** What a gateway that is alone has used. */
function spentOf(used: UsedBucket): Wanted | undefined {
  return wanted(used, 0);
}

/** What a gateway that ends has of the others'. */
function allOf(used: UsedBucket): Wanted | undefined {
  giveBack(used, used.bucket.tokens);
  return wanted(used, 0);
}

function giveBack(used: UsedBucket, tokens: number): void {
  used.bucket.add(-tokens);
  used.unreported -= tokens;
}

function wanted(used: UsedBucket, more: number): Wanted | undefined {
  const { limit, unreported: taken } = used;
  const { bucket, count, windowMs } = limit;
  used.unreported = 0;
  if (taken === 0 && more === 0) return undefined;
  return { bucket, count, windowMs, most: limit.counts === 'bytes' ? undefined : MOST * count, taken, more };
}

/** A lease that was granted. */
interface Leased {
  readonly granted: number;
  /** Of the whole limit, by all gateways. */
  readonly used: number;
}

/** Leases tokens. @returns how many of each bucket, without those that were taken already */
async function lease(db: Pick<Database, 'transaction'>, wanted: readonly Wanted[]): Promise<Map<string, Leased>> {
  const sorted = wanted.toSorted((a, b) => (a.bucket < b.bucket ? -1 : 1));
  const json = JSON.stringify(sorted);
  const rows = await db.transaction(async (tx) => {
    // In one order, so that gateways do not wait for each other in a circle.
    await tx.query(sql`
      insert into rate_leases (bucket, full_at)
      select w.bucket, clock_timestamp() from jsonb_to_recordset(${json}::jsonb) as w (bucket text)
      order by w.bucket on conflict (bucket) do nothing`);
    return tx.query<{ bucket: string; granted: number | null; used: number | null }>(sql`
      with wanted as (
        select * from jsonb_to_recordset(${json}::jsonb) as w (bucket text, count double precision, "windowMs" double precision,
          most double precision, taken double precision, more double precision)
      ), locked as (
        select l.bucket, l.full_at from rate_leases l
        where l.bucket in (select w.bucket from wanted w) order by l.bucket for update
      ), known as (
        select w.bucket, w.count, w."windowMs", w.more, clock_timestamp() as now,
          least(extract(epoch from greatest(l.full_at - clock_timestamp(), interval '0')) * 1000 / w."windowMs" * w.count, w.most)
            + w.taken as used
        from wanted w join locked l on l.bucket = w.bucket
      ), leased as (
        select k.bucket, k.count, k."windowMs", k.now, k.used, floor(least(k.more, greatest(k.count - k.used, 0))) as granted
        from known k
      )
      update rate_leases r
      set full_at = d.now + greatest(d.used + d.granted, 0) / d.count * d."windowMs" * interval '1 millisecond'
      from leased d where r.bucket = d.bucket
      returning r.bucket, d.granted, greatest(d.used + d.granted, 0) as used`);
  });
  return new Map(rows.map(({ bucket, granted, used }) => [bucket, { granted: granted ?? 0, used: used ?? 0 }]));
}
