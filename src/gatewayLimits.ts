import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toProblem } from './api/problem.ts';
import { startRateLeases } from './calls/rateLeases.ts';
import { RateLimits } from './calls/rateLimits.ts';
import { steadyClock, systemClock } from './clock.ts';
import type { AppError } from './errors/appError.ts';
import { createRefusalLog } from './front/refusalLog.ts';
import type { Front } from './front/front.ts';
import type { Logger } from './logging/logger.ts';
import { createSources } from './limits/sources.ts';
import type { Database } from './postgres/database.ts';
import type { Settings } from './settings/settings.ts';

export interface GatewayLimitsOptions {
  readonly db: Database;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly front: () => Pick<Front, 'isRecognised'>;
}

/** The limits of a gateway by time: of keys, of servers, and of addresses before it is known who asks. */
export interface GatewayLimits extends AsyncDisposable {
  readonly rates: RateLimits;
  /** Answers a request of an address that has asked too often. Returns whether that is so. */
  refuse(req: IncomingMessage, res: ServerResponse): boolean;
  /** Gets every request that is refused. */
  noteRefused(req: IncomingMessage, error: AppError): void;
}

export function openGatewayLimits({ db, settings, front, logger }: GatewayLimitsOptions): GatewayLimits {
  const rates = new RateLimits(steadyClock);
  const log = createRefusalLog({ logger, clock: steadyClock });
  const leases = startRateLeases({ db, limits: rates, clock: steadyClock });
  const isRecognised = (req: IncomingMessage): boolean => front().isRecognised(req);
  const sources = createSources({ ...settings.perAddress, isRecognised, clock: steadyClock });
  return {
    rates,
    refuse(req, res) {
      const error = sources.refusal(req);
      if (error === undefined) return false;
      const requestId = randomUUID();
      const { status, headers, body } = toProblem(error, requestId, systemClock());
      // Its body is not read, and its connection goes: it is to cost as little as can be.
      res.writeHead(status, { ...headers, 'x-request-id': requestId, connection: 'close' });
      res.end(JSON.stringify(body));
      return true;
    },
    noteRefused(req, error) {
      log.note(req, error);
      sources.noteRefused(req, error);
    },
    async [Symbol.asyncDispose]() {
      log[Symbol.dispose]();
      await leases[Symbol.asyncDispose]();
    },
  };
}
