import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

// An upstream that answers nothing: a GET stream stays open, a call stays in flight, until someone cuts it.
const cutUpstream: string[] = [];
const upstream = createServer((req, res) => {
  req.resume();
  res.on('close', () => cutUpstream.push(req.method ?? ''));
  if (req.method === 'GET') res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
});

let gateway: TestGateway;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
  await gateway.addServer('silent', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`);
  await gateway.addServer('other', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

function open(credential: string, method: 'GET' | 'POST', server = 'silent'): Promise<Response> {
  return fetch(`${gateway.url}/mcp/${server}`, {
    method,
    headers: {
      authorization: `Bearer ${credential}`,
      accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
      'content-type': 'application/json',
    },
    ...(method === 'POST'
      ? { body: JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'x', arguments: {} } }) }
      : {}),
  });
}

/** Opens a stream and puts a call in flight, and makes sure that both have reached the server. */
async function inUse(credential: string): Promise<{ stream: Response; call: Promise<Response> }> {
  const reached = once(upstream, 'request');
  const call = open(credential, 'POST');
  await reached;
  return { stream: await open(credential, 'GET'), call };
}

const ways: Record<string, (id: string) => Promise<unknown>> = {
  inactivated: (id) => gateway.stores.keys.inactivate(id, 'test', TEST_CONTEXT),
  deleted: (id) => gateway.stores.keys.remove(id, 'test', TEST_CONTEXT),
  'rotated without grace': (id) => gateway.stores.keys.rotate(id, 0, TEST_CONTEXT),
  'narrowed to another server': (id) =>
    gateway.stores.keys.changeAccess(id, () => ({ scopes: ['mcp'], grants: ['other'] }), TEST_CONTEXT),
};

describe.each(Object.keys(ways))('once a key is %s', (way) => {
  it.each(['token', 'key'])(
    'a call in flight and an open stream of its %s have ended [auth-revocation-cuts]',
    async (kind) => {
      const { id, apiKey } = await gateway.createKey();
      const credential = kind === 'key' ? apiKey : await gateway.token(apiKey);
      const { stream, call } = await inUse(credential);
      const cutBefore = cutUpstream.length;

      await ways[way]!(id);

      // The command has reported: from here on nothing of the key is let through.
      const next = await open(credential, 'POST');
      expect(next.status).toBe(way.startsWith('narrowed') ? 404 : 401);
      const cut = await call;
      expect(cut.status).toBe(401);
      expect(await cut.json()).toMatchObject({ jsonrpc: '2.0', id: 7, error: { code: expect.any(Number) } });
      // An open stream says why, then ends.
      expect(await stream.text()).toMatch(/^: open\n\n.*"error":\{"code":-?\d+,"message":"The API key/s);
      // Both; an exchange of another test may end only now, too.
      await expect.poll(() => cutUpstream.length - cutBefore).toBeGreaterThanOrEqual(2);
    },
  );
});

it('a key that expires is cut by its clock alone [auth-expiry]', async () => {
  const { apiKey } = await gateway.createKey({ expiresIn: 1_500 });
  const { stream, call } = await inUse(apiKey);
  expect((await call).status).toBe(401);
  await stream.text().catch(() => 'cut');
  expect((await open(apiKey, 'POST')).status).toBe(401);
});

it('a rotated key works until its grace ends, and its successor at once [auth-rotation-grace]', async () => {
  const { id, apiKey } = await gateway.createKey();
  const { stream } = await inUse(apiKey);
  const successor = await gateway.stores.keys.rotate(id, 1_500, TEST_CONTEXT);
  const usable = async (credential: string) => (await open(credential, 'GET')).status;
  expect([await usable(apiKey), await usable(successor.apiKey)]).toEqual([200, 200]);
  await stream.text().catch(() => 'cut');
  expect([await usable(apiKey), await usable(successor.apiKey)]).toEqual([401, 200]);
});

it('a key that is granted more keeps what it has open', async () => {
  const { id, apiKey } = await gateway.createKey({ grants: ['silent'] });
  const { stream } = await inUse(apiKey);
  await gateway.stores.keys.changeAccess(id, () => ({ scopes: ['mcp'], grants: ['silent', 'other'] }), TEST_CONTEXT);
  const ended = stream.text().then(() => 'ended');
  expect((await open(apiKey, 'GET', 'other')).status).toBe(200);
  expect(await Promise.race([ended, Promise.resolve('open')])).toBe('open');
});

it('a server that is disabled or removed lets go of its calls', async () => {
  const { port } = upstream.address() as AddressInfo;
  for (const end of ['disable', 'remove'] as const) {
    await gateway.addServer('brief', `http://127.0.0.1:${port}/mcp`);
    const { apiKey } = await gateway.createKey();
    const reached = once(upstream, 'request');
    const call = open(apiKey, 'POST', 'brief');
    await reached;
    await gateway.stores.servers[end]('brief', 'test', TEST_CONTEXT);
    expect((await call).status).toBeGreaterThanOrEqual(400);
    expect((await open(apiKey, 'POST', 'brief')).status).toBeGreaterThanOrEqual(400);
    if (end === 'disable') await gateway.stores.servers.remove('brief', undefined, TEST_CONTEXT);
  }
});
