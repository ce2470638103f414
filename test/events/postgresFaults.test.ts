import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openPostgresStore, type PostgresStoreOptions } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { collect, follow, ids, newEvents } from '../contract/eventStoreFixture.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

/** Without a poll in time, only notifications and reconnections bring news. */
const NEVER = 3_600_000;

describe('the Postgres store on a bad network', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let proxied: Database;
  const stores: EventStore[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    proxy = await openTcpProxy(database.url);
    proxied = openDatabase({ url: proxy.url, applicationName: 'test by proxy' });
  });
  afterEach(async () => {
    proxy.thaw();
    await Promise.all(stores.splice(0).map((store) => store[Symbol.asyncDispose]()));
    await proxied[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  function open(options: Partial<PostgresStoreOptions> = {}): EventStore {
    const store = openPostgresStore({ db: proxied, logger: createLogger('silent'), ...options });
    stores.push(store);
    return store;
  }

  /** The store past the proxy. */
  function direct(): EventStore {
    const store = openPostgresStore({ db: database.db, logger: createLogger('silent') });
    stores.push(store);
    return store;
  }

  test('an append while the server is down appends nothing and says so', async () => {
    const store = open();
    await proxy.stop();
    const events = newEvents(1);
    await expect(store.append('s', 'no-stream', events)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'database-unavailable',
    });
    await proxy.start();
    expect(await store.append('s', 'no-stream', events)).toMatchObject({ revision: 0 });
  });

  test('an append whose answer is lost has an unknown outcome, and its retry the original result [events-retry-once]', async () => {
    const store = open();
    await store.append('s', 'no-stream', newEvents(1));
    proxy.mute();
    const events = newEvents(2);
    const outcome = expect(store.append('s', 0, events)).rejects.toMatchObject({ code: 'append-outcome-unknown' });
    await expect.poll(async () => ids(await collect(direct().readStream('s', { from: 1 })))).toEqual(ids(events));
    proxy.cut();
    await outcome;
    proxy.thaw();
    const last = await direct().end();
    expect(await store.append('s', 0, events)).toEqual({ revision: 2, position: last });
    expect(await direct().end()).toBe(last);
  });

  test('an append without an answer in time has an unknown outcome; one in line behind it is never made', async () => {
    const store = open({ appendDeadlineMs: 300 });
    await store.append('s', 'no-stream', newEvents(1));
    // The present connection is lost for good, and a new one gets no answer either.
    proxy.strand();
    proxy.freeze();
    const events = newEvents(1);
    const first = store.append('s', 0, events);
    await turn();
    await turn();
    const [sent, inLine] = await Promise.allSettled([first, store.append('t', 'no-stream', newEvents(1))]);
    expect(sent).toMatchObject({ reason: { code: 'append-outcome-unknown' } });
    expect(inLine).toMatchObject({ reason: { code: 'append-not-now' } });
    proxy.thaw();
    expect(await store.append('s', 0, events)).toMatchObject({ revision: 1 });
    expect(await collect(direct().readStream('s'))).toHaveLength(2);
    expect(await collect(direct().readStream('t'))).toEqual([]);
  });

  test('an append that waits too long for its turn appends nothing and says so', async () => {
    const store = open({ appendDeadlineMs: 400 });
    const events = newEvents(1);
    await database.db.transaction(async (tx) => {
      await tx.query<{ locked: number }>(
        sql`select 1 as locked from pg_advisory_xact_lock(1163284301, 'events'::regclass::oid::integer)`,
      );
      await expect(store.append('s', 'no-stream', events)).rejects.toMatchObject({ code: 'append-not-now' });
    });
    expect(await store.append('s', 'no-stream', events)).toMatchObject({ revision: 0 });
  });

  test('a subscription outlives a server that is down for a while [events-none-lost]', async () => {
    const store = open({ pollMs: NEVER });
    await using follower = follow(store, undefined, 's');
    await direct().append('s', 'no-stream', newEvents(1));
    await follower.reaches(1);
    await proxy.stop();
    await direct().append('s', 0, newEvents(700));
    await proxy.start();
    await follower.reaches(701);
    await direct().append('s', 700, newEvents(1));
    await follower.reaches(702);
    expect(ids(follower.events)).toEqual(ids(await collect(direct().readStream('s'))));
  });

  test('a subscription that begins while the server is down waits for it', async () => {
    await direct().append('s', 'no-stream', newEvents(2));
    await proxy.stop();
    await using follower = follow(open({ pollMs: NEVER }), undefined, 's');
    await proxy.start();
    await follower.reaches(2);
  });

  test('a subscription ends at once when aborted, although the server sends nothing', async () => {
    const store = open({ pollMs: NEVER });
    await direct().append('s', 'no-stream', newEvents(501));
    const abort = new AbortController();
    const events = store.subscribe({ signal: abort.signal })[Symbol.asyncIterator]();
    for (let i = 0; i < 500; i += 1) await events.next();
    proxy.freeze();
    // One page is used up; the next one will not come.
    const next = events.next();
    abort.abort();
    expect(await next).toMatchObject({ done: true });
  });

  test('a subscription whose host went away without a word finds it again', async () => {
    const store = open({ pollMs: 20 });
    await using follower = follow(store, undefined, 's');
    await direct().append('s', 'no-stream', newEvents(1));
    await follower.reaches(1);
    proxy.strand();
    await direct().append('s', 0, newEvents(1));
    await follower.reaches(2);
  });
});
