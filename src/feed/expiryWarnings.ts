import type { Clock } from '../clock.ts';
import type { RepeatedLog } from '../logging/repeatedLog.ts';
import type { ExpiringKey, ExpirySpan } from '../projections/tables/expiringKeys.ts';
import type { Feed } from './feed.ts';

/** So many days before a key expires, the feed has an event. Descending. */
export const WARNED_DAYS = [30, 7, 1] as const;

/** How often keys are looked for, in milliseconds: one statement for each number of days. */
const LOOK_EVERY_MS = 600_000;

/** Where keys, and what was looked at, are kept. */
export interface ExpirySource {
  list(span: ExpirySpan): AsyncIterable<ExpiringKey>;
  /** Up to when any gateway has looked; undefined: none has. */
  warnedUntil(): Promise<Date | undefined>;
  noteWarnedUntil(moment: Date): Promise<void>;
}

export interface ExpiryWarningsOptions {
  readonly feed: Pick<Feed, 'publish'>;
  readonly keys: ExpirySource;
  readonly clock: Clock;
  /** Notes that keys could not be read. */
  readonly failed: Pick<RepeatedLog, 'note'>;
  /** (Default: 600_000) */
  readonly lookEveryMs?: number;
}

/**
 * Warns on the feed of keys that are about to expire: each key once for each number of days, on each gateway. Its first look is after
 * a wait, when readers are back, and goes on where any gateway has looked last, and one wait further back: other gateways had other
 * readers. What is told twice so is told within one wait.
 */
export function startExpiryWarnings(options: ExpiryWarningsOptions): AsyncDisposable {
  const { feed, keys, clock, failed, lookEveryMs = LOOK_EVERY_MS } = options;
  const startedAt = clock();
  let after: Date | undefined;
  let isLooking = false;
  let isOver = false;
  let looking: Promise<unknown> = Promise.resolve();

  async function look(): Promise<void> {
    after ??= new Date(((await keys.warnedUntil())?.getTime() ?? startedAt) - lookEveryMs);
    const upTo = new Date(clock());
    for (const [at, days] of WARNED_DAYS.entries()) {
      for await (const { id: key, expiresAt } of keys.list({ after, upTo, days, above: WARNED_DAYS[at + 1] ?? 0 })) {
        if (isOver) return;
        feed.publish({ type: 'key_expires', key, data: { expires_at: expiresAt.toISOString(), days } });
      }
    }
    after = upTo;
    await keys.noteWarnedUntil(upTo);
  }

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // What could not be read is read at the next look, from the same moment on.
    looking = look()
      .catch((error: unknown) => {
        if (!isOver) failed.note('keys', () => ({ err: error }));
      })
      .finally(() => (isLooking = false));
  }, lookEveryMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(timer);
      await looking;
    },
  };
}
