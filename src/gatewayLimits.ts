import type { IncomingMessage, ServerResponse } from 'node:http';
import { toProblem } from './api/problem.ts';
import { startRateLeases } from './calls/rateLeases.ts';
import { RateLimits } from './calls/rateLimits.ts';
import { steadyClock, systemClock } from './clock.ts';
import { AppError } from './errors/appError.ts';
import { startExpiryWarnings } from './feed/expiryWarnings.ts';
import type { Feed } from './feed/feed.ts';
import { createRefusalLog, type OnRefused } from './front/refusalLog.ts';
import type { Front } from './front/front.ts';
import { requestIdOf } from './front/frontResponse.ts';
import { addressOf } from './front/client.ts';
import type { Logger } from './logging/logger.ts';
import { createRepeatedLog } from './logging/repeatedLog.ts';
import type { Counts } from './metrics/counts.ts';
import { createSources } from './limits/sources.ts';
import { TokenBucket } from './limits/tokenBucket.ts';
import { expirySourceIn } from './projections/tables/expiringKeys.ts';
import type { Database } from './postgres/database.ts';
import type { Settings } from './settings/settings.ts';

/** Refusals for the network that the feed shows at once; in the long run, one each second. */
const SHOWN_REFUSALS = 20;

export interface GatewayLimitsOptions {
  readonly db: Database;
  readonly settings: Settings;
  readonly feed: Pick<Feed, 'publish'>;
  readonly logger: Logger;
  readonly front: () => Pick<Front, 'isRecognised'>;
  /** Undefined: nobody asks for metrics. */
  readonly counts: Pick<Counts, 'limits'> | undefined;
}

/** The limits of a gateway by time: of keys, of servers, and of addresses before it is known who asks. */
export interface GatewayLimits extends AsyncDisposable {
  readonly rates: RateLimits;
  /** Answers a request of an address that has asked too often. Returns whether that is so. */
  refuse(req: IncomingMessage, res: ServerResponse): boolean;
  /** Gets every request that is refused. */
  noteRefused: OnRefused;
}

export async function openGatewayLimits(options: GatewayLimitsOptions): Promise<GatewayLimits> {
  const { db, settings, feed, front, counts, logger } = options;
  const rates = new RateLimits(steadyClock);
  const log = createRefusalLog({ logger, clock: steadyClock });
  const leases = await startRateLeases({ db, limits: rates, clock: steadyClock });
  const unread = { message: 'keys that are about to expire could not be read', logger, clock: steadyClock };
  const failed = createRepeatedLog(unread);
  const warnings = startExpiryWarnings({ feed, keys: expirySourceIn(db), clock: systemClock, failed });
  const isRecognised = (req: IncomingMessage): boolean => front().isRecognised(req);
  const sources = createSources({ ...settings.perAddress, isRecognised, clock: steadyClock });
  const shown = new TokenBucket(SHOWN_REFUSALS, SHOWN_REFUSALS * 1_000, SHOWN_REFUSALS, steadyClock());

  function noteNetwork(req: IncomingMessage, { cause, keyId: key }: AppError): void {
    if (!(cause instanceof AppError) || cause.code !== 'network-not-allowed' || key === undefined) return;
    shown.fill(steadyClock(), 1);
    if (shown.tokens < 1) return;
    shown.add(-1);
    feed.publish({ type: 'key_refused', key, data: { reason: 'network-not-allowed', address: addressOf(req) } });
  }

  const note: OnRefused = (req, error, request) => {
    log.note(req, error, request);
    // What is refused as a call is counted by its event.
    if (!request.isCall) counts?.limits.note(error.code);
  };

  return {
    rates,
    refuse(req, res) {
      const error = sources.refusal(req);
      if (error === undefined) return false;
      note(req, error, { isCall: false });
      const requestId = requestIdOf(res) ?? 'none';
      const { status, headers, body } = toProblem(error, requestId, systemClock());
      // Its body is not read, and its connection goes: it is to cost as little as can be.
      res.writeHead(status, { ...headers, connection: 'close' });
      res.end(JSON.stringify(body));
      return true;
    },
    noteRefused(req, error, request) {
      note(req, error, request);
      noteNetwork(req, error);
      sources.noteRefused(req, error);
    },
    async [Symbol.asyncDispose]() {
      log[Symbol.dispose]();
      await warnings[Symbol.asyncDispose]();
      failed[Symbol.dispose]();
      await leases[Symbol.asyncDispose]();
    },
  };
}
