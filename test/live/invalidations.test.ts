import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { openInvalidations, type Invalidations } from '../../src/live/invalidations.ts';
import { invalidationOf, notifyInvalidation, type Invalidation } from '../../src/projections/tables/invalidation.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { openTransactionPooler } from '../support/transactionPooler.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { changeKey, changeServer, keyCreated, settings } from '../projections/history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { silent } from '../projections/readModel.ts';
import { until } from '../support/until.ts';

const A = '01900000-0000-7000-8000-00000000000a';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function open(url = database.url, clock: Clock = systemClock): Invalidations {
  return openInvalidations({ url, replica: 'r1', logger: silent, clock });
}

/** Listens and remembers. */
function invalidationsOf(invalidations: Invalidations): Invalidation[] {
  const changes: Invalidation[] = [];
  invalidations.onInvalidation((change) => {
    changes.push(change);
  });
  return changes;
}

function terminateFeed(): Promise<unknown> {
  return database.db.query({
    text: `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name like 'metamcp-feed %'`,
    values: [],
  });
}

const trust = (invalidations: Invalidations) => until('they are trusted', () => invalidations.trusted);

describe('the invalidations of a replica', () => {
  test('is trusted only after everything was read again', async () => {
    await using invalidations = open();
    const rereading = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<Invalidation>();
    invalidations.onInvalidation(async (change) => {
      begun.resolve(change);
      await rereading.promise;
    });
    expect(await begun.promise).toEqual({ all: true });
    expect(invalidations.trusted).toBe(false);
    rereading.resolve(undefined);
    await trust(invalidations);
  });

  test('tells which keys and servers a pump has changed', async () => {
    await using invalidations = open();
    const changes = invalidationsOf(invalidations);
    await trust(invalidations);
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await changeServer(store, 's', { type: 'McpServerRegistered', data: settings() });
    await createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent }).pump();
    await until('it arrives', () => changes.length > 1);
    const events = [`apiKey-${A}@0`, `apiKey-${A}@1`, 'mcpServer-s@0'];
    expect(changes).toEqual([{ all: true }, { keys: [A], created: [A], servers: ['s'], events }]);
  });

  test('tells that anything may have changed when there is too much to name, or it can’t be read', async () => {
    await using invalidations = open();
    const changes = invalidationsOf(invalidations);
    await trust(invalidations);
    await notifyInvalidation(database.db, {
      keys: Array.from({ length: 300 }, () => crypto.randomUUID()),
      servers: [],
    });
    await database.db.query({ text: `notify metamcp_changes, 'what?'`, values: [] });
    await until('both arrive', () => changes.length === 3);
    expect(changes.slice(1)).toEqual([{ all: true }, { all: true }]);
    // The keys are what has to be read again; the names of their events go first.
    const streams = Array.from({ length: 150 }, () => `apiKey-${crypto.randomUUID()}`);
    const many = invalidationOf(streams.map((stream) => ({ stream, revision: 1 })));
    await notifyInvalidation(database.db, many);
    await until('it arrives', () => changes.length === 4);
    expect(changes[3]).toEqual({ ...many, events: undefined });
  });

  test('that loses its connection is trusted again only after everything was read again', async () => {
    await using invalidations = open();
    await trust(invalidations);
    const seen: boolean[] = [];
    invalidations.onInvalidation(() => {
      seen.push(invalidations.trusted);
    });
    await terminateFeed();
    await until('it has reconnected', () => seen.length > 0);
    expect(seen).toEqual([false]);
    await trust(invalidations);
  });

  test('is not trusted from the moment on when its connection is cut, for as long as the server is away', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using invalidations = open(proxy.url);
    const changes = invalidationsOf(invalidations);
    await trust(invalidations);
    await proxy.stop();
    await until('the loss is seen', () => !invalidations.trusted);
    await proxy.start();
    await trust(invalidations);
    expect(changes).toEqual([{ all: true }, { all: true }]);
  });

  test('notices a connection that went silent within seconds, and makes a new one', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using invalidations = open(proxy.url);
    await trust(invalidations);
    const strandedAt = performance.now();
    proxy.strand();
    await until('the silence is noticed', () => !invalidations.trusted);
    // A heartbeat every 2 s, 1 s to answer it; the rest is for a busy machine.
    expect(performance.now() - strandedAt).toBeLessThan(6_000);
    await trust(invalidations);
  });

  test('that comes to lead to a pooler in transaction mode is not trusted, with the reason [ops-pooler]', async () => {
    await using pooler = await openTransactionPooler(database.url);
    await using proxy = await openTcpProxy(database.url);
    await using invalidations = open(proxy.url);
    await trust(invalidations);
    proxy.leadTo(pooler.url);
    proxy.cut();
    await until('the pooler is found out', () => invalidations.fault?.code === 'database-pooled');
    expect(invalidations.trusted).toBe(false);
    proxy.leadTo(database.url);
    await trust(invalidations);
    expect(invalidations.fault).toBeUndefined();
  });

  test('of a process that was frozen for longer than its lease is not trusted until the server has answered', async () => {
    let now = 1_000_000;
    await using invalidations = open(database.url, () => now);
    await trust(invalidations);
    now += 4_000;
    expect(invalidations.trusted).toBe(false);
    await trust(invalidations);
  });

  test('a listener that fails makes it start again, until everything was taken in', async () => {
    await using invalidations = open();
    await trust(invalidations);
    const changes: Invalidation[] = [];
    invalidations.onInvalidation((change) => {
      changes.push(change);
      if (changes.length < 3) throw new Error('the table can’t be read');
    });
    await notifyInvalidation(database.db, { keys: [A], servers: [] });
    await until('everything is read again', () => changes.length === 3);
    await trust(invalidations);
    expect(changes).toEqual([{ keys: [A], servers: [] }, { all: true }, { all: true }]);
  });

  test('tells a listener no more after it was removed', async () => {
    await using invalidations = open();
    await trust(invalidations);
    let calls = 0;
    const stop = invalidations.onInvalidation(() => {
      calls += 1;
    });
    const changes = invalidationsOf(invalidations);
    stop();
    await notifyInvalidation(database.db, { keys: [A], servers: [] });
    await until('the other one is called', () => changes.length === 1);
    expect(calls).toBe(0);
  });

  test('ends at once, connected or not, and leaves no connection', async () => {
    const invalidations = open();
    await trust(invalidations);
    await invalidations[Symbol.asyncDispose]();
    expect(invalidations.trusted).toBe(false);
    const nowhere = open('postgresql://nobody@127.0.0.1:1/none');
    await nowhere[Symbol.asyncDispose]();
    await using db = openDatabase({ url: database.url, applicationName: 'looking' });
    await until('no invalidations is connected', async () => {
      const rows = await db.query<object>({
        text: `select 1 from pg_stat_activity where datname = current_database() and application_name like 'metamcp%invalidations%'`,
        values: [],
      });
      return rows.length === 0;
    });
  });
});
