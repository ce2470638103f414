import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallEvent } from '../../src/calls/callEvent.ts';
import { pino } from 'pino';
import { Unavailable } from '../../src/errors/appError.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createCounters } from '../../src/usage/counters.ts';
import { addUsage, deleteOldUsage } from '../../src/usage/keyUsage.ts';
import { openUsageRecorder, type UsageRecorder, type UsageRecorderOptions } from '../../src/usage/recorder.ts';
import { lastUsed, recentCalls, usageOf, type UsageRequest } from '../../src/usage/usageQueries.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { call, methodCall } from './calls.ts';

const KEY = call().keyId;
const OTHER_KEY = KEY.replace(/1$/, '2');
const TEN = Date.parse('2026-03-01T10:00:00Z');
const [MINUTE, HOUR] = [60_000, 3_600_000];
const ALWAYS = { from: new Date(0), to: new Date('2100-01-01T00:00:00Z') };

let database: TestDatabase;
let db: Database;
let now: number;
/** A slow machine must not fail a test. */
const PATIENT = { timeout: 60_000 };
/** So that nothing is flushed but by a test. */
const NEVER_MS = 2 ** 31 - 1;

beforeEach(async () => {
  database = await createTestDatabase();
  db = database.db;
  now = TEN;
});
afterEach(() => database[Symbol.asyncDispose]());

function open(changes: Partial<UsageRecorderOptions> = {}): UsageRecorder {
  return openUsageRecorder({ db, clock: () => now, logger: createLogger('silent'), flushMs: NEVER_MS, ...changes });
}

async function record(...events: readonly CallEvent[]): Promise<void> {
  await using recorder = open();
  for (const event of events) recorder.onCall(event);
}

const asked = (request: Partial<UsageRequest>) => usageOf(db, { ...ALWAYS, groupBy: [], ...request });
const total = async () => (await asked({}))[0]!;

describe('what was recorded', () => {
  it('adds up over flushes, hours and recorders [usage-exact]', async () => {
    {
      await using first = open();
      await using second = open();
      for (let n = 0; n < 1_000; n += 1) (n % 2 === 0 ? first : second).onCall(call({ tool: `tool-${n % 7}` }));
      await Promise.all([first.flush(), second.flush()]);
      now = TEN + HOUR;
      for (let n = 0; n < 500; n += 1) (n % 2 === 0 ? first : second).onCall(call({ tool: `tool-${n % 7}` }));
    }
    expect(await total()).toMatchObject({ calls: 1_500, failed: 0, bytesIn: 150_000, bytesOut: 1_500_000 });
    expect((await asked({ groupBy: ['hour'] })).map(({ time, calls }) => [time?.toISOString(), calls])).toEqual([
      ['2026-03-01T10:00:00.000Z', 1_000],
      ['2026-03-01T11:00:00.000Z', 500],
    ]);
  });

  it('is told apart by what is asked for, and counted in ranges [usage-dimensions]', async () => {
    await record(
      call(),
      call({ outcome: 'upstream-reset', status: 502, durationMs: 90 }),
      call({ keyId: OTHER_KEY, server: 'files', tool: 'read' }),
      methodCall('tools/list'),
    );
    now = TEN + 26 * HOUR;
    await record(call({ bytesIn: 1 }));
    const shape = (rows: Awaited<ReturnType<typeof asked>>) =>
      rows.map(({ keyId, server, method, tool, time, calls }) => [
        ...[keyId, server, method, tool, time?.toISOString()].filter((part) => part !== undefined),
        calls,
      ]);
    expect(shape(await asked({ groupBy: ['key'] }))).toEqual([
      [KEY, 4],
      [OTHER_KEY, 1],
    ]);
    expect(shape(await asked({ groupBy: ['server', 'tool'] }))).toEqual([
      ['files', 'tools/call', 'read', 1],
      ['github', 'tools/call', 'search', 3],
      ['github', 'tools/list', 1],
    ]);
    expect(shape(await asked({ groupBy: ['day'] }))).toEqual([
      ['2026-03-01T00:00:00.000Z', 4],
      ['2026-03-02T00:00:00.000Z', 1],
    ]);
    expect(shape(await asked({ groupBy: ['day', 'server'], limit: 1 }))).toEqual([
      ['files', '2026-03-01T00:00:00.000Z', 1],
    ]);
    expect(shape(await asked({ keyId: KEY, server: 'github', tool: 'search' }))).toEqual([[3]]);
    const inRange = (from: string, to: string) => asked({ from: new Date(from), to: new Date(to) });
    expect((await inRange('2026-03-01T10:59:00Z', '2026-03-01T11:00:00Z'))[0]?.calls).toBe(4);
    expect(await inRange('2026-03-01T11:00:00Z', '2026-03-02T12:00:00Z')).toMatchObject([
      { calls: 0, failed: 0, latency: undefined, lastUsedAt: undefined },
    ]);
    expect((await asked({ server: 'github', to: new Date(TEN + HOUR) }))[0]).toMatchObject({
      calls: 3,
      failed: 1,
      errors: { client: 0, timeout: 0, upstream: 1, cut: 0, answer: 0 },
      latency: { p50: expect.any(Number), p99: expect.any(Number) },
      lastUsedAt: new Date(TEN),
    });
  });

  it('tells when keys were last used, and their calls in the last hour [usage-last-used]', async () => {
    await record(call());
    now = TEN + 52 * MINUTE;
    await record(call({ server: 'files' }), call());
    now = TEN + 61 * MINUTE;
    await record(call());
    const ids = [KEY, OTHER_KEY];
    expect(await lastUsed(db, ids)).toEqual(new Map([[KEY, new Date(now)]]));
    expect(await recentCalls(db, ids, new Date(now))).toEqual(new Map([[KEY, [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]]]));
    expect(await recentCalls(db, ids, new Date(TEN + 59 * MINUTE))).toEqual(
      new Map([[KEY, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]]]),
    );
    expect(await recentCalls(db, ids, new Date(TEN + 3 * HOUR))).toEqual(new Map());
  });
});

