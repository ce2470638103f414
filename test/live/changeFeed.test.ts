import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { openChangeFeed, type ChangeFeed } from '../../src/live/changeFeed.ts';
import { notifyChange, type Change } from '../../src/projections/running/changedSubjects.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { openTransactionPooler } from '../support/transactionPooler.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { changeKey, changeServer, keyCreated, settings } from '../projections/history.ts';
import { allProjections, silent } from '../projections/readModel.ts';
import { until } from '../projections/until.ts';

const A = '01900000-0000-7000-8000-00000000000a';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function open(url = database.url, clock: Clock = systemClock): ChangeFeed {
  return openChangeFeed({ url, replica: 'r1', logger: silent, clock });
}

/** Listens and remembers. */
function changesOf(feed: ChangeFeed): Change[] {
  const changes: Change[] = [];
  feed.onChange((change) => {
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

const trust = (feed: ChangeFeed) => until('the feed is trusted', () => feed.trusted);

describe('a change feed', () => {
  test('is trusted only after everything was read again', async () => {
    await using feed = open();
    const rereading = Promise.withResolvers<undefined>();
    const begun = Promise.withResolvers<Change>();
    feed.onChange(async (change) => {
      begun.resolve(change);
      await rereading.promise;
    });
    expect(await begun.promise).toEqual({ all: true });
    expect(feed.trusted).toBe(false);
    rereading.resolve(undefined);
    await trust(feed);
  });

  test('tells which keys and servers a pump has changed', async () => {
    await using feed = open();
    const changes = changesOf(feed);
    await trust(feed);
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await changeServer(store, 's', { type: 'McpServerRegistered', data: settings() });
    await createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent }).pump();
    await until('it is told', () => changes.length > 1);
    expect(changes).toEqual([{ all: true }, { keys: [A], servers: ['s'] }]);
  });

  test('tells that anything may have changed when there is too much to name, or it can’t be read', async () => {
    await using feed = open();
    const changes = changesOf(feed);
    await trust(feed);
    await notifyChange(database.db, { keys: Array.from({ length: 300 }, () => crypto.randomUUID()), servers: [] });
    await database.db.query({ text: `notify metamcp_changes, 'what?'`, values: [] });
    await until('both are told', () => changes.length === 3);
    expect(changes.slice(1)).toEqual([{ all: true }, { all: true }]);
  });

  test('that loses its connection is trusted again only after everything was read again', async () => {
    await using feed = open();
    await trust(feed);
    const seen: boolean[] = [];
    feed.onChange(() => {
      seen.push(feed.trusted);
    });
    await terminateFeed();
    await until('it has reconnected', () => seen.length > 0);
    expect(seen).toEqual([false]);
    await trust(feed);
  });

  test('is not trusted from the moment on when its connection is cut, for as long as the server is away', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using feed = open(proxy.url);
    const changes = changesOf(feed);
    await trust(feed);
    await proxy.stop();
    await until('the loss is seen', () => !feed.trusted);
    await proxy.start();
    await trust(feed);
    expect(changes).toEqual([{ all: true }, { all: true }]);
  });

  test('notices a connection that went silent within seconds, and makes a new one', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using feed = open(proxy.url);
    await trust(feed);
    const strandedAt = performance.now();
    proxy.strand();
    await until('the silence is noticed', () => !feed.trusted);
    // A heartbeat every 2 s, 1 s to answer it; the rest is for a busy machine.
    expect(performance.now() - strandedAt).toBeLessThan(6_000);
    await trust(feed);
  });

  test('that comes to lead to a pooler in transaction mode is not trusted, and says why [ops-pooler]', async () => {
    await using pooler = await openTransactionPooler(database.url);
    await using proxy = await openTcpProxy(database.url);
    await using feed = open(proxy.url);
    await trust(feed);
    proxy.leadTo(pooler.url);
    proxy.cut();
    await until('the pooler is found out', () => feed.fault?.code === 'database-pooled');
    expect(feed.trusted).toBe(false);
    proxy.leadTo(database.url);
    await trust(feed);
    expect(feed.fault).toBeUndefined();
  });

  test('of a process that was frozen for longer than its lease is not trusted until the server has answered', async () => {
    let now = 1_000_000;
    await using feed = open(database.url, () => now);
    await trust(feed);
    now += 4_000;
    expect(feed.trusted).toBe(false);
    await trust(feed);
  });

  test('a listener that fails makes it start again, until everything was taken in', async () => {
    await using feed = open();
    await trust(feed);
    const changes: Change[] = [];
    feed.onChange((change) => {
      changes.push(change);
      if (changes.length < 3) throw new Error('the table can’t be read');
    });
    await notifyChange(database.db, { keys: [A], servers: [] });
    await until('it was told again', () => changes.length === 3);
    await trust(feed);
    expect(changes).toEqual([{ keys: [A], servers: [] }, { all: true }, { all: true }]);
  });

  test('tells a listener no more after it was removed', async () => {
    await using feed = open();
    await trust(feed);
    let told = 0;
    const stop = feed.onChange(() => {
      told += 1;
    });
    const changes = changesOf(feed);
    stop();
    await notifyChange(database.db, { keys: [A], servers: [] });
    await until('the other one is told', () => changes.length === 1);
    expect(told).toBe(0);
  });

  test('ends at once, connected or not, and leaves no connection', async () => {
    const feed = open();
    await trust(feed);
    await feed[Symbol.asyncDispose]();
    expect(feed.trusted).toBe(false);
    const nowhere = open('postgresql://nobody@127.0.0.1:1/none');
    await nowhere[Symbol.asyncDispose]();
    await using db = openDatabase({ url: database.url, applicationName: 'looking' });
    await until('no feed is connected', async () => {
      const rows = await db.query<object>({
        text: `select 1 from pg_stat_activity where datname = current_database() and application_name like 'metamcp%feed%'`,
        values: [],
      });
      return rows.length === 0;
    });
  });
});
