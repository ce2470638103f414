import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startGateway } from '../../src/gateway.ts';
import type { Gateway } from '../../src/runningGateway.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

const upstream = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    if (req.method !== 'POST') return res.writeHead(405).end();
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { id?: number; method?: string };
    const messages = [body].flat();
    const answers = messages
      .filter(({ id }) => id !== undefined)
      .map(({ id, method }) => ({
        jsonrpc: '2.0',
        id,
        result:
          method === 'initialize'
            ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }
            : method === 'tools/list'
              ? {
                  tools: [
                    { name: 'add', inputSchema: { type: 'object' } },
                    { name: 'search', inputSchema: { type: 'object' } },
                  ],
                }
              : { content: [] },
      }));
    if (answers.length === 0) return res.writeHead(202).end();
    return res
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
});

let gateway: TestGateway;
let second: Gateway;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
  second = await startGateway({
    settings: {
      ...gateway.settings,
      port: 0,
      perAddress: { requests: undefined, failures: { text: '3/h', count: 3, windowMs: 3_600_000 } },
    },
    stores: gateway.stores,
    logger: createLogger('error'),
  });
  const { port } = upstream.address() as AddressInfo;
  await gateway.addServer('tools', `http://127.0.0.1:${port}/mcp`);
  // Until each gateway knows that it is not alone.
  const warm = await Promise.all([0, 1].map(() => gateway.createKey({ limits: ['requests=100/h'] })));
  await Promise.all(warm.map(({ apiKey }, at) => post(apiKey, { url: at === 0 ? gateway.url : second.url })));
  const leased = sql`select count(*)::integer as count from rate_leases`;
  await vi.waitFor(async () => {
    expect(await gateway.stores.db.query<{ count: number }>(leased)).toEqual([{ count: 2 }]);
  }, 10_000);
});
afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

const headersOf = (apiKey: string) => ({
  authorization: `Bearer ${apiKey}`,
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
  'mcp-protocol-version': '2025-11-25',
});
const message = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } });

function post(apiKey: string, { url = gateway.url, server = 'tools', tool = 'add' } = {}): Promise<Response> {
  return fetch(`${url}/mcp/${server}`, {
    method: 'POST',
    headers: headersOf(apiKey),
    body: JSON.stringify(message(tool)),
  });
}

function execute(apiKey: string): Promise<Response> {
  return fetch(`${gateway.url}/api/v1/mcp/servers/tools/tools/add/execute`, {
    method: 'POST',
    headers: headersOf(apiKey),
    body: '{"arguments":{}}',
  });
}

async function lines(apiKey: string, url = gateway.url): Promise<string> {
  const answer = await fetch(`${url}/api/v1/mcp/stream?server=tools`, {
    method: 'POST',
    headers: { ...headersOf(apiKey), 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
    body: `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } })}\n`,
  });
  return answer.text();
}

describe('a limit of a key', () => {
  it('counts its requests over every face, and refuses with what to do [limits-every-face] [limits-answer]', async () => {
    const { id, apiKey } = await gateway.createKey({ limits: ['requests=4/h'] });
    expect((await post(apiKey)).status).toBe(200);
    expect((await execute(apiKey)).status).toBe(200);
    // The rest is leased, and then there is none.
    let passed = 2;
    const refused = await vi.waitFor(async () => {
      const answer = await post(apiKey);
      if (answer.status === 200) passed += 1;
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(1);
      return answer;
    }, 10_000);
    expect(passed).toBe(4);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('ratelimit-policy')).toBe('"requests";q=4;w=3600');
    expect(refused.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/);
    const body = (await refused.json()) as { id: number; error: { message: string; data: { code: string } } };
    expect(body).toMatchObject({ id: 1, error: { data: { code: 'rate-limited', limit: 'requests=4/h' } } });
    expect(body.error.message).toMatch(/^The limit of 4 requests per hour of this key is reached: try again in /);
    const overRest = await execute(apiKey);
    expect([overRest.status, overRest.headers.get('content-type')]).toEqual([429, 'application/problem+json']);
    expect(overRest.headers.get('ratelimit-policy')).toBe('"requests";q=4;w=3600');
    expect(await overRest.json()).toMatchObject({ code: 'rate-limited' });
    const { apiKey: reader } = await gateway.createKey({ scopes: ['keys:read'] });
    const shown = await fetch(`${gateway.url}/api/v1/keys/${id}`, { headers: headersOf(reader) });
    expect(await shown.json()).toMatchObject({
      limits: ['requests=4/h'],
      limits_left: [{ limit: 'requests=4/h', left: 0 }],
    });
    expect(await lines(apiKey)).toMatch(/rate-limited/);
  });

  it('counts each request of a batch, which passes whole or not at all [limits-every-face]', async () => {
    const { apiKey } = await gateway.createKey({ limits: ['requests=4/h'] });
    const batch = () =>
      fetch(`${gateway.url}/mcp/tools`, {
        method: 'POST',
        headers: { ...headersOf(apiKey), 'mcp-protocol-version': '2025-03-26' },
        body: JSON.stringify([1, 2, 3].map((id) => ({ ...message('add'), id }))),
      });
    const passes = (ask: () => Promise<Response>) =>
      vi.waitFor(async () => expect((await ask()).status).toBe(200), 10_000);
    // What is missing is leased; then there is nothing left to lease.
    const isUsedUp = (ask: () => Promise<Response>) =>
      vi.waitFor(async () => {
        const { status, headers } = await ask();
        expect([status, Number(headers.get('retry-after')) > 1]).toEqual([429, true]);
      }, 10_000);
    await passes(batch);
    await isUsedUp(batch);
    await passes(() => post(apiKey));
    await isUsedUp(() => post(apiKey));
  });

  it('is one for all gateways, which lease it [limits-shared]', async () => {
    const { apiKey } = await gateway.createKey({ limits: ['requests=40/h'] });
    let passed = 0;
    // The first gateway alone gets all of it, its own part at once and the rest by leases.
    for (let at = 0; at < 2_000 && passed < 20; at += 1) passed += (await post(apiKey)).status === 200 ? 1 : 0;
    await expect
      .poll(
        async () => {
          passed += (await post(apiKey)).status === 200 ? 1 : 0;
          return passed;
        },
        { timeout: 60_000, interval: 1 },
      )
      .toBeGreaterThanOrEqual(36);
    for (let at = 0; at < 60; at += 1) passed += (await post(apiKey)).status === 200 ? 1 : 0;
    expect(passed).toBeLessThanOrEqual(40);
    // The other one begins with its part, which is a debt then: there is nothing left to lease.
    let there = 0;
    await expect
      .poll(
        async () => {
          const { status, headers } = await post(apiKey, { url: second.url });
          there += status === 200 ? 1 : 0;
          return Number(headers.get('retry-after'));
        },
        { interval: 1 },
      )
      .toBeGreaterThan(1);
    expect(there).toBe(20);
  });

  it('takes effect on running gateways when it is changed [limits-change]', async () => {
    const { id, apiKey } = await gateway.createKey({ limits: ['tool:tools:search*=1/h', 'requests=1000/s'] });
    expect([(await post(apiKey, { tool: 'search' })).status, (await post(apiKey, { tool: 'search' })).status]).toEqual([
      200, 429,
    ]);
    expect((await post(apiKey)).status).toBe(200);
    await gateway.stores.keys.changeAccess(id, (now) => ({ ...now, limits: [] }), TEST_CONTEXT);
    expect((await post(apiKey, { tool: 'search' })).status).toBe(200);
  });
});

