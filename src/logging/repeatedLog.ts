import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import type { Logger } from './logger.ts';

export interface RepeatedLogOptions {
  readonly logger: Logger;
  /** Never goes back. */
  readonly clock: Clock;
  readonly message: string;
  /** How long a thing is counted before it gets its next line, in milliseconds. (Default: 60_000) */
  readonly everyMs?: number;
}

/** A log of what fails as it may, again and again: one line, and then the number of the times. */
export interface RepeatedLog extends Disposable {
  /**
   * @param what what counts as the same again
   * @param details called only when the line is written
   */
  note(what: string, details: () => object): void;
}

/** Things that are counted; of more than these, the one that was silent for longest begins anew. */
const MAX_COUNTED = 1_000;

interface Counted {
  readonly since: number;
  repeated: number;
  details: () => object;
}

/** Makes the log. The first time has its line at once, and what repeats one in each interval. */
export function createRepeatedLog({ logger, clock, message, everyMs = 60_000 }: RepeatedLogOptions): RepeatedLog {
  const counted = new LRUCache<string, Counted>({ max: MAX_COUNTED, dispose: (last) => write(last) });

  function write({ repeated, details }: Counted): void {
    if (repeated > 0) logger.warn({ ...details(), repeated }, message);
  }

  // The number is logged also when nothing follows.
  const timer = setInterval(() => {
    for (const [what, { since }] of counted.entries()) if (clock() - since >= everyMs) counted.delete(what);
  }, everyMs / 4);
  timer.unref();

  return {
    note(what, details) {
      const known = counted.get(what);
      if (known === undefined) {
        logger.warn(details(), message);
        counted.set(what, { since: clock(), repeated: 0, details });
      } else {
        known.repeated++;
        known.details = details;
      }
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      counted.clear();
    },
  };
}
