import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { AppError, Unauthorized } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { redacted } from '../logging/redaction.ts';
import { createBoundedLog } from './boundedLog.ts';
import { addressOf } from './client.ts';

/** Writes down who was refused for its credential. */
export interface RefusalLog extends Disposable {
  /** Notes the refusal of a request, if it is one for its credential. */
  note(req: IncomingMessage, error: AppError): void;
}

/** A longer path helps no reader of the log. */
const MAX_PATH_LENGTH = 128;

/** Makes the log of refused credentials. A line has the reason, the remote address and the key's id; never the secret. */
export function createRefusalLog({ logger, clock }: { logger: Logger; clock: Clock }): RefusalLog {
  const log = createBoundedLog({ logger, clock, level: 'info', message: 'a credential was refused' });
  return {
    note(req, error) {
      if (!(error instanceof Unauthorized) && !REASONS.has(error.code)) return;
      log.note(() => ({
        code: error.code,
        // What its client is not told.
        ...(error.cause instanceof AppError ? { reason: error.cause.code } : {}),
        remoteAddress: addressOf(req),
        // What was claimed, and with a wrong secret not proved.
        ...(error.keyId === undefined ? {} : { keyId: error.keyId }),
        method: req.method,
        // Without the query, which may hold a secret, and without a key or token in a place that is not theirs.
        path: redacted(req.url?.split('?', 1)[0] ?? '').slice(0, MAX_PATH_LENGTH),
      }));
    },
    [Symbol.dispose]: () => log[Symbol.dispose](),
  };
}

/** Refusals for the credential that are no 401. */
const REASONS: ReadonlySet<string> = new Set(['credential-ambiguous', 'insufficient-scope']);
