import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLogger } from '../../src/logging/logger.ts';
import { scrape, sum } from '../metrics/scrape.ts';
import { ask, call, errorOf, open, type OpenAnswer } from '../proxy/client.ts';
import { openUpstream, type Upstream } from '../proxy/upstream.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

// The limits of keys for what is open at once, and for bytes, over each face.

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let upstream: Upstream;
/** The answers that the server holds back: of the tool `wait`. */
const held: (() => void)[] = [];
const logged: Record<string, unknown>[] = [];

beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const write = (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>);
  const logger = createLogger('info', { write });
  gateway = setUp.use(await startTestGateway({ env: { METRICS_PORT: '0' }, logger }));
  upstream = setUp.use(await openUpstream((res, { method, body }) => answer(res, method, body)));
  await gateway.addServer('tools', upstream.url);
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

function answer(res: ServerResponse, method: string, body: Buffer): void {
  if (method === 'GET') return void res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
  const message = JSON.parse(body.toString()) as { id?: number; method: string; params?: { name?: string } };
  if (message.id === undefined) return void res.writeHead(202).end();
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
    },
    'tools/list': { tools: ['wait', 'talk'].map((name) => ({ name, inputSchema: { type: 'object' } })) },
    'tools/call': { content: [{ type: 'text', text: 'x'.repeat(3_000) }] },
  };
  const result = results[message.method];
  const text = JSON.stringify({
    jsonrpc: '2.0',
    id: message.id,
    ...(result ? { result } : { error: { code: -32601, message: 'no' } }),
  });
  const send = () => void res.writeHead(200, { 'content-type': 'application/json' }).end(text);
  if (message.params?.name === 'wait') held.push(send);
  else send();
}

const credentialOf = (apiKey: string) => ({ authorization: `Bearer ${apiKey}` });

/** What a client may do with a key: each way to a call, and each way to a stream. */
const asking = {
  mcp: (apiKey: string, name = 'talk') => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } };
    return call(gateway, 'tools', message, { ...credentialOf(apiKey), 'mcp-protocol-version': '2025-11-25' });
  },
  rest: (apiKey: string) =>
    ask(gateway, '/api/v1/mcp/servers/tools/tools/talk/execute', {
      headers: { ...credentialOf(apiKey), accept: 'application/json' },
      body: '{"arguments":{}}',
    }),
  feed: (apiKey: string) =>
    open(gateway, '/api/v1/events', { headers: { ...credentialOf(apiKey), accept: 'application/x-ndjson' } }),
  get: (apiKey: string) => {
    const headers = { ...credentialOf(apiKey), accept: 'text/event-stream', 'mcp-protocol-version': '2025-11-25' };
    return open(gateway, '/mcp/tools', { headers, method: 'GET' });
  },
  lines: (apiKey: string) =>
    open(gateway, '/api/v1/mcp/stream?server=tools', {
      headers: { ...credentialOf(apiKey), accept: 'application/x-ndjson', 'content-type': 'application/x-ndjson' },
      method: 'POST',
    }),
};

/** The status, and of a refusal its code and limit. */
async function refusalOf(answered: { readonly status: number; readonly text: string } | OpenAnswer) {
  if ('ended' in answered && answered.status === 429) await answered.ended;
  const { status, text } = answered;
  if (status !== 429) return { status };
  if (!text.includes('"jsonrpc"')) {
    const { code, data } = JSON.parse(text) as { code: string; data: { limit: string } };
    return { status, code, limit: data.limit };
  }
  const { data } = errorOf({ text });
  return { status, code: data?.code, limit: data?.['limit'] };
}

