import type { Clock } from '../clock.ts';
import type { AppError } from '../errors/appError.ts';
import type { LiveKey } from '../live/liveKey.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { CompiledLimit } from '../limits/compiledLimits.ts';
import { rateLimited } from '../limits/limited.ts';
import type { RunningCall } from './runningCall.ts';
import { TokenBucket } from '../limits/tokenBucket.ts';

/** A bucket in use, and what its row in the database needs. */
export interface UsedBucket {
  readonly limit: TimedLimit;
  readonly bucket: TokenBucket;
  /** Tokens that were asked for since the last lease. */
  asked: number;
  /**
   * Tokens of which the row does not know yet: of a gateway that is alone, those that were spent; of one of several, those that came here
   * without a lease. Less than nothing: they are given back.
   */
  unreported: number;
  /** The last lease brought less than was asked for: there is nothing left to lease. */
  isExhausted: boolean;
  /** By the clock: when there is one to lease again, unless another gateway takes it. */
  leasableAt: number;
  /** By the clock. */
  usedAt: number;
}

export type TimedLimit = CompiledLimit & { readonly windowMs: number };

/** How a limit is shared between the gateways of an installation. */
export interface Sharing {
  /** Gateways that share the limits; 1: there is nothing to share. */
  readonly gateways: number;
  /** Leases are taken; else each gateway goes by its part of the rate. */
  readonly isLeased: boolean;
}

const ALONE: Sharing = { gateways: 1, isLeased: false };

/** The limits by time of keys and servers: what is left of each, in this process. docs/adr/0028. */
export class RateLimits {
  readonly buckets = new Map<string, UsedBucket>();
  /** When limits are whole again, by the clock, as their rows said when they were read last. */
  #wholeAt: ReadonlyMap<string, number> = new Map();
  #sharing: Sharing = ALONE;
  #isUsed = false;
  readonly #clock: Clock;

  /** @param clock never goes back */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A limit has been used since the start. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  get sharing(): Sharing {
    return this.#sharing;
  }

  /** Takes over what rows say. @param wholeInMs how long until each limit is whole */
  know(wholeInMs: Iterable<readonly [string, number]>): void {
    const now = this.#clock();
    this.#wholeAt = new Map([...wholeInMs].map(([bucket, ms]) => [bucket, now + ms]));
  }

