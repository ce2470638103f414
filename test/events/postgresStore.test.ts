import { fc, test as propertyTest } from '@fast-check/vitest';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/events/canonicalJson.ts';
import type { EventStore, JsonObject } from '../../src/events/eventStore.ts';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { sql } from '../../src/postgres/sql.ts';
import { eventStoreContract } from '../contract/eventStore.ts';
import { collect, follow, ids, newEvent, newEvents, newStream } from '../contract/eventStoreFixture.ts';
import { clusterUrl, createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

const logger = createLogger('silent');

eventStoreContract(
  'the Postgres store',
  async () => {
    const database = await createTestDatabase();
    const killer = new pg.Client({ connectionString: await clusterUrl() });
    await killer.connect();
    const name = new URL(database.url).pathname.slice(1);
    return {
      open: () => openPostgresStore({ db: database.db, logger }),
      async cut() {
        await killer.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      },
      async [Symbol.asyncDispose]() {
        await killer.end();
        await database[Symbol.asyncDispose]();
      },
    };
  },
  { findsTakenIds: true },
);

describe('the Postgres store', () => {
  let database: TestDatabase;
  let store: EventStore;
  beforeAll(async () => {
    database = await createTestDatabase();
    store = openPostgresStore({ db: database.db, logger, pollMs: 50 });
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  test('begins empty', async () => {
    expect(await store.end()).toBeUndefined();
    expect(await collect(store.readAll())).toEqual([]);
    expect(await collect(store.readAll({ direction: 'backwards' }))).toEqual([]);
  });

  const storable = fc
    .jsonValue({ stringUnit: 'binary', maxDepth: 4 })
    .filter((value) => !JSON.stringify(value).includes('\\u0000')) as fc.Arbitrary<JsonObject[string]>;
  propertyTest.prop([fc.array(fc.dictionary(fc.string(), storable), { minLength: 1, maxLength: 20 })], { numRuns: 60 })(
    'gives back whatever JSON it was given, in canonical form [events-as-written]',
    async (objects) => {
      const stream = newStream();
      const events = objects.map((data) => ({ ...newEvent(data), metadata: { copy: data } }));
      await store.append(stream, 'no-stream', events);
      const read = await collect(store.readStream(stream));
      expect(read.map(({ data }) => canonicalJson(data))).toEqual(objects.map((data) => canonicalJson(data)));
      expect(read.map(({ metadata }) => canonicalJson(metadata))).toEqual(
        objects.map((data) => canonicalJson({ copy: data })),
      );
    },
  );

  test('gives back any finite number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 200 }),
        async (numbers) => {
          const stream = newStream();
          await store.append(stream, 'no-stream', [newEvent({ numbers })]);
          const [read] = await collect(store.readStream(stream));
          // JSON has no -0: RFC 8785 writes it as 0.
          expect(read?.data['numbers']).toEqual(numbers.map((number) => number + 0));
        },
      ),
      { numRuns: 30 },
    );
  });

  test('commits appends that wait together in one transaction', async () => {
    const streams = Array.from({ length: 64 }, newStream);
    await Promise.all(streams.map((stream) => store.append(stream, 'no-stream', newEvents(1))));
    const [row] = await database.db.query<{ transactions: string }>(sql`
      select count(distinct e.xmin::text) as transactions from events e where e.stream = any(${streams})`);
    expect(Number(row?.transactions)).toBeLessThan(8);
  });

  test('appends the neighbours of an append that the server rejects', async () => {
    await database.db.query(sql`alter table events add constraint good check (type <> 'Bad')`);
    const streams = Array.from({ length: 10 }, newStream);
    const outcomes = await Promise.allSettled(
      streams.map((stream, i) =>
        store.append(stream, 'no-stream', [{ ...newEvent(), type: i === 5 ? 'Bad' : 'Good' }]),
      ),
    );
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(streams.map((_, i) => i !== 5));
    expect(outcomes[5]).toMatchObject({ reason: { code: '23514' } });
  });

  test('finds events whose notification went missing', async () => {
    const stream = newStream();
    await using follower = follow(store, await store.end(), stream);
    await store.append(stream, 'no-stream', newEvents(1));
    await follower.reaches(1);
    await database.db.query(sql`
      insert into events (stream, revision, event_id, type, data, metadata, size)
      values (${stream}, 1, gen_random_uuid(), 'Unannounced', '{}', '{}', 0)`);
    await follower.reaches(2);
  });

  test('reads what was put before the first position, too', async () => {
    await using own = await createTestDatabase();
    await using smuggled = openPostgresStore({ db: own.db, logger });
    await own.db.query(sql`
      insert into events ("position", stream, revision, event_id, type, data, metadata, size)
      overriding system value
      values (-5, 's', 0, gen_random_uuid(), 'Smuggled', '{}', '{}', 0)`);
    expect(await collect(smuggled.readAll())).toMatchObject([{ position: -5n }]);
    await using follower = follow(smuggled, undefined, 's');
    await follower.reaches(1);
  });

  test('reads at most 4 MiB at a time', async () => {
    const stream = newStream();
    const start = await store.end();
    const events = Array.from({ length: 12 }, () => newEvent({ text: 'x'.repeat(900_000) }));
    for (const [i, event] of events.entries()) await store.append(stream, i === 0 ? 'no-stream' : i - 1, [event]);
    const before = database.db.statements;
    expect(ids(await collect(store.readStream(stream)))).toEqual(ids(events));
    expect(ids(await collect(store.readStream(stream, { direction: 'backwards' })))).toEqual(ids(events).reverse());
    expect(ids(await collect(store.readAll({ after: start ?? 0n })))).toEqual(ids(events));
    expect(ids(await collect(store.readAll({ direction: 'backwards', limit: 12 })))).toEqual(ids(events).reverse());
    // Three pages each, and where the end is.
    expect(database.db.statements - before).toBe(13);
  });

  test('opens no connection of its own for reading', async () => {
    await using other = openPostgresStore({ db: database.db, logger });
    const connections = async (): Promise<unknown> =>
      database.db.query<{ pid: number | null }>(sql`
        select a.pid from pg_stat_activity a
        where a.datname = current_database() and a.application_name like 'metamcp events%' order by a.pid`);
    const before = await connections();
    await collect(other.readAll({ limit: 1 }));
    expect(await connections()).toEqual(before);
  });

  test('refuses to append where the checks would see old rows', async () => {
    await using own = await createTestDatabase();
    const name = new URL(own.url).pathname.slice(1);
    await own.db.query({
      text: `alter database ${name} set default_transaction_isolation = 'serializable'`,
      values: [],
    });
    // Our own connections don't depend on it; a person who calls the function by hand might.
    const client = new pg.Client({ connectionString: own.url });
    await client.connect();
    try {
      await expect(client.query(`select append_events('[]')`)).rejects.toMatchObject({ code: '25000' });
    } finally {
      await client.end();
    }
    await using strict = openPostgresStore({ db: own.db, logger });
    expect(await strict.append('s', 'no-stream', newEvents(1))).toMatchObject({ revision: 0 });
  });

  test('keeps two schemas of one database apart', async () => {
    await using own = await createTestDatabase();
    await own.db.query(sql`create schema other`);
    const url = new URL(own.url);
    url.searchParams.set('options', '-c search_path=other');
    await using otherDb = openDatabase({ url: url.href, applicationName: 'test other schema' });
    await migrate(otherDb);
    // Without a poll in time, only a notification brings news.
    await using one = openPostgresStore({ db: own.db, logger, pollMs: 3_600_000 });
    await using other = openPostgresStore({ db: otherDb, logger, pollMs: 3_600_000 });
    await using follower = follow(other, undefined, 's');
    await other.append('s', 'no-stream', newEvents(1));
    await follower.reaches(1);
    await one.append('s', 'no-stream', newEvents(2));
    const last = newEvent();
    await other.append('s', 0, [last]);
    await follower.reaches(2);
    expect(follower.events.at(-1)?.id).toBe(last.id);
    const channels = await Promise.all(
      [own.db, otherDb].map((db) =>
        db.query<{ channel: string | null }>(sql`select c.channel from events_channel() as c (channel)`),
      ),
    );
    expect(channels[0]).not.toEqual(channels[1]);
  });

  test('appends what it accepted before it closes, and nothing after', async () => {
    const closing = openPostgresStore({ db: database.db, logger });
    const streams = Array.from({ length: 20 }, newStream);
    const appends = streams.map((stream) => closing.append(stream, 'no-stream', newEvents(1)));
    await closing[Symbol.asyncDispose]();
    expect(await Promise.all(appends)).toHaveLength(20);
    await expect(closing.append(newStream(), 'no-stream', newEvents(1))).rejects.toMatchObject({
      code: 'event-store-closed',
    });
  });
});
