import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keysIn, makeApiKey } from '../../src/auth/keyFormat.ts';
import { createFindLeakedKeys } from '../../src/administration/leakedKeys.ts';
import { createReportBound } from '../../src/api/reportBound.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { listStreamHistory } from '../../src/projections/tables/auditEvents.ts';
import { documentedApi, type DocumentedApi } from '../api/documentedApi.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

const LEAKED = '/api/v1/leaked';

const upstream = createServer((_req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
});
let gateway: TestGateway;
let other: GatewayProcess;
let api: DocumentedApi;

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  gateway = await startTestGateway();
  await gateway.addServer('streams', `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`);
  const { databaseUrl, eventStoreUrl, jwtSecret, encryptionKey } = gateway.settings;
  other = await startGatewayProcess({
    home: gateway.home,
    env: {
      DATABASE_URL: databaseUrl ?? '',
      EVENT_STORE_URL: eventStoreUrl ?? '',
      JWT_SECRET: jwtSecret ?? '',
      ENCRYPTION_KEY: encryptionKey ?? '',
    },
  });
  api = await documentedApi(gateway.url);
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
});

const open = (url: string, apiKey: string) =>
  fetch(`${url}/mcp/streams`, { headers: { 'x-api-key': apiKey, accept: 'text/event-stream' } });
const historyOf = (id: string) => listStreamHistory(gateway.stores.db, apiKeyStream(id), { limit: 100 });
const rubbish = () => makeApiKey(crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(32))).text;

it('a key that anyone reports is dead on every gateway before the answer, its streams cut, and the reporter in the audit trail [auth-leak-reported]', async () => {
  const { id, apiKey } = await gateway.createKey();
  const spared = await gateway.createKey();
  const streams = await Promise.all([gateway.url, other.url].map((url) => open(url, apiKey)));
  expect(streams.map(({ status }) => status)).toEqual([200, 200]);
  const url = `https://user:pw@example.org/${apiKey}/log\u202e.txt?key=${apiKey}`;
  const report = [
    { token: apiKey, type: 'metamcp_api_key', url, source: 'content' },
    { token: rubbish(), type: 'metamcp_api_key', url: '', source: 'commit' },
    { token: `${spared.apiKey.slice(0, -50)}${'0'.repeat(50)}` },
  ];

  const answer = await api.call('POST', LEAKED, { body: report });

  expect(answer).toMatchObject({ status: 200, body: { received: 3 } });
  const after = await Promise.all([gateway.url, other.url].map(async (each) => (await open(each, apiKey)).status));
  expect(after).toEqual([401, 401]);
  for (const stream of streams) expect(await stream.text()).toContain('"error"');
  const [, ended, ...more] = await historyOf(id);
  expect(more).toEqual([]);
  expect(ended).toMatchObject({ type: 'ApiKeyInactivated', actor: 'system:leak-report', data: { leaked: true } });
  const { reason } = ended?.data as { reason: string };
  expect(reason).toMatch(/^Its secret was found in the open at https:\/\/example\.org\/mcp_…\/log.*127\.0\.0\.1\.$/);
  expect(reason).not.toMatch(/pw|\u202e/);
  expect((await findKey(gateway.stores.db, spared.id))?.status).toBe('active');
});

it('no part of a key, no query and no password stays in the place that a reporter names [auth-leak-reported]', async () => {
  const { id, apiKey } = await gateway.createKey();
  // All but its last characters stand before the place is cut.
  const places = [`${'a'.repeat(500 - apiKey.length + 3)}${apiKey}`, '/log?token=sek', 'git://u:pw@example.org/p#sek'];
  for (const url of places) {
    expect((await api.call('POST', LEAKED, { body: [{ token: apiKey, url }] })).status).toBe(200);
    await gateway.stores.keys.activate(id, 'again', TEST_CONTEXT);
  }
  const reasons = (await historyOf(id))
    .map(({ data }) => JSON.stringify(data))
    .filter((text) => text.includes('found in'));
  expect(reasons).toHaveLength(places.length);
  for (const reason of reasons) {
    expect(reason).not.toMatch(/sek|pw/);
    expect(reason).not.toContain(apiKey.slice(0, 40));
  }
});

