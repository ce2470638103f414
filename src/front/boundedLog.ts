import type { Clock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';

export interface BoundedLogOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly level: 'info' | 'warn';
  readonly message: string;
  /** Lines that may come at once. (Default: 20) */
  readonly burst?: number;
  /** Lines per second in the long run. (Default: 1) */
  readonly perSecond?: number;
}

/** Lines that outsiders cause: as many as a person reads, and the number of the others. */
export interface BoundedLog extends Disposable {
  /** @param details called only when the line is written */
  note(details: () => object): void;
}

/** Makes a log with a token bucket. What it leaves out is counted, in the next line or in one of its own. */
export function createBoundedLog(options: BoundedLogOptions): BoundedLog {
  const { logger, clock, level, message, burst = 20, perSecond = 1 } = options;
  let tokens = burst;
  let filledAt = clock();
  let suppressed = 0;
  let timer: NodeJS.Timeout | undefined;

  function logSuppressed(): void {
    timer = undefined;
    if (suppressed > 0) logger[level]({ suppressed }, message);
    suppressed = 0;
  }

  return {
    note(details) {
      const now = clock();
      tokens = Math.min(burst, tokens + ((now - filledAt) / 1_000) * perSecond);
      filledAt = now;
      if (tokens < 1) {
        suppressed += 1;
        // The number is logged also when no line follows.
        timer ??= setTimeout(logSuppressed, 10_000).unref();
        return;
      }
      tokens -= 1;
      logger[level]({ ...details(), ...(suppressed > 0 ? { suppressed } : {}) }, message);
      suppressed = 0;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      logSuppressed();
    },
  };
}
