import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { createCounters } from '../../src/usage/counters.ts';
import { addUsage } from '../../src/usage/keyUsage.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { call, methodCall } from '../usage/calls.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';

const USAGE = '/api/v1/usage';
const KEY = call().keyId;
const TEN = Date.parse('2026-03-01T10:00:00Z');

let gateway: TestGateway;
let api: DocumentedApi;
let reader: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  reader = (await gateway.createKey({ scopes: ['usage:read'], grants: [] })).apiKey;
  const counters = createCounters({ clock: () => TEN });
  counters.count(call());
  counters.count(call({ outcome: 'client-closed', status: 0 }));
  counters.count(call({ tool: '=1+"1",x' }));
  counters.count(methodCall('tools/list', { server: 'files' }));
  await addUsage(gateway.stores.db, { id: crypto.randomUUID(), increments: counters.take() });
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function get(query: string, headers: Record<string, string> = {}) {
  const { status, body } = await api.call('GET', `${USAGE}?${query}`, { credential: reader, headers });
  return { status, body: body as unknown as Body };
}

interface Body {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly total: Readonly<Record<string, unknown>>;
  readonly truncated: boolean;
  readonly code: string;
}

const RANGE = 'from=2026-03-01T10:30:00Z&to=2026-03-02T00:00:00Z';

describe('usage over REST', () => {
  it('is counted by server unless asked otherwise, for all keys, with a total [usage-rest]', async () => {
    const { body } = await get(RANGE);
    expect(body).toMatchObject({
      items: [
        { server: 'files', calls: 1, failed: 0 },
        { server: 'github', calls: 3, failed: 1, errors: { client: 1 }, bytes_in: 300, latency_ms: { p50: 3.5 } },
      ],
      total: { calls: 4, failed: 1, last_used_at: '2026-03-01T10:00:00.000Z' },
      truncated: false,
    });
    expect(body.items[0]).not.toHaveProperty('key_id');
  });

  it('is grouped, filtered and bounded as asked [usage-rest] [usage-dimensions]', async () => {
    const { body } = await get(`${RANGE}&by=key,tool,day&key=${KEY}&server=github`);
    expect(body.items).toMatchObject([
      { key_id: KEY, method: 'tools/call', tool: '=1+"1",x', time: '2026-03-01T00:00:00.000Z', calls: 1 },
      { key_id: KEY, method: 'tools/call', tool: 'search', calls: 2 },
    ]);
    expect((await get(`${RANGE}&tool=search`)).body.total).toMatchObject({ calls: 2 });
    const bounded = (await get(`${RANGE}&by=server&limit=1`)).body;
    expect([bounded.items.length, bounded.truncated, bounded.total['calls']]).toEqual([1, true, 4]);
    expect((await get('from=2020-01-01T00:00:00%2B01:00&to=2020-01-02T00:00:00Z')).body).toMatchObject({
      items: [],
      total: { calls: 0 },
    });
  });

  it('comes as CSV when asked so, and no spreadsheet runs what a client has made up [usage-rest]', async () => {
    const answer = await fetch(`${gateway.url}${USAGE}?${RANGE}&by=server,tool`, {
      headers: { authorization: `Bearer ${reader}`, accept: 'text/csv' },
    });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await answer.text()).split('\r\n');
    expect(lines[0]).toMatch(/^time,key_id,server,method,tool,calls,failed,errors_client,/);
    expect(lines[2]).toMatch(/^,,github,tools\/call,"'=1\+""1"",x",1,0,/);
    expect([lines.length, lines.at(-1)]).toEqual([5, '']);
    expect(api.document.paths[USAGE]?.['get']?.responses['200']).toHaveProperty(['content', 'text/csv']);
  });

  it.for([
    'from=yesterday',
    'to=2026-01-01T00:00:00',
    'by=colour',
    'key=1',
    'limit=0',
    'limit=10001',
    'server=%00',
    'tool=',
  ])('refuses %s', async (query) => {
    const { status, body } = await get(query);
    expect([status, body.code]).toEqual([400, 'request-invalid']);
  });
});

it('tools that are run over REST are counted, with what they report themselves [usage-exact]', async () => {
  await using calculator = await startBackendServer1({ port: 0 });
  await gateway.addServer('calculator', calculator.url);
  const { id, apiKey } = await gateway.createKey();
  const run = async (tool: string, args: object) => {
    const place = `/api/v1/mcp/servers/calculator/tools/${tool}/execute`;
    return (await api.call('POST', place, { credential: apiKey, body: { arguments: args } })).status;
  };
  expect(await run('add', { a: 1, b: 2 })).toBe(200);
  expect(await run('add', { a: 1, b: 2 })).toBe(200);
  expect(await run('divide', { a: 1, b: 0 })).toBe(200);
  expect(await run('no-such-tool', {})).toBe(502);
  await api.call('GET', '/api/v1/mcp/servers/calculator/tools', { credential: apiKey });
  await gateway.restart();
  const { body } = await get(`by=tool&key=${id}`);
  expect(body.items).toMatchObject([
    { method: 'tools/call', tool: 'add', calls: 2, failed: 0, bytes_in: 2 * '{"arguments":{"a":1,"b":2}}'.length },
    { method: 'tools/call', tool: 'divide', calls: 1, errors: { answer: 1 } },
    { method: 'tools/call', tool: 'no-such-tool', calls: 1, errors: { answer: 1 } },
    { method: 'tools/list', calls: 1, failed: 0 },
  ]);
});

it('a rebuild of the read tables leaves usage as it is [usage-no-projection]', async () => {
  const before = (await get(`${RANGE}&by=key,server,tool`)).body;
  await gateway.stores.projections.rebuild({ acceptLoss: false });
  expect((await get(`${RANGE}&by=key,server,tool`)).body).toEqual(before);
  expect(before.items.length).toBeGreaterThan(0);
});

it('none is gathered by a gateway that shall keep it for no day [usage-retention]', async () => {
  await using own = await startTestGateway({ env: { USAGE_RETENTION_DAYS: '0' } });
  await using calculator = await startBackendServer1({ port: 0 });
  await own.addServer('calculator', calculator.url);
  const { apiKey } = await own.createKey({ scopes: ['mcp', 'usage:read'] });
  const headers = { authorization: `Bearer ${apiKey}` };
  expect((await fetch(`${own.url}/api/v1/mcp/servers/calculator/tools`, { headers })).status).toBe(200);
  await own.restart();
  expect(await (await fetch(`${own.url}${USAGE}`, { headers })).json()).toMatchObject({
    items: [],
    total: { calls: 0 },
  });
});
