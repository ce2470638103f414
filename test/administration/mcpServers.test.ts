import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS, mcpServerStream } from '../../src/events/mcpServer.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { vaultKeysOf } from '../support/vaultKeysOf.ts';

let gateway: TestGateway;
const seen: (string | undefined)[] = [];
const upstream = createServer((req, res) => {
  seen.push(req.headers.authorization);
  req.resume();
  res.writeHead(202).end();
});

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

const settings = () => ({
  transport: 'http' as const,
  url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`,
  isolation: 'session' as const,
  limits: DEFAULT_LIMITS,
  timeouts: DEFAULT_TIMEOUTS,
});
const secrets = (value: string) => ({ headers: { Authorization: value }, env: {} });
const revisionsOf = async (name: string) =>
  (await Array.fromAsync(gateway.stores.events.readStream(mcpServerStream(name)))).length;

it('a changed header is sent with the next call; an update that changes nothing writes nothing [events-command-idempotent]', async () => {
  const { servers, db } = gateway.stores;
  await servers.register('a', { settings: settings(), secrets: secrets('one') }, TEST_CONTEXT);
  const { apiKey } = await gateway.createKey();
  const notify = async () => {
    const answer = await fetch(`${gateway.url}/mcp/a`, {
      method: 'POST',
      headers: {
        'x-api-key': apiKey,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
    });
    expect(answer.status).toBe(202);
    return seen.at(-1);
  };
  expect(await notify()).toBe('one');
  await servers.update('a', (current) => ({ ...current, secrets: secrets('two') }), TEST_CONTEXT);
  expect(await notify()).toBe('two');

  const before = await revisionsOf('a');
  const same = await servers.update('a', (current) => ({ ...current, secrets: secrets('two') }), TEST_CONTEXT);
  expect([same.changed, await revisionsOf('a')]).toEqual([false, before]);
  // The stream keeps one data key through its updates.
  expect(await vaultKeysOf(db, mcpServerStream('a'))).toHaveLength(1);
});

it('a removed server takes its data key along, and its name can be used again [auth-shredding] [events-server-name-identity]', async () => {
  const { servers, db } = gateway.stores;
  await servers.register('b', { settings: settings(), secrets: secrets('one') }, TEST_CONTEXT);
  await servers.remove('b', 'test', TEST_CONTEXT);
  expect(await findServer(db, 'b')).toBeUndefined();
  expect(await vaultKeysOf(db, mcpServerStream('b'))).toEqual([]);
  const again = await servers.register('b', { settings: settings(), secrets: secrets('two') }, TEST_CONTEXT);
  expect(again).toMatchObject({ revision: 2, changed: true });
  expect(await findServer(db, 'b')).toMatchObject({ status: 'enabled', revision: 2 });
});

it('a refused registration leaves no data key behind', async () => {
  const { servers, db } = gateway.stores;
  await servers.register('c', { settings: settings(), secrets: secrets('one') }, TEST_CONTEXT);
  const again = servers.register(
    'c',
    { settings: { ...settings(), title: 'other' }, secrets: secrets('x') },
    TEST_CONTEXT,
  );
  await expect(again).rejects.toMatchObject({
    code: 'server-exists',
    message: expect.stringContaining('update it'),
  });
  expect(await vaultKeysOf(db, mcpServerStream('c'))).toHaveLength(1);
});

it('updates that race are all applied, each on top of the other [events-race-decided-again]', async () => {
  const { servers, db } = gateway.stores;
  await servers.register('d', { settings: settings(), secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  const append = (letter: string) =>
    servers.update(
      'd',
      (current) => ({ ...current, settings: { ...current.settings, title: (current.settings.title ?? '') + letter } }),
      TEST_CONTEXT,
    );
  await Promise.all(['x', 'y'].map(append));
  expect([...((await findServer(db, 'd'))?.title ?? '')].sort()).toEqual(['x', 'y']);
});
