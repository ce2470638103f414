import type { Clock } from '../clock.ts';
import type { Feed } from './feed.ts';

/** So many days before a key expires, the feed has an event. */
export const WARNED_DAYS = [30, 7, 1] as const;

/** How often keys are looked for, in milliseconds: one statement for each number of days. */
const LOOK_EVERY_MS = 600_000;

export interface ExpiryWarningsOptions {
  readonly feed: Pick<Feed, 'publish'>;
  /** Lists the keys that come within so many days of their expiry between two moments. */
  readonly list: (span: {
    readonly after: Date;
    readonly upTo: Date;
    readonly days: number;
  }) => Promise<readonly { readonly id: string; readonly expiresAt: Date }[]>;
  readonly clock: Clock;
  /** (Default: 600_000) */
  readonly lookEveryMs?: number;
}

/** Warns on the feed of keys that are about to expire: each key once for each number of days, on each gateway. */
export function startExpiryWarnings({
  feed,
  list,
  clock,
  lookEveryMs = LOOK_EVERY_MS,
}: ExpiryWarningsOptions): Disposable {
  let after = new Date(clock());
  let isLooking = false;

  async function look(): Promise<void> {
    const upTo = new Date(clock());
    for (const days of WARNED_DAYS) {
      for (const { id: key, expiresAt } of await list({ after, upTo, days })) {
        feed.publish({ type: 'key_expires', key, data: { expires_at: expiresAt.toISOString(), days } });
      }
    }
    after = upTo;
  }

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // What could not be read is read at the next look, from the same moment on.
    look()
      .catch(() => undefined)
      .finally(() => (isLooking = false));
  }, lookEveryMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