describe('a recorder', () => {
  it('runs no SQL on the call path, and one statement for a batch [usage-exact]', async () => {
    await using recorder = open();
    const before = db.statements;
    for (let n = 0; n < 2_000; n += 1) recorder.onCall(call({ tool: `tool-${n % 400}` }));
    expect(db.statements).toBe(before);
    await recorder.flush();
    expect(db.statements).toBe(before + 1);
    await recorder.flush();
    expect(db.statements).toBe(before + 1);
    expect((await total()).calls).toBe(2_000);
  });

  it('writes down at once what has become much', async () => {
    await using recorder = open();
    for (let n = 0; n < 5_000; n += 1) recorder.onCall(call({ keyId: keyId(n) }));
    await expect.poll(async () => (await total()).calls, PATIENT).toBe(5_000);
  });

  it('writes down in time, without being asked', async () => {
    await using recorder = open({ flushMs: 5 });
    recorder.onCall(call());
    await expect.poll(async () => (await total()).calls, PATIENT).toBe(1);
  });

  it('counts once what was written down without its hearing of it [usage-outage]', async () => {
    await using opened = new AsyncDisposableStack();
    const proxy = opened.use(await openTcpProxy(database.url));
    const far = opened.use(openDatabase({ url: proxy.url, applicationName: 'test usage', queryTimeoutMs: 300 }));
    await far.query<{ one: number }>(sql`select 1 as one`);
    const recorder = opened.use(open({ db: far }));
    recorder.onCall(call());
    proxy.mute();
    await recorder.flush();
    await expect.poll(async () => (await total()).calls, PATIENT).toBe(1);
    recorder.onCall(call({ tool: 'later' }));
    proxy.cut();
    proxy.thaw();
    await recorder.flush();
    await recorder.flush();
    expect([(await total()).calls, recorder.lost]).toEqual([2, 0]);
  });

  it('names a loss when a stop can’t wait for PostgreSQL any longer [usage-outage]', async () => {
    const recorder = open({
      db: openDatabase({ url: 'postgresql://127.0.0.1:9/x', applicationName: 'test' }),
      lastFlushMs: 0,
    });
    for (let n = 0; n < 3; n += 1) recorder.onCall(call());
    await recorder[Symbol.asyncDispose]();
    expect(recorder.lost).toBe(3);
  });

  it('drops a batch that PostgreSQL will never take, and goes on [usage-outage]', async () => {
    await using recorder = open();
    recorder.onCall(call({ keyId: 'no uuid' }));
    await recorder.flush();
    recorder.onCall(call());
    await recorder.flush();
    expect([recorder.lost, (await total()).calls]).toEqual([1, 1]);
  });

  it('deletes what is older than it may keep [usage-retention]', async () => {
    await record(call());
    now = TEN + 3 * 24 * HOUR;
    await using recorder = open({ retentionDays: 2, flushMs: 5 });
    recorder.onCall(call({ tool: 'new' }));
    await expect
      .poll(async () => (await asked({ groupBy: ['tool'] })).map(({ tool }) => tool), PATIENT)
      .toEqual(['new']);
  });
});

