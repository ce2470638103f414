import { once } from 'node:events';
import { createServer, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Scope } from '../../src/events/apiKey.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

// Whatever reaches this server, it counts.
let asked = 0;
const upstream = createServer((_req, res) => {
  asked += 1;
  res.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}');
});
let gateway: TestGateway;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
  await gateway.addServer('known', upstreamUrl());
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

const upstreamUrl = () => `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`;
const SCOPES: readonly Scope[] = ['mcp', 'servers:read', 'servers:write'];
const settings = () => ({ transport: 'http', url: upstreamUrl() });

/** Sends a request whose body is not complete until the gateway has admitted it, and `change` is reported as done. */
async function late(apiKey: string, [method, path, body]: readonly [string, string, object], change: () => unknown) {
  const whole = JSON.stringify(body);
  const req: ClientRequest = request(gateway.url + path, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(whole),
      expect: '100-continue',
    },
  });
  const answered = once(req, 'response') as Promise<[IncomingMessage]>;
  req.flushHeaders();
  await once(req, 'continue');
  await new Promise((written) => req.write(whole.slice(0, 5), written));
  // A request on another connection that was sent later has been answered: this one has been admitted.
  await (await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } })).text();
  await change();
  req.end(whole.slice(5));
  const [res] = await answered;
  return `${res.statusCode} ${/"code":"([a-z-]+)"/.exec(await text(res))?.[1] ?? ''}`;
}

const requests: Record<string, () => readonly [string, string, object]> = {
  'POST of a server': () => ['POST', '/api/v1/mcp/servers', { name: 'late', ...settings() }],
  'PUT of a server': () => ['PUT', '/api/v1/mcp/servers/known', { ...settings(), enabled: false }],
  'DELETE of a server': () => ['DELETE', '/api/v1/mcp/servers/known', { reason: 'late' }],
  'REST call': () => ['POST', '/api/v1/mcp/servers/known/tools/add/execute', { arguments: {} }],
  'MCP call': () => ['POST', '/mcp/known', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'x:y' } }],
};

it.each(Object.keys(requests))('a %s whose body ends after its key was revoked does nothing', async (what) => {
  const { id, apiKey } = await gateway.createKey({ scopes: [...SCOPES] });
  const before = [await gateway.stores.events.end(), asked];
  let revokedAt: bigint | undefined;
  const answer = await late(apiKey, requests[what]!(), async () => {
    await gateway.stores.keys.inactivate(id, 'test', TEST_CONTEXT);
    revokedAt = await gateway.stores.events.end();
  });
  expect(answer).toMatch(/^401 key-(?:inactive|revoked)$/);
  expect([await gateway.stores.events.end(), asked]).toEqual([revokedAt, before[1]]);
});

it.each(Object.keys(requests))('a %s whose body ends after its key was narrowed does nothing', async (what) => {
  const { id, apiKey } = await gateway.createKey({ scopes: [...SCOPES] });
  const before = asked;
  let narrowedAt: bigint | undefined;
  const access = { scopes: [...SCOPES], grants: ['known:other'] };
  const answer = await late(apiKey, requests[what]!(), async () => {
    await gateway.stores.keys.changeAccess(id, () => access, TEST_CONTEXT);
    narrowedAt = await gateway.stores.events.end();
  });
  expect(answer).toMatch(/^40[134] (?:server-not-granted|tool-not-found|key-access-changed)$/);
  expect([await gateway.stores.events.end(), asked]).toEqual([narrowedAt, before]);
});