it('a limit of a server is one for all of its clients [limits-server]', async () => {
  const { port } = upstream.address() as AddressInfo;
  await gateway.addServer('scarce', `http://127.0.0.1:${port}/mcp`, {}, {}, { rates: ['requests=1/h'] });
  const [one, other] = [await gateway.createKey(), await gateway.createKey()];
  expect((await post(one.apiKey, { server: 'scarce' })).status).toBe(200);
  const refused = await post(other.apiKey, { server: 'scarce' });
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({
    error: { message: expect.stringContaining('the server "scarce"') as string },
  });
});

it('a key that is used from elsewhere is answered as one that is not valid [limits-networks]', async () => {
  const good = await gateway.createKey({ networks: ['127.0.0.0/8'] });
  const stolen = await gateway.createKey({ networks: ['10.0.0.0/8', '2001:db8::/32'] });
  expect((await post(good.apiKey)).status).toBe(200);
  const watcher = await gateway.createKey({ scopes: ['events:read'] });
  const leaving = new AbortController();
  const feed = await fetch(`${gateway.url}/api/v1/events?types=key_refused`, {
    headers: { 'x-api-key': watcher.apiKey },
    signal: leaving.signal,
  });
  const [answer, wrong] = [await post(stolen.apiKey), await post('mcp_nonsense')];
  let seen = '';
  for await (const chunk of feed.body ?? []) {
    seen += Buffer.from(chunk as Uint8Array).toString();
    if (seen.includes('key_refused')) break;
  }
  leaving.abort();
  expect(seen).toContain(stolen.id);
  expect(seen).toContain('"address":"127.0.0.1"');
  expect([answer.status, await answer.text()]).toEqual([wrong.status, await wrong.text()]);
  expect(answer.status).toBe(401);
  expect((await execute(stolen.apiKey)).status).toBe(401);
  const token = await fetch(`${gateway.url}/api/v1/auth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_key: stolen.apiKey }),
  });
  expect(token.status).toBe(401);
});

it('an address whose credentials are refused too often is refused before they are looked at [limits-addresses]', async () => {
  const { apiKey } = await gateway.createKey();
  const { url } = second;
  const answers: number[] = [];
  for (let at = 0; at < 4; at += 1) answers.push((await post('mcp_nonsense', { url })).status);
  expect(answers).toEqual([401, 401, 401, 429]);
  // On a new connection; one on which a good credential has come goes on.
  const asking = request(`${url}/api/v1/mcp/servers`, { headers: headersOf(apiKey), agent: false }).end();
  const [good] = (await once(asking, 'response')) as [IncomingMessage];
  expect([good.statusCode, await json(good)]).toMatchObject([429, { code: 'rate-limited' }]);
  expect((await post(apiKey)).status).toBe(200);
});