it('a report of what is dead already changes nothing, but warns of a key that could be activated again [auth-leak-reported]', async () => {
  const { id, apiKey } = await gateway.createKey();
  await gateway.stores.keys.inactivate(id, 'lost', TEST_CONTEXT);
  const report = { candidates: [`token=${apiKey};`, apiKey] };
  for (let i = 0; i < 2; i += 1) expect((await api.call('POST', LEAKED, { body: report })).status).toBe(200);
  const types = (await historyOf(id)).map(({ type, data }) => [type, (data as { leaked?: boolean }).leaked]);
  expect(types).toEqual([
    ['ApiKeyCreated', undefined],
    ['ApiKeyInactivated', undefined],
    ['ApiKeyInactivated', true],
  ]);
  await gateway.stores.keys.activate(id, 'false alarm', TEST_CONTEXT);
  await api.call('POST', LEAKED, { body: report });
  expect((await findKey(gateway.stores.db, id))?.status).toBe('inactive');

  await gateway.stores.keys.remove(id, undefined, TEST_CONTEXT);
  const last = await gateway.stores.events.end();
  expect((await api.call('POST', LEAKED, { body: report })).status).toBe(200);
  expect(await gateway.stores.events.end()).toBe(last);
});

it('a rotated key that is reported in its grace is dead, and its successor is not [auth-leak-reported]', async () => {
  const { id, apiKey } = await gateway.createKey();
  const successor = await gateway.stores.keys.rotate(id, 3_600_000, TEST_CONTEXT);
  await api.call('POST', LEAKED, { body: [{ token: apiKey }] });
  expect((await open(other.url, apiKey)).status).toBe(401);
  expect((await open(other.url, successor.apiKey)).status).toBe(200);
});

it('1,000 texts that are no keys cost one query and no secret, and their answer is that of a real key [auth-leak-rubbish-cheap]', async () => {
  const { apiKey } = await gateway.createKey();
  const texts = Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? rubbish() : 'mcp_'.repeat(20)));
  let opened = 0;
  let queries = 0;
  const find = createFindLeakedKeys({
    db: { query: (statement) => ((queries += 1), gateway.stores.db.query(statement)) },
    vault: { open: (...args) => ((opened += 1), gateway.stores.vault.open(...args)) },
    fingerprints: gateway.stores.fingerprints,
  });
  expect(await find(texts.flatMap(keysIn))).toEqual([]);
  expect([queries, opened]).toEqual([1, 0]);
  const [none, one] = [
    await api.call('POST', LEAKED, { body: { candidates: texts } }),
    await api.call('POST', LEAKED, { body: { candidates: [...texts.slice(1), apiKey] } }),
  ];
  expect(one.body).toEqual(none.body);
});

it.each([
  ['more than 1,000 texts', { candidates: new Array(1_001).fill('x') }, [400, 'request-invalid']],
  ['an unknown member', { candidates: [], owner: 'x' }, [400, 'request-invalid']],
  ['no report', undefined, [400, 'request-invalid']],
  ['600 KiB', { candidates: new Array(300).fill('x'.repeat(2_048)) }, [413, 'body-too-large']],
])('a report with %s is refused [auth-leak-rubbish-cheap]', async (_what, body, [status, code]) => {
  expect(await api.call('POST', LEAKED, { body })).toMatchObject({ status, body: { code } });
});

it('a network may send 20 reports at once, then one each second, and nobody more than the gateway reads [auth-leak-rubbish-cheap]', () => {
  let now = 0;
  const enter = createReportBound(() => now);
  const from = (remoteAddress: string) => ({ socket: { remoteAddress } });
  const held = Array.from({ length: 4 }, () => enter(from('192.0.2.1')));
  expect(() => enter(from('192.0.2.1'))).toThrow('Too many reports');
  for (const each of held) each[Symbol.dispose]();
  for (let i = 0; i < 16; i += 1) enter(from('192.0.2.1'))[Symbol.dispose]();
  expect(() => enter(from('192.0.2.1'))).toThrow('Too many reports');
  now += 1_000;
  enter(from('192.0.2.1'))[Symbol.dispose]();
  for (let i = 0; i < 16; i += 1) enter(from(`198.51.100.${String(i)}`));
  expect(() => enter(from('203.0.113.1'))).toThrow('Too many reports');
});
