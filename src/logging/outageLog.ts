import type { Clock } from '../clock.ts';
import { isoTime } from '../clock.ts';
import { AppError } from '../errors/appError.ts';
import type { Logger } from './logger.ts';

const MINUTE_MS = 60_000;

/** The longest time between two lines about one outage. */
const LONGEST_MS = 60 * MINUTE_MS;

export interface OutageLogOptions {
  readonly logger: Logger;
  readonly clock: Clock;
}

/** A log of outages: a line when one begins, at growing intervals (1, 2, 4 … up to 60 minutes), and when it ends. */
export interface OutageLog {
  /**
   * Notes that `what` failed: for the first time, again, or for another cause.
   * @param stillWorks half a sentence: what still works meanwhile
   */
  failed(what: string, error: unknown, stillWorks?: string): void;
  /** Notes that `what` works; writes a line only after an outage. */
  recovered(what: string): void;
}

interface Outage {
  readonly sinceMs: number;
  loggedAtMs: number;
  nextMs: number;
  code: string | undefined;
}

/** Makes the log of outages: each one is logged when it begins and ends, and ever more rarely in between. */
export function createOutageLog({ logger, clock }: OutageLogOptions): OutageLog {
  const outages = new Map<string, Outage>();

  return {
    failed(what, error, stillWorks) {
      const nowMs = clock();
      const known = outages.get(what);
      logger.debug({ err: error }, `${what} failed`);
      const code = error instanceof AppError ? error.code : undefined;
      // Another cause is logged at once: a store may be back, and not be the same one.
      if (known?.code === code && known !== undefined && nowMs - known.loggedAtMs < known.nextMs) return;
      const begun = known?.code === code ? known : undefined;
      const outage = begun ?? { sinceMs: known?.sinceMs ?? nowMs, loggedAtMs: nowMs, nextMs: MINUTE_MS / 2, code };
      outage.loggedAtMs = nowMs;
      outage.nextMs = Math.min(outage.nextMs * 2, LONGEST_MS);
      outages.set(what, outage);
      logger.warn(
        {
          since: isoTime(outage.sinceMs),
          code,
          reason: messageOf(error),
        },
        `${what} can’t be reached${stillWorks === undefined ? '' : `; ${stillWorks}`}`,
      );
    },
    recovered(what) {
      const outage = outages.get(what);
      if (outage === undefined) return;
      outages.delete(what);
      const seconds = Math.round((clock() - outage.sinceMs) / 1_000);
      logger.info({ since: isoTime(outage.sinceMs), seconds }, `${what} can be reached again`);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
