import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

describe('the database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ template: 'template0' });
    await database.db.query(sql`create table kept (n integer)`);
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  async function kept(): Promise<number[]> {
    const rows = await database.db.query<{ n: number }>({ text: 'select n from kept order by n', values: [] });
    return rows.map(({ n }) => n);
  }

  test('counts its statements, with those of transactions', async () => {
    const { db } = database;
    const before = db.statements;
    await db.query<{ one: number }>(sql`select 1 as one`);
    await db.transaction((tx) => tx.query<{ one: number }>(sql`select 1 as one`));
    expect(db.statements - before).toBe(4);
  });

  test('keeps what a transaction wrote, and nothing when its work throws', async () => {
    const { db } = database;
    const insert = (n: number): ReturnType<typeof sql> => ({ text: 'insert into kept values ($1)', values: [n] });
    expect(await db.transaction(async (tx) => (await tx.query(insert(1)), 'result'))).toBe('result');
    const failure = new Error('stop');
    await expect(
      db.transaction(async (tx) => {
        await tx.query(insert(2));
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await kept()).toEqual([1]);
  });

  test('runs transactions at read committed, whatever the default', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_isolation=serializable');
    await using db = openDatabase({ url: url.href, applicationName: 'test isolation' });
    const [row] = await db.transaction((tx) =>
      tx.query<{ level: string | null }>(sql`select current_setting('transaction_isolation') as level`),
    );
    expect(row?.level).toBe('read committed');
  });

  test('leaves a rejected statement’s error as it is', async () => {
    await expect(database.db.query({ text: 'select nonsense', values: [] })).rejects.toMatchObject({ code: '42703' });
  });

  test('survives the loss of a connection between two statements of a transaction', async () => {
    const { db } = database;
    await expect(
      db.transaction(async (tx) => {
        const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        await db.query<{ done: number }>(sql`select 1 as done from pg_terminate_backend(${row!.pid})`);
        // Until pg has noticed by itself, with no statement under way.
        await gone(row!.pid);
        await tx.query<{ one: number }>(sql`select 1 as one`);
      }),
    ).rejects.toMatchObject({ kind: 'unavailable', code: 'database-unavailable' });
    expect(await db.query<{ one: number }>(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  async function gone(pid: number): Promise<void> {
    await expect
      .poll(() => database.db.query<{ pid: number }>(sql`select a.pid from pg_stat_activity a where a.pid = ${pid}`))
      .toEqual([]);
  }

  test('tells of a lost idle connection and replaces it', async () => {
    await using proxy = await openTcpProxy(database.url);
    const { promise: broken, resolve } = Promise.withResolvers<Error>();
    await using db = openDatabase({ url: proxy.url, applicationName: 'test idle', onIdleError: resolve });
    await db.query<{ one: number }>(sql`select 1 as one`);
    proxy.cut();
    expect(await broken).toBeInstanceOf(Error);
    expect(await db.query<{ one: number }>(sql`select 1 as one`)).toEqual([{ one: 1 }]);
  });

  test('gives up a statement that is never answered, and works on over another connection', async () => {
    await using proxy = await openTcpProxy(database.url);
    await using db = openDatabase({ url: proxy.url, applicationName: 'test silence', queryTimeoutMs: 200 });
    const one = sql`select 1 as one`;
    await db.query<{ one: number }>(one);
    proxy.strand();
    const outage = { kind: 'unavailable', code: 'database-unavailable' };
    await expect(db.query<{ one: number }>(one)).rejects.toMatchObject(outage);
    expect(await db.query<{ one: number }>(one)).toEqual([{ one: 1 }]);

    // In a transaction, and when it can't even be rolled back.
    const stuck = db.transaction(
      async (tx) => {
        await tx.query<{ one: number }>(one);
        proxy.strand();
        await tx.query<{ one: number }>(one);
      },
      { statementTimeoutMs: 200 },
    );
    await expect(stuck).rejects.toMatchObject(outage);
    expect(await db.transaction((tx) => tx.query<{ one: number }>(one))).toEqual([{ one: 1 }]);
  });

  test.each([
    ['a port without a listener', (url: URL) => (url.port = '1')],
    ['a wrong password', (url: URL) => (url.password = 'wrong')],
    ['a database that does not exist', (url: URL) => (url.pathname = '/nowhere')],
  ])('is unavailable with %s', async (_, change) => {
    const url = new URL(database.url);
    change(url);
    await using db = openDatabase({ url: url.href, applicationName: 'test outage' });
    const outage = { kind: 'unavailable', code: 'database-unavailable' };
    await expect(db.query<{ one: number }>(sql`select 1 as one`)).rejects.toMatchObject(outage);
    await expect(db.transaction(() => Promise.resolve())).rejects.toMatchObject(outage);
  });

  test('is unavailable when the server shuts a statement’s connection', async () => {
    const pid = Promise.withResolvers<number>();
    const cut = database.db.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>(sql`select pg_backend_pid() as pid`);
      pid.resolve(row!.pid);
      await tx.query({ text: 'select pg_sleep(60)', values: [] });
    });
    const outcome = expect(cut).rejects.toMatchObject({ code: 'database-unavailable' });
    await database.db.query<{ done: number }>(sql`select 1 as done from pg_terminate_backend(${await pid.promise})`);
    await outcome;
  });

  test('closes although a statement is in line for a lock, and what it did is rolled back', async () => {
    const held = Promise.withResolvers<undefined>();
    const locked = Promise.withResolvers<undefined>();
    const holding = database.db.transaction(async (tx) => {
      await tx.query(sql`lock table kept`);
      locked.resolve(undefined);
      await held.promise;
    });
    await locked.promise;
    const db = openDatabase({ url: database.url, applicationName: 'test closing' });
    const waiting = db.transaction((tx) => tx.query({ text: 'insert into kept values (99)', values: [] }));
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'database-unavailable' });
    await vi.waitUntil(async () => {
      const rows = await database.db.query<{ one: number }>(
        sql`select 1 as one from pg_stat_activity where application_name = 'test closing' and wait_event_type = 'Lock'`,
      );
      return rows.length === 1;
    });
    // With the lock still held: only closing can end it.
    await db[Symbol.asyncDispose]();
    await outcome;
    held.resolve(undefined);
    await holding;
    expect(await kept()).not.toContain(99);
  });
});
