import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRateLeases } from '../../src/calls/rateLeases.ts';
import { RateLimits } from '../../src/calls/rateLimits.ts';
import { steadyClock } from '../../src/clock.ts';
import { compileKeyLimits } from '../../src/limits/compiledLimits.ts';
import { openInvalidations } from '../../src/live/invalidations.ts';
import { countReplicas } from '../../src/live/replicas.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { LIMITED_CALL } from './limitedCall.ts';
import { until } from '../support/until.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

// What two gateways lease of a limit, by a clock of the test's own.

const opened = new AsyncDisposableStack();
let db: Database;

beforeAll(async () => {
  const { url } = opened.use(await createTestDatabase());
  db = opened.use(openDatabase({ url, applicationName: 'test', onIdleError: () => undefined }));
  const logger = createLogger('silent');
  for (const replica of ['one', 'two']) opened.use(openInvalidations({ url, replica, logger, clock: steadyClock }));
  await until('both gateways are announced', async () => (await countReplicas(db)) === 2);
});
afterAll(() => opened[Symbol.asyncDispose]());

it('a gateway that was killed shares no limit, though it is still announced [limits-shared]', async () => {
  await db.query(sql`insert into change_feeds (replica) values ('killed')`);
  expect(await countReplicas(db)).toBe(2);
});

/** One of the two gateways, with a key that has a limit. */
async function gatewayWith(text: string) {
  let now = 0;
  const rates = new RateLimits(() => now);
  const leases = await startRateLeases({ db, limits: rates, clock: () => now });
  await expect.poll(() => rates.sharing).toEqual({ gateways: 2, isLeased: true });
  const key = { limits: compileKeyLimits(crypto.randomUUID(), [text]) };
  return {
    take: () => rates.take(key, undefined, LIMITED_CALL),
    spend: (bytes: number) => rates.spend(key, undefined, LIMITED_CALL, bytes),
    pass: (ms: number) => void (now += ms),
    tokens: () => [...rates.buckets.values()].map(({ bucket }) => bucket.tokens),
    [Symbol.asyncDispose]: () => leases[Symbol.asyncDispose](),
  };
}

it.each(['requests=100/m', 'bytes=10MiB/m'])(
  'who calls now and then is let through at once, as often as %s allows [limits-shared]',
  async (text) => {
    await using gateway = await gatewayWith(text);
    for (let round = 0; round < 5; round++) {
      expect(gateway.take()).toBeUndefined();
      gateway.spend(2_000);
      // What was asked for is leased, and given back when it is not used for a second.
      await expect.poll(() => gateway.tokens().every((left) => left >= 1)).toBe(true);
      gateway.pass(1_500);
      await expect.poll(() => gateway.tokens().every((left) => left <= 1)).toBe(true);
    }
  },
);

it('bytes that were used beyond a limit are paid back, and then calls pass again [limits-shared]', async () => {
  await using gateway = await gatewayWith('bytes=2kB/s');
  expect(gateway.take()).toBeUndefined();
  gateway.spend(8_000);
  expect(gateway.take()).toMatchObject({ code: 'rate-limited' });
  // The time of the leases is that of the database.
  await expect.poll(() => gateway.take()).toBeUndefined();
});
