import { afterAll, beforeAll, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { initializeAt } from './initializeAt.ts';

// A gateway whose version is the older one of two.

const opened = new AsyncDisposableStack();
let database: TestDatabase;
let gateway: TestGateway;
let cli: InProcessCli;

beforeAll(async () => {
  database = opened.use(await createTestDatabase());
  gateway = opened.use(await startTestGateway({ env: { DATABASE_URL: database.url }, logger: createLogger('silent') }));
  cli = opened.use(await openInProcessCli(database.url));
});
afterAll(() => opened.disposeAsync());

it('it stays ready for calls when a newer one has built the read tables, and accepts no changes [ops-mixed-versions]', async () => {
  const calculator = opened.use(await startBackendServer1({ port: 0 }));
  await gateway.addServer('calculator', calculator.url);
  const { apiKey } = await gateway.createKey({ scopes: ['mcp', 'servers:write'] });
  await database.db.query(sql`update checkpoints set version = version + 1 where projection = 'api_keys'`);
  const answer = await fetch(`${gateway.url}/health/ready`);
  expect([answer.status, await answer.json()]).toMatchObject([
    200,
    { ready: { calls: true, changes: false }, parts: { projections: { status: 'down' } } },
  ]);
  expect(await initializeAt(gateway, apiKey)).toBe(200);
  const change = await fetch(`${gateway.url}/api/v1/mcp/servers`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'another', url: 'http://127.0.0.1:9/mcp' }),
  });
  expect([change.status, await change.json()]).toMatchObject([503, { code: 'projection-newer' }]);
  await database.db.query(sql`update checkpoints set version = version - 1 where projection = 'api_keys'`);
});

it('a command of a newer version does not change the tables under it [ops-mixed-versions]', async () => {
  const [newest] = await database.db.query<{ name: string }>(sql`
    delete from schema_migrations where name = (select max(m.name) from schema_migrations m) returning name`);
  const read = await cli.run(['keys', 'list']);
  expect(read).toMatchObject({ code: 1, stdout: '' });
  expect(read.stderr).toMatch(/older version of MetaMCP, and a gateway of that runs\. .*db migrate/);
  expect(
    await database.db.query<{ one: number }>(
      sql`select 1 as one from schema_migrations where name = ${newest?.name ?? ''}`,
    ),
  ).toEqual([]);
});
