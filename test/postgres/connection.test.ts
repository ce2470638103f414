import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '../../src/postgres/connection.ts';
import { sql } from '../../src/postgres/sql.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

describe('a connection of its own', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ template: 'template0' });
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  test('hears the channels that it listens to, and no other', async () => {
    const heard: string[] = [];
    const { promise: end, resolve } = Promise.withResolvers<undefined>();
    await using connection = await openConnection({
      url: database.url,
      applicationName: 'test listen',
      onNotification(payload) {
        heard.push(payload);
        if (payload === 'end') resolve(undefined);
      },
    });
    await connection.listen('A "quoted" name');
    for (const [channel, payload] of [
      ['A "quoted" name', 'one'],
      ['another', 'two'],
      ['A "quoted" name', 'end'],
    ]) {
      await database.db.query({ text: 'select pg_notify($1, $2)', values: [channel, payload] });
    }
    await end;
    expect(heard).toEqual(['one', 'end']);
  });

  test('sets the server’s time-outs', async () => {
    await using connection = await openConnection({
      url: database.url,
      applicationName: 'test time-outs',
      lockTimeoutMs: 1_234,
      statementTimeoutMs: 2_345,
    });
    const rows = await connection.query<{ lock: string | null; statement: string | null; idle: string | null }>(sql`
      select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
        current_setting('idle_in_transaction_session_timeout') as idle`);
    expect(rows).toEqual([{ lock: '1234ms', statement: '2345ms', idle: '10s' }]);
  });

  test.each(['destroyed', 'lost'])('ends its statements when it is %s', async (how) => {
    await using proxy = await openTcpProxy(database.url);
    await using connection = await openConnection({ url: proxy.url, applicationName: 'test loss' });
    expect(connection.open).toBe(true);
    const statement = expect(
      connection.query<{ slept: string | null }>(sql`select pg_sleep(60)::text as slept`),
    ).rejects.toMatchObject({
      code: 'database-unavailable',
    });
    if (how === 'lost') proxy.cut();
    else connection.destroy();
    await statement;
    await connection.closed;
    expect(connection.open).toBe(false);
    await expect(connection.query<{ one: number }>(sql`select 1 as one`)).rejects.toMatchObject({
      code: 'database-unavailable',
    });
  });

  test('runs statements one after the other, a failed one too', async () => {
    await using connection = await openConnection({ url: database.url, applicationName: 'test order' });
    const outcomes = await Promise.allSettled([
      connection.query({ text: 'select nonsense', values: [] }),
      connection.query<{ one: number }>(sql`select 1 as one`),
    ]);
    expect(outcomes).toMatchObject([{ reason: { code: '42703' } }, { value: [{ one: 1 }] }]);
  });

  test('closes although the other side sends nothing', async () => {
    await using proxy = await openTcpProxy(database.url);
    const connection = await openConnection({ url: proxy.url, applicationName: 'test silence' });
    proxy.freeze();
    await connection[Symbol.asyncDispose]();
    expect(connection.open).toBe(false);
  });

  test('is refused in time where no server answers', async () => {
    await using proxy = await openTcpProxy(database.url);
    proxy.freeze();
    await expect(
      openConnection({ url: proxy.url, applicationName: 'test refusal', connectTimeoutMs: 100 }),
    ).rejects.toMatchObject({ code: 'database-unavailable' });
  });
});
