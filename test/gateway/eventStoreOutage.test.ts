import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { initializeAt } from './initializeAt.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { deleteVaultKeys, insertVaultKey, listVaultKeys } from '../../src/vault/vaultKeys.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// A gateway whose event store is an EventStoreDB that is away when it starts.

const TIMEOUT = { timeout: 60_000 };

let opened: AsyncDisposableStack;
let database: TestDatabase;
let proxy: TcpProxy;
let cli: InProcessCli;
let env: Record<string, string>;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  database = opened.use(await createTestDatabase());
  const server = opened.use(await openWireServer());
  proxy = opened.use(await openTcpProxy(server.url));
  cli = opened.use(await openInProcessCli(database.url));
  env = { ...cli.env, EVENT_STORE_URL: proxy.url };
});
afterEach(() => opened.disposeAsync());

const start = async (): Promise<GatewayProcess> => opened.use(await startGatewayProcess({ home: cli.folder, env }));

async function get({ url }: GatewayProcess, path: string): Promise<object> {
  const answer = await fetch(url + path);
  return { code: answer.status, ...((await answer.json()) as object) };
}

async function register({ url }: GatewayProcess, apiKey: string): Promise<object> {
  const answer = await fetch(`${url}/api/v1/mcp/servers`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'another', url: 'http://127.0.0.1:9/mcp' }),
  });
  return { http: answer.status, ...((await answer.json()) as object) };
}

it('serves calls from the read tables, refuses changes, says so, and recovers by itself [projections-outage-serves-calls]', async () => {
  const calculator = opened.use(await startBackendServer1({ port: 0 }));
  await cli.run(['servers', 'add', 'calculator', '--url', calculator.url], { env });
  const scopes = ['--scope', 'mcp,servers:read,servers:write'];
  const { api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'k', ...scopes], { env })).document;

  await proxy.stop();
  const gateway = await start();
  expect(await initializeAt(gateway, apiKey)).toBe(200);
  expect(await register(gateway, apiKey)).toMatchObject({ http: 503, code: 'event-store-unavailable' });
  expect(await get(gateway, '/health')).toMatchObject({
    code: 503,
    ready: { calls: true, changes: false },
    parts: { event_store: { status: 'down' }, database: { status: 'up' } },
  });
  expect(await get(gateway, '/health/ready')).toMatchObject({ code: 200, ready: { calls: true, changes: false } });
  expect((await cli.run(['keys', 'list'], { env })).code).toBe(3);

  await proxy.start();
  await expect.poll(() => get(gateway, '/health'), TIMEOUT).toMatchObject({ code: 200, ready: { changes: true } });
  expect(await register(gateway, apiKey)).toMatchObject({ http: 201 });
});

it('lets no key in before the read tables have been built once [projections-outage-never-built]', async () => {
  const { api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'k'], { env })).document;
  await cli.run(['servers', 'add', 'calculator', '--url', 'http://127.0.0.1:9/mcp'], { env });
  const another = opened.use(await createTestDatabase());
  // What can't be made again from the events was restored; the read tables are still to be made.
  const keys = await listVaultKeys(database.db, { limit: 100 });
  for (const key of keys) await insertVaultKey(another.db, key);
  env = { ...env, DATABASE_URL: another.url };

  await proxy.stop();
  const gateway = await start();
  expect(await get(gateway, '/health/ready')).toMatchObject({ code: 503, ready: { calls: false, changes: false } });
  expect(await initializeAt(gateway, apiKey)).toBe(503);

  await proxy.start();
  await expect
    .poll(() => get(gateway, '/health/ready'), TIMEOUT)
    .toMatchObject({ code: 200, ready: { changes: true } });
  expect(await initializeAt(gateway, apiKey)).not.toBe(503);
});

it('does not start beside a history whose keys its database does not have [events-keys-of-history]', async () => {
  await cli.run(['keys', 'create', '--name', 'k'], { env });
  const another = opened.use(await createTestDatabase());
  env = { ...env, DATABASE_URL: another.url };
  await expect(startGatewayProcess({ home: cli.folder, env })).rejects.toThrow(/vault_keys.*vault-keys-foreign/s);
  expect(await cli.run(['keys', 'create', '--name', 'another'], { env })).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('vault_keys'),
  });
  // With its keys it is the database of this history.
  for (const key of await listVaultKeys(database.db, { limit: 100 })) {
    await deleteVaultKeys(another.db, [key.id]);
    await insertVaultKey(another.db, key);
  }
  expect(await cli.run(['keys', 'create', '--name', 'another'], { env })).toMatchObject({ code: 0 });
  // Once they are lost beside the history, none is made in silence.
  await deleteVaultKeys(
    another.db,
    (await listVaultKeys(another.db, { limit: 100 }))
      .filter(({ subject }) => subject.startsWith('system:'))
      .map(({ id }) => id),
  );
  expect(await cli.run(['keys', 'list'], { env })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('vault_keys'),
  });
});

it('does not start on an event store that the read tables were not built from [projections-store-changed]', async () => {
  await cli.run(['keys', 'create', '--name', 'k'], { env });
  const wrong = opened.use(await openWireServer());
  await expect(startGatewayProcess({ home: cli.folder, env: { ...env, EVENT_STORE_URL: wrong.url } })).rejects.toThrow(
    /another event store.*event-store-changed/s,
  );
});
