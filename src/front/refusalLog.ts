import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.ts';
import { AppError, Limited, Unauthorized } from '../errors/appError.ts';
import type { Logger } from '../logging/logger.ts';
import { redacted } from '../logging/redaction.ts';
import { createBoundedLog } from './boundedLog.ts';
import { addressOf } from './client.ts';

/** What is known of a request that is refused. */
export interface RefusedRequest {
  /** It is a call: the event of its end has the refusal, too. */
  readonly isCall: boolean;
  /** Undefined: no good credential was seen. */
  readonly keyId?: string | undefined;
}

/** Called with every request that is refused. */
export type OnRefused = (req: IncomingMessage, error: AppError, request: RefusedRequest) => void;

/** Writes down who was refused for its credential or for a limit. */
export interface RefusalLog extends Disposable {
  /** Notes the refusal of a request, if it is one for its credential, or for a limit and no call. */
  note: OnRefused;
}

/** A longer path helps no reader of the log. */
const MAX_PATH_LENGTH = 128;

/** Makes the log of refusals. A line has the reason, the remote address and the key's id; never the secret. */
export function createRefusalLog({ logger, clock }: { logger: Logger; clock: Clock }): RefusalLog {
  const credentials = createBoundedLog({ logger, clock, level: 'info', message: 'a credential was refused' });
  const limits = createBoundedLog({ logger, clock, level: 'info', message: 'a request was refused for a limit' });
  return {
    note(req, error, { isCall, keyId }) {
      if (error instanceof Unauthorized || REASONS.has(error.code)) {
        credentials.note(() => ({
          code: error.code,
          // What its client is not told.
          ...(error.cause instanceof AppError ? { reason: error.cause.code } : {}),
          // What was claimed, and with a wrong secret not proved.
          ...requestDetails(req, error.keyId),
        }));
      } else if (error instanceof Limited && !isCall) {
        const { limit } = error.data;
        limits.note(() => ({ code: error.code, ...(limit !== undefined && { limit }), ...requestDetails(req, keyId) }));
      }
    },
    [Symbol.dispose]() {
      credentials[Symbol.dispose]();
      limits[Symbol.dispose]();
    },
  };
}

function requestDetails(req: IncomingMessage, keyId: string | undefined): object {
  return {
    remoteAddress: addressOf(req),
    ...(keyId === undefined ? {} : { keyId }),
    method: req.method,
    // Without the query, which may hold a secret, and without a key or token in a place that is not theirs.
    path: redacted(req.url?.split('?', 1)[0] ?? '').slice(0, MAX_PATH_LENGTH),
  };
}

/** Refusals for the credential that are no 401. */
const REASONS: ReadonlySet<string> = new Set(['credential-ambiguous', 'insufficient-scope']);