  /** Shares the limits in another way. The rows are to be known when this gateway is alone from now on. */
  shareAs(sharing: Sharing): void {
    const before = this.#sharing;
    if (sharing.gateways === before.gateways && sharing.isLeased === before.isLeased) return;
    const now = this.#clock();
    for (const used of this.buckets.values()) {
      this.#fill(used, now);
      const { bucket } = used;
      if (before.gateways === 1 && sharing.gateways > 1) {
        // A row fills as the bucket does: it can't lack more than the bucket.
        const spent = Math.min(used.unreported, bucket.capacity - bucket.tokens);
        const kept = Math.max(0, Math.min(bucket.tokens, Math.floor(bucket.capacity / sharing.gateways)));
        used.unreported = spent + kept;
        bucket.add(kept - bucket.tokens);
      } else if (before.gateways > 1 && sharing.gateways === 1) {
        used.unreported -= bucket.tokens;
        bucket.add(Math.min(bucket.capacity, this.#left(used.limit, now) - used.unreported) - bucket.tokens);
      }
    }
    this.#sharing = sharing;
  }

  /** Takes what a call costs; tells why not, and then it costs nothing. */
  take(
    key: Pick<LiveKey, 'limits'> | undefined,
    server: LiveServer | undefined,
    call: RunningCall,
  ): AppError | undefined {
    const ofServer = server?.rates;
    if (key?.limits === undefined && ofServer === undefined) return undefined;
    const now = this.#clock();
    const costs: { readonly used: UsedBucket; readonly cost: number }[] = [];
    for (const limit of key?.limits ?? []) {
      const refusal = this.#check(limit, costOfKey(limit, call), now, costs, { key: true });
      if (refusal !== undefined) return refusal;
    }
    for (const limit of server === undefined ? [] : (ofServer ?? [])) {
      const refusal = this.#check(limit, costOfServer(limit, call), now, costs, { server: server?.name ?? '' });
      if (refusal !== undefined) return refusal;
    }
    for (const { used, cost } of costs) this.#spend(used, cost);
    return undefined;
  }

  /** Counts the bytes of a call that is over. */
  spend(
    key: Pick<LiveKey, 'limits'> | undefined,
    server: LiveServer | undefined,
    call: RunningCall,
    bytes: number,
  ): void {
    if (key?.limits === undefined && server?.rates === undefined) return;
    const ofKey = call.requests === undefined ? [] : (key?.limits ?? []);
    for (const limit of [...ofKey, ...(server?.rates ?? [])]) {
      if (limit.counts !== 'bytes' || !isTimed(limit)) continue;
      const used = this.#bucketOf(limit, this.#clock());
      used.asked += bytes;
      this.#spend(used, bytes);
    }
  }

  /** What is left of a limit now. */
  left(limit: CompiledLimit): number | undefined {
    if (!isTimed(limit)) return undefined;
    const now = this.#clock();
    const used = this.buckets.get(limit.bucket);
    if (used === undefined) return Math.max(0, Math.floor(this.#left(limit, now)));
    this.#fill(used, now);
    return Math.floor(used.bucket.tokens);
  }

  /** Forgets the buckets that are full, and would be made as they are. */
  sweep(): void {
    const now = this.#clock();
    const { gateways, isLeased } = this.#sharing;
    for (const [name, used] of this.buckets) {
      const { bucket, limit, usedAt, unreported } = used;
      this.#fill(used, now);
      const isIdle = now - usedAt >= limit.windowMs;
      const isWhole = isLeased ? isIdle : bucket.tokens >= bucket.capacity / gateways;
      const isKnown = gateways === 1 || unreported === 0;
      if (isWhole && isKnown && now - usedAt > IDLE_MS) this.buckets.delete(name);
    }
  }

  #fill(used: UsedBucket, now: number): void {
    const came = used.bucket.fill(now, this.#share);
    if (this.#sharing.gateways > 1) used.unreported += came;
  }

  #spend(used: UsedBucket, cost: number): void {
    used.bucket.add(-cost);
    if (this.#sharing.gateways === 1) used.unreported += cost;
  }

  /** What the row leaves, as far as it is known. Less than nothing: a debt. */
  #left({ bucket, count, windowMs }: TimedLimit, now: number): number {
    const wholeAt = this.#wholeAt.get(bucket) ?? 0;
    return count - (Math.max(0, wholeAt - now) / windowMs) * count;
  }

  get #share(): number {
    return this.#sharing.isLeased ? 0 : 1 / this.#sharing.gateways;
  }

  #check(
    limit: CompiledLimit,
    cost: number,
    now: number,
    costs: { readonly used: UsedBucket; readonly cost: number }[],
    holder: { readonly key: true } | { readonly server: string },
  ): AppError | undefined {
    if (cost === 0 || !isTimed(limit)) return undefined;
    // Bytes are counted when they have passed: as long as one is left, the next call may begin.
    const needed = limit.counts === 'bytes' ? 1 : cost;
    if (needed > limit.count) return rateLimited(limit, holder, Infinity);
    const used = this.#bucketOf(limit, now);
    used.asked += needed;
    if (used.bucket.tokens < needed) {
      return rateLimited(limit, holder, this.#waitMs(used, needed, now));
    }
    if (limit.counts !== 'bytes') costs.push({ used, cost });
    return undefined;
  }

  /** How long until so many may be taken. */
  #waitMs({ bucket, limit, isExhausted, leasableAt }: UsedBucket, needed: number, now: number): number {
    const { gateways, isLeased } = this.#sharing;
    if (!isLeased) return bucket.waitMs(needed, 1 / gateways);
    // It is on its way.
    if (!isExhausted) return 0;
    return Math.max(0, leasableAt - now) + ((needed - 1) / limit.count) * limit.windowMs;
  }

  #bucketOf(limit: TimedLimit, now: number): UsedBucket {
    let used = this.buckets.get(limit.bucket);
    if (used === undefined) {
      const { gateways } = this.#sharing;
      const left = this.#left(limit, now);
      // A gateway that has not used a limit yet begins with its part of what is left: together they begin with all of that.
      const tokens = gateways === 1 ? left : left < 1 ? 0 : Math.max(1, Math.floor(left / gateways));
      const bucket = new TokenBucket(limit.count, limit.windowMs, tokens, now);
      const unreported = gateways === 1 ? 0 : tokens;
      used = { limit, bucket, asked: 0, unreported, isExhausted: false, leasableAt: now, usedAt: now };
      this.buckets.set(limit.bucket, used);
      this.#isUsed = true;
    } else this.#fill(used, now);
    used.usedAt = now;
    return used;
  }
}

/** A bucket that was used so lately is not looked at, in milliseconds. */
const IDLE_MS = 1_000;

function isTimed(limit: CompiledLimit): limit is TimedLimit {
  return limit.windowMs !== undefined;
}

function costOfKey(limit: CompiledLimit, call: RunningCall): number {
  if (limit.counts === 'tool') return toolsOf(limit, call);
  return call.requests ?? 0;
}

function costOfServer(limit: CompiledLimit, call: RunningCall): number {
  if (limit.counts === 'tool') return toolsOf(limit, call);
  return call.standing ? 0 : (call.requests ?? 1);
}

function toolsOf(limit: CompiledLimit, { server, tools, standing }: RunningCall): number {
  return server === undefined || standing ? 0 : limit.countTools(server.name, tools);
}