it('old usage is deleted by one process at a time [usage-retention]', async () => {
  await record(call());
  await db.transaction(async (tx) => {
    await tx.query<{ taken: number }>(sql`select 1 as taken from pg_advisory_xact_lock(${0x75736167})`);
    expect(await deleteOldUsage(db, 1, new Date(TEN + 25 * HOUR))).toBe(0);
  });
  expect(await deleteOldUsage(db, 1, new Date(TEN + 24 * HOUR))).toBe(0);
  expect(await deleteOldUsage(db, 1, new Date(TEN + 25 * HOUR))).toBe(1);
});

it('a gateway whose clock is far ahead deletes nothing [usage-retention]', async () => {
  now = Date.now();
  await record(call());
  const ahead = new Date(now + 500 * 24 * HOUR);
  expect(await deleteOldUsage(db, 400, ahead)).toBe(0);
  expect((await total()).calls).toBe(1);
});

it('a batch is added once, however often it is sent [usage-outage]', async () => {
  const counters = createCounters({ clock: () => TEN });
  counters.count(call());
  const batch = { id: '0190a1b2-0000-4000-8000-000000000009', increments: counters.take() };
  await Promise.all(Array.from({ length: 5 }, () => addUsage(db, batch)));
  expect((await total()).calls).toBe(1);
});

it('while PostgreSQL is away calls are counted, and written down when it is back [usage-outage]', async () => {
  await using opened = new AsyncDisposableStack();
  const proxy = opened.use(await openTcpProxy(database.url));
  const far = opened.use(openDatabase({ url: proxy.url, applicationName: 'test usage' }));
  const recorder = opened.use(open({ db: far }));
  recorder.onCall(call());
  await recorder.flush();
  await proxy.stop();
  for (let round = 0; round < 4; round += 1) {
    for (let n = 0; n < 10; n += 1) recorder.onCall(call({ tool: `round-${round}` }));
    await recorder.flush();
  }
  expect((await total()).calls).toBe(1);
  await proxy.start();
  await recorder.flush();
  await recorder.flush();
  expect([(await total()).calls, recorder.lost]).toEqual([41, 0]);
});

it('old usage that can’t be deleted while PostgreSQL is away is told of once, without a stack', async () => {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string): void => void lines.push(JSON.parse(text) as Record<string, unknown>);
  let tries = 0;
  const away: Database = {
    ...db,
    transaction() {
      tries += 1;
      return Promise.reject(new Unavailable('database-unavailable', 'PostgreSQL can’t be reached.'));
    },
  };
  await using recorder = open({ db: away, flushMs: 1, logger: pino({ level: 'info' }, { write }), lastFlushMs: 0 });
  await expect.poll(() => tries, PATIENT).toBeGreaterThan(5);
  expect(lines.map(({ msg, err }) => [msg, err])).toEqual([
    ['PostgreSQL (deletion of old usage) can’t be reached; it is tried again', undefined],
  ]);
  expect(recorder.lost).toBe(0);
});

function keyId(n: number): string {
  return `0190a1b2-0000-7000-8000-${String(n).padStart(12, '0')}`;
}