it('a limit of calls at once counts those over MCP and REST together [limits-at-once]', async () => {
  // As histories may have it: the smallest one holds.
  const { apiKey } = await gateway.createKey({ limits: ['calls=2', 'calls=1'] });
  const first = asking.mcp(apiKey, 'wait');
  await expect.poll(() => held.length).toBe(1);
  const refused = { status: 429, code: 'too-many-calls', limit: 'calls=1' };
  expect(await refusalOf(await asking.mcp(apiKey))).toEqual(refused);
  expect(await refusalOf(await asking.rest(apiKey))).toEqual(refused);
  held[0]?.();
  expect((await first).status).toBe(200);
  expect((await asking.rest(apiKey)).status).toBe(200);
  expect((await asking.mcp(apiKey)).status).toBe(200);
});

it('a limit of streams at once counts feeds, streams of servers and exchanges of lines together [limits-at-once]', async () => {
  const { apiKey } = await gateway.createKey({ limits: ['streams=1'] });
  const refused = { status: 429, code: 'too-many-streams', limit: 'streams=1' };
  for (const face of ['feed', 'get'] as const) {
    let first: OpenAnswer | undefined;
    await expect.poll(async () => (first = await asking[face](apiKey)).status).toBe(200);
    expect(await refusalOf(await asking.feed(apiKey))).toEqual(refused);
    expect(await refusalOf(await asking.get(apiKey))).toEqual(refused);
    expect(await refusalOf(await asking.lines(apiKey))).toEqual(refused);
    // A call is no stream.
    expect((await asking.mcp(apiKey)).status).toBe(200);
    first?.abort();
  }
});

it.each(['mcp', 'rest'] as const)(
  'bytes that pass over %s are used up for calls and for feeds [limits-bytes]',
  async (face) => {
    const { apiKey } = await gateway.createKey({ limits: ['bytes=2kB/h'] });
    expect((await asking[face](apiKey)).status).toBe(200);
    const refused = { status: 429, code: 'rate-limited', limit: 'bytes=2kB/h' };
    // They count when the call has ended, which may be after its client has all of it.
    await expect.poll(async () => refusalOf(await asking[face](apiKey))).toEqual(refused);
    for (const other of ['mcp', 'rest', 'feed'] as const) {
      expect(await refusalOf(await asking[other](apiKey))).toEqual(refused);
    }
  },
);

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } },
};
const limitedBy = async (code: string) =>
  sum(await scrape(gateway.metricsUrl), 'metamcp_limited_total', `limit="${code}"`);
const refusalsInLog = () => logged.filter(({ msg }) => msg === 'a request was refused for a limit');

it('a refusal for a limit is counted once over each face, and in the log where it is no call [ops-metrics-limits]', async () => {
  const { id, apiKey } = await gateway.createKey({ limits: ['bytes=1b/d'] });
  expect((await asking.mcp(apiKey)).status).toBe(200);
  await expect.poll(async () => (await asking.mcp(apiKey)).status).toBe(429);
  const [before, linesBefore] = [await limitedBy('rate-limited'), refusalsInLog().length];
  const aggregate = () => ask(gateway, '/mcp', { headers: credentialOf(apiKey), body: JSON.stringify(INITIALIZE) });
  for (const face of [...Object.values(asking), aggregate]) expect((await face(apiKey)).status).toBe(429);
  await expect.poll(async () => (await limitedBy('rate-limited')) - before).toBe(6);
  const lines = refusalsInLog().slice(linesBefore);
  expect(lines).toHaveLength(3);
  expect(lines).toContainEqual(
    expect.objectContaining({ code: 'rate-limited', limit: 'bytes=1b/d', keyId: id, path: '/api/v1/events' }),
  );
  // What is refused before a body is read, and without a credential.
  const body = JSON.stringify({ candidates: ['x'] });
  const report = () =>
    ask(gateway, '/api/v1/leaked', { headers: { authorization: undefined, accept: undefined }, body });
  const statuses = (await Promise.all(Array.from({ length: 40 }, report))).map(({ status }) => status);
  const refused = statuses.filter((status) => status === 429).length;
  expect(refused).toBeGreaterThan(0);
  expect(await limitedBy('too-many-reports')).toBe(refused);
  expect((await limitedBy('rate-limited')) - before).toBe(6);
});
