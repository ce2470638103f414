import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVia } from '../../src/calls/via.ts';
import { scopeSchema } from '../../src/events/apiKey.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type Call, type CallAnswer, type DocumentedApi, type Operation } from './documentedApi.ts';

// What each operation says that it may fail with, provoked: an answer that is not in the document fails in documentedApi.

/** A key that nobody has. */
const NO_KEY = '0197a1b2-0000-7000-8000-000000000001';
const SERVERS = '/api/v1/mcp/servers';
/** What no request of a test provokes here, and why. */
const UNSEEN: Readonly<Record<number, string>> = {
  500: 'A bug. test/api/rules.test.ts has one made for it.',
};
/** The same for single operations. */
const UNSEEN_HERE: readonly string[] = [
  // Changes that were overtaken for 15 s, again and again.
  ...['updateServer', 'removeServer', 'approveTools', 'setCredential', 'removeCredential'].map((id) => `${id} 409`),
  // Histories that can't be read (test/cli/brokenHistories.test.ts).
  ...['registerServer', 'updateServer', 'removeServer', 'setCredential', 'removeCredential'].map((id) => `${id} 422`),
  'listUnapprovedTools 422',
  // Tools that wait for approval (rareStates.test.ts), and results that REST has no form for.
  ...['executeTool', 'listTools'].map((id) => `${id} 422`),
  // Neither needs the database.
  ...['getLiveness', 'reportLeaked'].map((id) => `${id} 503`),
];

let gateway: TestGateway;
let api: DocumentedApi;
let all: string;
let silent: Server;

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  all = (await gateway.createKey({ scopes: [...scopeSchema.options] })).apiKey;
  await gateway.addServer('away', 'http://127.0.0.1:9/mcp');
  silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  await gateway.addServer('silent', `http://127.0.0.1:${String(port)}/mcp`, {}, { idleMs: 500, totalMs: 500 });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  silent.closeAllConnections();
  silent.close();
});

interface Place {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

function placesWith(status: number): Place[] {
  return Object.entries(api.document.paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { responses }]) => String(status) in responses)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** The path, with names in it that this gateway has or has not. */
function filled(path: string, server = 'away'): string {
  return path.replace('{server}', server).replace('{tool}', 'add').replace('{id}', NO_KEY);
}

async function expectOfAll(status: number, request: (place: Place) => Promise<{ readonly status: number }>) {
  const places = placesWith(status);
  const answers = await Promise.all(places.map(request));
  expect(answers.map((answer, index) => [places[index]?.operation.operationId, answer.status])).toEqual(
    places.map(({ operation }) => [operation.operationId, status]),
  );
}

/** Sends a head as it is written, and nothing after it: what fetch does not send, and bodies that are only announced. */
async function sendHead({ method, path }: Place, ...extra: string[]): Promise<CallAnswer> {
  const place = filled(path);
  const headers = ['Host', new URL(gateway.url).host, 'Authorization', `Bearer ${all}`, ...extra];
  const sent = request(`${gateway.url}${place}`, { method, headers, agent: false }).on('error', () => undefined);
  sent.flushHeaders();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await text(answer);
  sent.destroy();
  const fields = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
  return api.check(method, place, { status: answer.statusCode ?? 0, headers: fields, text: body });
}

function exampleOf({ operation }: Place): Pick<Call, 'body'> {
  const example = operation.requestBody?.content['application/json']?.example;
  return example === undefined ? {} : { body: example };
}

it('what any request may fail with is answered by each operation [http-contract-whole]', async () => {
  await expectOfAll(400, (place) => sendHead(place, 'If-Match', '"1"', 'If-Match', '"2"'));
  await expectOfAll(403, (place) => sendHead(place, 'Origin', 'https://elsewhere.example'));
  await expectOfAll(413, (place) =>
    sendHead(place, 'Content-Type', 'application/json', 'Content-Length', String(2 ** 40)),
  );
  await expectOfAll(415, (place) => sendHead(place, 'Content-Type', 'text/plain', 'Content-Length', '2'));
  await expectOfAll(431, (place) => sendHead(place, ...Array.from({ length: 201 }, (_, n) => [`X-${n}`, '']).flat()));
  await expectOfAll(401, ({ method, path }) =>
    path.endsWith('/token')
      ? api.call(method, path, { body: { api_key: 'mcp_' } })
      : api.call(method, filled(path), { headers: { 'content-type': 'application/x-ndjson' } }),
  );
});

it('every protected operation refuses a request without a credential, and a key without the scope [http-403-insufficient-scope]', async () => {
  const { apiKey: powerless } = await gateway.createKey({ scopes: [] });
  const operations = Object.entries(api.document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      'security' in operation ? [] : [[method, path] as const],
    ),
  );
  for (const [method, path] of operations) {
    const place = path.replace(/\{\w+\}/g, 'x');
    expect(await api.call(method.toUpperCase(), place)).toMatchObject({ status: 401 });
    const refused = await api.call(method.toUpperCase(), place, { credential: powerless });
    expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient-scope' } });
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_scope", scope="[a-z:]+"$/);
  }
});

