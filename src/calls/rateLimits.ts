import type { Clock } from '../clock.ts';
import type { AppError } from '../errors/appError.ts';
import type { LiveKey } from '../live/liveKey.ts';
import type { LiveServer } from '../live/liveServer.ts';
import type { CompiledLimit } from '../limits/compiledLimits.ts';
import { rateLimited } from '../limits/limited.ts';
import type { RunningCall } from './runningCall.ts';
import { TokenBucket } from '../limits/tokenBucket.ts';

/** A bucket in use, and what the gateways' leases of it need. */
export interface UsedBucket {
  readonly limit: TimedLimit;
  readonly bucket: TokenBucket;
  /** Tokens that were asked for since the last lease. */
  asked: number;
  /** Tokens that are here, of which the other gateways know nothing yet. */
  unreported: number;
  /** The last lease brought less than was asked for: there is nothing left to lease. */
  isExhausted: boolean;
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

  /** Shares the limits in another way. What was taken here while nobody knew of it is reported with the first lease. */
  shareAs(sharing: Sharing): void {
    const before = this.#sharing;
    if (sharing.isLeased && !before.isLeased) {
      for (const used of this.buckets.values()) {
        const { bucket } = used;
        bucket.fill(this.#clock(), this.#share);
        const kept = Math.min(bucket.tokens, Math.floor(bucket.capacity / sharing.gateways));
        used.unreported = Math.max(0, bucket.capacity / before.gateways - bucket.tokens) + Math.max(0, kept);
        bucket.add(kept - bucket.tokens);
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
    for (const { used, cost } of costs) used.bucket.add(-cost);
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
      used.bucket.add(-bytes);
    }
  }

  /** What is left of a limit now. */
  left(limit: CompiledLimit): number | undefined {
    if (!isTimed(limit)) return undefined;
    const used = this.buckets.get(limit.bucket);
    if (used === undefined) return limit.count;
    used.bucket.fill(this.#clock(), this.#share);
    return Math.floor(used.bucket.tokens);
  }

  /** Forgets the buckets that are full, and would be made as they are. */
  sweep(): void {
    const now = this.#clock();
    for (const [name, { bucket, limit, usedAt }] of this.buckets) {
      bucket.fill(now, this.#share);
      const isIdle = now - usedAt >= limit.windowMs;
      const isWhole = this.#sharing.isLeased ? isIdle : bucket.tokens >= bucket.capacity / this.#sharing.gateways;
      if (isWhole && now - usedAt > IDLE_MS) this.buckets.delete(name);
    }
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
      const isOnItsWay = this.#sharing.isLeased && !used.isExhausted;
      return rateLimited(limit, holder, isOnItsWay ? 0 : used.bucket.waitMs(needed, 1 / this.#sharing.gateways));
    }
    if (limit.counts !== 'bytes') costs.push({ used, cost });
    return undefined;
  }

  #bucketOf(limit: TimedLimit, now: number): UsedBucket {
    let used = this.buckets.get(limit.bucket);
    if (used === undefined) {
      // A gateway that knows nothing of a limit yet begins with its part of it: together they begin with the whole.
      const tokens = Math.max(1, Math.floor(limit.count / this.#sharing.gateways));
      const bucket = new TokenBucket(limit.count, limit.windowMs, tokens, now);
      used = { limit, bucket, asked: 0, unreported: tokens, isExhausted: false, usedAt: now };
      this.buckets.set(limit.bucket, used);
      this.#isUsed = true;
    } else used.bucket.fill(now, this.#share);
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
