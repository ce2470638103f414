import { expect, it, vi } from 'vitest';
import { startExpiryWarnings } from '../../src/feed/expiryWarnings.ts';
import type { UnnumberedEvent } from '../../src/feed/feedEvent.ts';

const DAY = 86_400_000;

it('a key that is about to expire is on the feed 30, 7 and 1 days before, once each [feed-expiry]', async () => {
  const start = Date.parse('2026-11-01T00:00:00Z');
  const expiresAt = new Date(start + 31 * DAY);
  let now = start;
  const published: UnnumberedEvent[] = [];
  const looks: number[] = [];
  using _warnings = startExpiryWarnings({
    feed: { publish: (event) => published.push(event) },
    list: ({ after, upTo, days }) => {
      looks.push(days);
      const warnedAt = expiresAt.getTime() - days * DAY;
      return Promise.resolve(warnedAt > after.getTime() && warnedAt <= upTo.getTime() ? [{ id: 'k', expiresAt }] : []);
    },
    clock: () => now,
    lookEveryMs: 1,
  });
  for (let day = 0; day <= 32; day += 1) {
    now = start + day * DAY + 1;
    const before = looks.length;
    await vi.waitFor(() => expect(looks.length).toBeGreaterThan(before + 6), { interval: 1 });
  }
  expect(published.map(({ data }) => (data as { days: number }).days)).toEqual([30, 7, 1]);
  expect(published[0]).toMatchObject({ type: 'key_expires', key: 'k', data: { expires_at: expiresAt.toISOString() } });
});
