import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { steadyClock } from '../../src/clock.ts';
import { startExpiryWarnings } from '../../src/feed/expiryWarnings.ts';
import type { UnnumberedEvent } from '../../src/feed/feedEvent.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createRepeatedLog } from '../../src/logging/repeatedLog.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { expirySourceIn } from '../../src/projections/tables/expiringKeys.ts';
import { readInstallation } from '../../src/projections/tables/installation.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { until } from '../support/until.ts';

// On the table of keys, by a clock of the test's own.

const DAY = 86_400_000;
const HOUR = DAY / 24;
/** In the past: what gateways have told can't be later than the database's time. */
const START = Math.floor(Date.now() / 1_000) * 1_000 - 100 * DAY;

const opened = new AsyncDisposableStack();
let db: Database;

beforeAll(async () => {
  const { url } = opened.use(await createTestDatabase());
  db = opened.use(openDatabase({ url, applicationName: 'test' }));
  await readInstallation(db);
});
afterAll(() => opened[Symbol.asyncDispose]());
beforeEach(async () => {
  await db.query(sql`delete from api_keys`);
  await db.query(sql`update installation set keys_warned_until = null`);
});

/** Makes keys of which each expires at the same moment. */
async function addKeys(expiresAt: number, { count = 1, status = 'active' } = {}): Promise<void> {
  await db.query(sql`
    insert into api_keys (id, name, status, scopes, grants, expires_at, created_at, created_by, updated_at, revision)
    select gen_random_uuid(), 'k', ${status}::api_key_status, '{}', '{}', ${new Date(expiresAt)}, now(), 'test', now(), 0
    from generate_series(1, ${count}::integer)`);
}

/** A gateway whose readers are there. */
function gatewayFrom(startsAt: number) {
  let now = startsAt;
  let isAway = false;
  let looks = 0;
  const [published, logged]: [UnnumberedEvent[], string[]] = [[], []];
  const source = expirySourceIn(db);
  const logger = createLogger('warn', { write: (line) => void logged.push(line) });
  const failed = createRepeatedLog({ logger, clock: steadyClock, message: 'unread' });
  const warnings = startExpiryWarnings({
    feed: { publish: (event) => published.push(event) },
    keys: {
      ...source,
      list: (span) =>
        isAway ? expirySourceIn({ query: () => Promise.reject(new Error('away')) }).list(span) : source.list(span),
      async noteWarnedUntil(moment) {
        await source.noteWarnedUntil(moment);
        looks += 1;
      },
    },
    clock: () => now,
    failed,
    lookEveryMs: 1,
  });
  const lookTwice = async () => {
    const before = looks;
    await until('it has looked', () => looks > before + 1);
  };
  return {
    published,
    logged,
    days: () => published.map(({ data }) => (data as { days: number }).days),
    away: (value: boolean) => void (isAway = value),
    /** Waits until all of the time up to a moment was looked at. */
    async reach(moment: number) {
      now = moment;
      await lookTwice();
    },
    async [Symbol.asyncDispose]() {
      await warnings[Symbol.asyncDispose]();
      failed[Symbol.dispose]();
    },
  };
}

it('a key that is about to expire is on the feed 30, 7 and 1 days before, once each [feed-expiry]', async () => {
  const expiresAt = START + 31 * DAY;
  await addKeys(expiresAt);
  await addKeys(expiresAt, { status: 'inactive' });
  await using gateway = gatewayFrom(START);
  const seen: number[] = [];
  for (const daysLeft of [30.1, 29.9, 8, 7, 6, 1.1, 0.9, 0]) {
    await gateway.reach(expiresAt - daysLeft * DAY);
    seen.push(gateway.published.length);
  }
  expect(seen).toEqual([0, 1, 1, 2, 2, 2, 3, 3]);
  expect(gateway.days()).toEqual([30, 7, 1]);
  expect(gateway.published[0]).toMatchObject({
    type: 'key_expires',
    data: { expires_at: new Date(expiresAt).toISOString() },
  });
});

it('what nobody was there to tell is told by the next gateway, as it is then [feed-expiry]', async () => {
  {
    await using gateway = gatewayFrom(START);
    await gateway.reach(START + HOUR);
    expect(gateway.published).toEqual([]);
  }
  // While no gateway is there, one key comes within 30 days, and one within 30 and 7; one expires.
  await addKeys(START + 30 * DAY + 2 * HOUR);
  await addKeys(START + 8 * DAY);
  await addKeys(START + DAY + 2 * HOUR);
  const later = START + 2 * DAY;
  await using next = gatewayFrom(later);
  await next.reach(later);
  expect(next.days()).toEqual([30, 7]);
});

it('all keys are told of, however many come at once [feed-expiry]', async () => {
  await addKeys(START + 7 * DAY + HOUR, { count: 2_001 });
  await using gateway = gatewayFrom(START);
  await gateway.reach(START + 2 * HOUR);
  expect(new Set(gateway.published.map((event) => 'key' in event && event.key)).size).toBe(2_001);
  expect(gateway.published).toHaveLength(2_001);
});

it('what can’t be read is told when it can, and is in the log [feed-expiry]', async () => {
  await addKeys(START + 7 * DAY + HOUR);
  await using gateway = gatewayFrom(START);
  gateway.away(true);
  await until('it is in the log', () => gateway.logged.length > 0);
  expect(gateway.logged).toEqual([expect.stringContaining('unread')]);
  gateway.away(false);
  await gateway.reach(START + 2 * HOUR);
  expect(gateway.days()).toEqual([7]);
});
