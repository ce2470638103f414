import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRateLeases } from '../../src/calls/rateLeases.ts';
import { RateLimits } from '../../src/calls/rateLimits.ts';
import { steadyClock } from '../../src/clock.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import { compileKeyLimits } from '../../src/limits/compiledLimits.ts';
import { openInvalidations } from '../../src/live/invalidations.ts';
import { countReplicas } from '../../src/live/replicas.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { LIMITED_CALL } from './limitedCall.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { until } from '../support/until.ts';

// What is left of a limit when gateways start and stop, and when their database is away. A day's limit does not refill while a test runs.

const opened = new AsyncDisposableStack();
let db: Database;
let url: string;

beforeAll(async () => {
  ({ url } = opened.use(await createTestDatabase()));
  db = opened.use(openDatabase({ url, applicationName: 'test', onIdleError: () => undefined }));
});
afterAll(() => opened[Symbol.asyncDispose]());

let keyId: string;
beforeEach(() => {
  keyId = crypto.randomUUID();
});

/** So many gateways are announced, until it is disposed of. */
async function announced(count: number): Promise<AsyncDisposable> {
  const logger = createLogger('silent');
  const all = new AsyncDisposableStack();
  all.defer(() => until('none is announced', async () => (await countReplicas(db)) === 0));
  for (let at = 0; at < count; at += 1) all.use(openInvalidations({ url, replica: 'any', logger, clock: steadyClock }));
  await until('all are announced', async () => (await countReplicas(db)) === count);
  return all;
}

/** A gateway of the key of the test. */
async function gatewayWith(text: string, gateways: number) {
  let passed = 0;
  const clock = () => steadyClock() + passed;
  const rates = new RateLimits(clock);
  let isAway = false;
  const leases = await startRateLeases({
    db: {
      query: (statement) => (isAway ? Promise.reject(new Unavailable('away', 'Away.')) : db.query(statement)),
      transaction: (work) => (isAway ? Promise.reject(new Unavailable('away', 'Away.')) : db.transaction(work)),
    },
    limits: rates,
    clock,
  });
  await expect.poll(() => rates.sharing).toEqual({ gateways, isLeased: gateways > 1 });
  const key = { limits: compileKeyLimits(keyId, [text]) };
  let taken = 0;
  const take = () => {
    const refusal = rates.take(key, undefined, LIMITED_CALL);
    if (refusal === undefined) taken += 1;
    return refusal;
  };
  return {
    take,
    /** Takes until so many calls have passed in all, as leases come. */
    takeUpTo: (calls: number) => expect.poll(() => take() === undefined && taken, { interval: 5 }).toBe(calls),
    /** Takes for as long as leases may come. @returns how many calls have passed */
    async takeAll() {
      for (let refused = 0; refused < 40;) {
        refused = take() === undefined ? 0 : refused + 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return taken;
    },
    spend: (bytes: number) => rates.spend(key, undefined, LIMITED_CALL, bytes),
    sharing: () => rates.sharing,
    pass: (ms: number) => void (passed += ms),
    away: (value: boolean) => (isAway = value),
    [Symbol.asyncDispose]: () => leases[Symbol.asyncDispose](),
  };
}

it('a gateway that starts again goes on with what was left [limits-kept]', async () => {
  {
    await using gateway = await gatewayWith('requests=10/d', 1);
    await gateway.takeUpTo(7);
  }
  await using again = await gatewayWith('requests=10/d', 1);
  expect(await again.takeAll()).toBe(3);
});

it('several that start again go on with what was left [limits-kept]', async () => {
  await using _ = await announced(2);
  {
    await using gateway = await gatewayWith('requests=10/d', 2);
    await gateway.takeUpTo(7);
  }
  await using again = await gatewayWith('requests=10/d', 2);
  await using another = await gatewayWith('requests=10/d', 2);
  for (const gateway of [again, another]) expect(gateway.take()).toBeUndefined();
  const taken = (await again.takeAll()) + (await another.takeAll());
  // What the one has begun with, the other one may not have heard of when it leases the rest.
  expect([3, 4]).toContain(taken);
});

it('the gateway that remains gets what the others have left of a limit [limits-kept]', async () => {
  const both = await announced(2);
  await using gateway = await gatewayWith('requests=100/d', 2);
  await gateway.takeUpTo(5);
  await both[Symbol.asyncDispose]();
  gateway.pass(2_000);
  await expect.poll(() => gateway.sharing()).toEqual({ gateways: 1, isLeased: false });
  await gateway.takeUpTo(90);
  expect(await gateway.takeAll()).toBe(100);
});

it('a database that was away for a moment has used up nothing [limits-kept]', async () => {
  await using _ = await announced(2);
  await using gateway = await gatewayWith('requests=100/d', 2);
  await gateway.takeUpTo(10);
  for (let time = 0; time < 3; time += 1) {
    gateway.away(true);
    gateway.take();
    await expect.poll(() => gateway.take() === undefined || gateway.sharing().isLeased).toBe(false);
    gateway.away(false);
    gateway.pass(2_000);
    await expect.poll(() => gateway.sharing().isLeased).toBe(true);
  }
  expect(await gateway.takeAll()).toBeGreaterThan(90);
});

it('bytes beyond a limit are a debt at all gateways, also when nobody calls meanwhile [limits-shared]', async () => {
  await using _ = await announced(2);
  await using one = await gatewayWith('bytes=1MiB/s', 2);
  await using two = await gatewayWith('bytes=1MiB/s', 2);
  for (const [gateway, bytes] of [
    [one, 1_000 * 1_048_576],
    [two, 1_048_576],
  ] as const) {
    expect(gateway.take()).toBeUndefined();
    gateway.spend(bytes);
  }
  for (const idleMs of [0, 5_000]) {
    for (const gateway of [one, two]) {
      gateway.pass(idleMs);
      await expect.poll(() => gateway.take()?.data?.['retryAfterSeconds']).toBeGreaterThan(900);
    }
  }
});

it('a database whose clock was set back keeps nobody waiting [limits-shared]', async () => {
  await using _ = await announced(2);
  await using gateway = await gatewayWith('requests=100/s', 2);
  await gateway.takeUpTo(60);
  await db.query(sql`update rate_leases set full_at = full_at + interval '10 minutes'`);
  await gateway.takeUpTo(200);
});
