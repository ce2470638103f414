import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { rateLimited } from './limited.ts';
import { TokenBucket } from './tokenBucket.ts';
import type { Clock } from '../clock.ts';
import { Unauthorized, type AppError } from '../errors/appError.ts';
import type { Rate } from '../events/readLimit.ts';
import { addressOf } from '../front/client.ts';
import { networkOf } from '../front/network.ts';

export interface SourcesOptions {
  /** Requests of one address. Undefined: as many as it likes. */
  readonly requests: Rate | undefined;
  /** Requests of one address that were refused for their credential; beyond them it gets no further. Undefined: as many as it likes. */
  readonly failures: Rate | undefined;
  /** Tells whether a good credential has come on the connection of a request, and it is one client's. */
  readonly isRecognised: (req: IncomingMessage) => boolean;
  /** Never goes back. */
  readonly clock: Clock;
}

/** What remote addresses may do before it is known who asks. An IPv6 address counts with the 64 leading bits of it. */
export interface Sources {
  /** Tells why a request is not looked at; undefined: it is. */
  refusal(req: IncomingMessage): AppError | undefined;
  /** Counts the refusal of a request, if it is one for its credential. */
  noteRefused(req: IncomingMessage, error: AppError): void;
}

/** Addresses that are remembered: those that were seen first are forgotten in a flood. */
const MAX_ADDRESSES = 20_000;

/** Makes the limits of remote addresses. */
export function createSources({ requests, failures, isRecognised, clock }: SourcesOptions): Sources {
  const asked = new LRUCache<string, TokenBucket>({ max: MAX_ADDRESSES });
  const failed = new LRUCache<string, TokenBucket>({ max: MAX_ADDRESSES });

  function bucketOf(buckets: LRUCache<string, TokenBucket>, req: IncomingMessage, rate: Rate): TokenBucket {
    const name = networkOf(addressOf(req));
    const now = clock();
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      bucket = new TokenBucket(rate.count, rate.windowMs, rate.count, now);
      buckets.set(name, bucket);
    } else bucket.fill(now, 1);
    return bucket;
  }

  return {
    refusal(req) {
      if (failures !== undefined && failed.size > 0 && !isRecognised(req)) {
        const bucket = failed.has(networkOf(addressOf(req))) ? bucketOf(failed, req, failures) : undefined;
        if (bucket !== undefined && bucket.tokens < 1) return refusalOf('failures', failures, bucket);
      }
      if (requests === undefined) return undefined;
      const bucket = bucketOf(asked, req, requests);
      if (bucket.tokens < 1) return refusalOf('requests', requests, bucket);
      bucket.add(-1);
      return undefined;
    },
    noteRefused(req, error) {
      if (failures === undefined || !(error instanceof Unauthorized)) return;
      const bucket = bucketOf(failed, req, failures);
      if (bucket.tokens >= 1) bucket.add(-1);
    },
  };
}

function refusalOf(counts: 'requests' | 'failures', rate: Rate, bucket: TokenBucket): AppError {
  return rateLimited({ ...rate, counts, tools: undefined }, { address: true }, bucket.waitMs(1, 1));
}
