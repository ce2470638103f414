import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnection } from '../../src/postgres/connection.ts';
import { probeSession } from '../../src/postgres/sessionProbe.ts';
import { hasPgBouncer, openPgBouncer, type PoolMode } from '../support/pgBouncer.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { openTransactionPooler, type Choice } from '../support/transactionPooler.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

const POOLED = { code: 'database-pooled', message: expect.stringContaining('or to a pooler in session mode') };

/** Has the pooler keep so many idle sessions, as it does when others use it, too. */
async function useAtOnce(url: string, count: number): Promise<void> {
  const connections = await Promise.all(
    Array.from({ length: count }, () => openConnection({ url, applicationName: 'somebody else' })),
  );
  for (const text of ['begin', 'commit']) {
    await Promise.all(connections.map((connection) => connection.query({ text, values: [] })));
  }
  await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
}

describe('a connection keeps its session', () => {
  it('when it leads to PostgreSQL itself, over whatever network', async () => {
    await probeSession(database.url);
    await using proxy = await openTcpProxy(database.url);
    await probeSession(proxy.url);
  });

  it('and PostgreSQL that can’t be reached is no pooler', async () => {
    await expect(probeSession('postgresql://nobody@127.0.0.1:1/none')).rejects.toMatchObject({
      code: 'database-unavailable',
    });
  });
});

describe('a pooler in transaction mode is found out [ops-pooler]', () => {
  const cases: [number, Choice, number][] = [
    [1, 'last used', 0],
    [2, 'last used', 0],
    [2, 'longest idle', 2],
    [5, 'longest idle', 5],
    [5, 'last used', 5],
  ];
  it.each(cases)(
    'with %i sessions, of which a transaction gets the one %s, and %i idle',
    async (sessions, choice, idle) => {
      await using pooler = await openTransactionPooler(database.url, { sessions, choice });
      if (idle > 0) await useAtOnce(pooler.url, idle);
      await expect(probeSession(pooler.url)).rejects.toMatchObject(POOLED);
    },
  );
});

describe.skipIf(!hasPgBouncer())('of PgBouncer [ops-pooler]', () => {
  it.each<[PoolMode, Record<string, string>]>([
    ['transaction', {}],
    ['transaction', { default_pool_size: '1' }],
    ['transaction', { server_round_robin: '1' }],
    ['transaction', { server_reset_query_always: '1' }],
    ['statement', {}],
  ])('the mode %s is refused, with %o', async (mode, settings) => {
    await using bouncer = await openPgBouncer(database.url, mode, settings);
    await expect(probeSession(bouncer.url)).rejects.toMatchObject(POOLED);
    if (mode === 'statement' || settings['default_pool_size'] === '1') return;
    await useAtOnce(bouncer.url, 3);
    await expect(probeSession(bouncer.url)).rejects.toMatchObject(POOLED);
  });

  it('the mode session is as good as PostgreSQL itself', async () => {
    await using bouncer = await openPgBouncer(database.url, 'session');
    await probeSession(bouncer.url);
  });
});