it('what is not there is not found [http-contract-whole]', () =>
  expectOfAll(404, (place) => {
    const query = { '/api/v1/tools': '?servers=nowhere', '/api/v1/mcp/stream': '?server=nowhere' }[place.path] ?? '';
    return api.call(place.method, filled(place.path, 'nowhere') + query, {
      credential: all,
      ...exampleOf(place),
      ...(query.endsWith('nowhere') &&
        place.method === 'POST' && { headers: { 'content-type': 'application/x-ndjson' } }),
    });
  }));

it('what comes too often is refused with when to come again [http-contract-whole]', async () => {
  await using strict = await startTestGateway({ env: { SERVER_REQUESTS_PER_ADDRESS: '1/h' } });
  await fetch(strict.url);
  await expectOfAll(429, async ({ method, path }) => {
    const answer = await fetch(strict.url + filled(path), { method });
    const checked = api.check(method, filled(path), {
      status: answer.status,
      headers: answer.headers,
      text: await answer.text(),
    });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.headers.get('ratelimit-policy')).toContain('q=1');
    return checked;
  });
});

it('while the database is away, each operation with a credential is unavailable, and no key is let in on trust [http-contract-whole] [http-503-retry-after]', async () => {
  await using database = await createTestDatabase();
  await using way = await openTcpProxy(database.url);
  await using cut = await startTestGateway({ env: { DATABASE_URL: way.url } });
  await cut.addServer('away', 'http://127.0.0.1:9/mcp');
  const { apiKey } = await cut.createKey({ scopes: [...scopeSchema.options] });
  const ask = async (method: string, path: string, body?: unknown) => {
    const { status, headers, ...answer } = await fetch(cut.url + path, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': path.endsWith('/stream') ? 'application/x-ndjson' : 'application/json',
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).then(async (got) => ({ status: got.status, headers: got.headers, text: await got.text() }));
    const checked = api.check(method, path, { status, headers, ...answer });
    if (checked.status === 503 && !path.startsWith('/health')) expect(headers.get('retry-after')).toMatch(/^\d+$/);
    return checked;
  };
  expect((await ask('GET', SERVERS)).status).toBe(200);
  await way.stop();
  await expect.poll(async () => (await ask('GET', SERVERS)).status).toBe(503);
  const places = placesWith(503).filter(({ operation }) => !('security' in operation));
  const answers = await Promise.all(
    places.map((place) => ask(place.method, filled(place.path), exampleOf(place).body)),
  );
  expect(answers.map(({ status }, index) => [places[index]?.operation.operationId, status])).toEqual(
    places.map(({ operation }) => [operation.operationId, 503]),
  );
  for (const path of ['/health', '/health/ready'])
    await expect.poll(async () => (await ask('GET', path)).status).toBe(503);
  expect((await ask('POST', '/api/v1/auth/token', { api_key: apiKey })).status).toBe(503);
});

it('what single operations fail with is answered so [http-contract-whole]', async () => {
  const call = (method: string, path: string, more: Call = {}) => api.call(method, path, { credential: all, ...more });
  const body = { name: 'away', url: 'http://127.0.0.1:9/other' };
  const accept = { accept: 'image/png' };
  const server = `${SERVERS}/away`;
  const execute = `${server}/tools/add/execute`;
  const update = { url: body.url };
  const loop = { headers: { via: createVia(gateway.stores.sessionKey).onward(undefined) } };
  const answers = [
    await call('POST', SERVERS, { body }),
    await call('PUT', server, { body: update, headers: { 'if-match': '"9"' } }),
    await call('DELETE', server, { headers: { 'if-match': '"9"' } }),
    await call('GET', '/api/v1/usage', { headers: accept }),
    await call('POST', execute, { headers: accept }),
    await call('GET', `${server}/tools`),
    await call('POST', execute),
    await call('GET', `${server}/processes`),
    await call('POST', `${server}/restart`),
    await call('GET', `${server}/logs`),
    await call('POST', `${server}/approve`, { body: { digest: 'x' } }),
    await call('GET', '/api/v1/keys?unused_since=2001-01-01T00:00:00Z'),
    await call('GET', '/api/v1/tools', loop),
    await call('GET', `${server}/tools`, loop),
    await call('POST', execute, loop),
    await call('POST', '/api/v1/mcp/stream', { headers: { ...loop.headers, 'content-type': 'application/x-ndjson' } }),
    await call('GET', `${SERVERS}/silent/tools`),
    await call('POST', `${SERVERS}/silent/tools/add/execute`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([
    409, 412, 412, 406, 406, 502, 502, 422, 422, 422, 422, 422, 508, 508, 508, 508, 504, 504,
  ]);
});

it('nothing is documented that was not seen [http-contract-whole]', () => {
  const declared = Object.values(api.document.paths).flatMap((operations) =>
    Object.values(operations).flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => Number(status) >= 400 && UNSEEN[Number(status)] === undefined)
        .map((status) => `${operationId} ${status}`),
    ),
  );
  expect(declared.filter((answer) => !api.seen.has(answer)).sort()).toEqual([...UNSEEN_HERE].sort());
});
