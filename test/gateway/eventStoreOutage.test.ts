import { afterEach, beforeEach, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

// A gateway whose event store is an EventStoreDB that is away when it starts.

const TIMEOUT = { timeout: 30_000 };

let opened: AsyncDisposableStack;
let proxy: TcpProxy;
let cli: InProcessCli;
let env: Record<string, string>;
beforeEach(async () => {
  opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const server = opened.use(await openWireServer());
  proxy = opened.use(await openTcpProxy(server.url));
  cli = opened.use(await openInProcessCli(database.url));
  env = { ...cli.env, EVENT_STORE_URL: proxy.url };
});
afterEach(() => opened.disposeAsync());

const start = async (): Promise<GatewayProcess> => opened.use(await startGatewayProcess({ home: cli.folder, env }));

async function call({ url }: GatewayProcess, apiKey: string): Promise<number> {
  const answer = await fetch(`${url}/mcp/calculator`, {
    method: 'POST',
    headers: {
      'x-api-key': apiKey,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
    }),
  });
  await answer.text();
  return answer.status;
}

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
  expect(await call(gateway, apiKey)).toBe(200);
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

it('lets nobody in before the read tables have been built once [projections-outage-never-built]', async () => {
  const { api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'k'], { env })).document;
  await cli.run(['servers', 'add', 'calculator', '--url', 'http://127.0.0.1:9/mcp'], { env });
  const another = opened.use(await createTestDatabase());
  env = { ...env, DATABASE_URL: another.url };

  await proxy.stop();
  const gateway = await start();
  expect(await get(gateway, '/health/ready')).toMatchObject({ code: 503, ready: { calls: false, changes: false } });
  expect(await call(gateway, apiKey)).toBe(503);

  await proxy.start();
  await expect
    .poll(() => get(gateway, '/health/ready'), TIMEOUT)
    .toMatchObject({ code: 200, ready: { changes: true } });
  // The other database has the key, but not the data encryption key that lets it be recognised.
  expect(await call(gateway, apiKey)).not.toBe(503);
});

it('does not start on an event store that the read tables were not built from [projections-store-changed]', async () => {
  await cli.run(['keys', 'create', '--name', 'k'], { env });
  const wrong = opened.use(await openWireServer());
  await expect(startGatewayProcess({ home: cli.folder, env: { ...env, EVENT_STORE_URL: wrong.url } })).rejects.toThrow(
    /another event store.*event-store-changed/s,
  );
});
