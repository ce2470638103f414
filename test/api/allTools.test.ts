import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { addProgram, EndpointClient } from '../gateway/stdio/world.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';
import { startProgressHttp, startProgressSse } from './progress/progressServers.ts';

const PROGRAM = join(import.meta.dirname, 'progress/progressProgram.ts');

interface AllTools {
  readonly items: readonly { server: string; exposed_name: string; tool: { name: string } }[];
  readonly unanswered: readonly {
    server: string;
    status: string;
    code: string;
    message: string;
    remembered: boolean;
  }[];
}

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let api: DocumentedApi;
let apiKey: string;
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const http = setUp.use(await startProgressHttp());
  const sse = setUp.use(await startProgressSse());
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  setUp.defer(() => void silent.close());
  gateway = setUp.use(await startTestGateway());
  api = await documentedApi(gateway.url);
  await gateway.addServer('a-http', http.url);
  const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url } as const;
  await gateway.stores.servers.register('b-sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  await addProgram(gateway, 'c-stdio', { command: process.execPath, args: [PROGRAM], isolation: 'shared' });
  await gateway.addServer('d-gone', 'http://127.0.0.1:1/mcp');
  const { port } = silent.address() as AddressInfo;
  await gateway.addServer('e-silent', `http://127.0.0.1:${String(port)}/mcp`, {}, { idleMs: 1_000, totalMs: 1_000 });
  await addProgram(gateway, 'f-missing', { command: '/nonexistent/program', args: [] });
  await gateway.addServer('g-disabled', http.url);
  await gateway.stores.servers.disable('g-disabled', undefined, TEST_CONTEXT);
  ({ apiKey } = await gateway.createKey({ scopes: ['mcp', 'usage:read'] }));
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

async function list(query = '', credential = apiKey) {
  const { status, body } = await api.call('GET', `/api/v1/tools${query}`, { credential });
  return { status, body: body as unknown as AllTools & { code?: string } };
}

it('a list of the tools of all servers has those that answered, and why the others did not [http-silent-servers]', async () => {
  const { body } = await list();
  const servers = [...new Set(body.items.map(({ server }) => server))];
  expect(servers).toEqual(['a-http', 'b-sse', 'c-stdio']);
  expect(body.items.find(({ tool }) => tool.name === 'steps')).toMatchObject({ exposed_name: 'a-http__steps' });
  expect(body.unanswered.map(({ server, status, code }) => [server, status, code])).toEqual([
    ['d-gone', 'fails', 'upstream-unreachable'],
    ['e-silent', 'fails', 'upstream-timeout'],
    ['f-missing', 'fails', 'upstream-command-unusable'],
    ['g-disabled', 'disabled', 'server-disabled'],
  ]);
  for (const { server, message, remembered } of body.unanswered) {
    expect(message).toContain(server);
    expect(remembered).toBe(false);
  }
});

it('a key sees the servers and tools that it is granted, and may name some of them [http-silent-servers]', async () => {
  const narrow = await gateway.createKey({ grants: ['a-http:steps', 'd-gone'] });
  const { body } = await list('', narrow.apiKey);
  expect(body.items.map(({ exposed_name }) => exposed_name)).toEqual(['a-http__steps']);
  expect(body.unanswered.map(({ server }) => server)).toEqual(['d-gone']);
  const named = (await list('?servers=a-http', narrow.apiKey)).body;
  expect([named.items.length, named.unanswered]).toEqual([1, []]);
  expect(await list('?servers=a-http,b-sse', narrow.apiKey)).toMatchObject({
    status: 404,
    body: { code: 'server-not-found' },
  });
});

it('a server that is away is named, with the tools that it offered last [http-silent-servers]', async () => {
  const leaving = await startProgressHttp();
  await gateway.addServer('h-leaving', leaving.url);
  const client = new EndpointClient(gateway, '../mcp?servers=h-leaving', apiKey);
  await client.initialize();
  await client.legacy('tools/list');
  await leaving[Symbol.asyncDispose]();
  const body = await vi.waitUntil(
    async () => {
      const now = (await list('?servers=h-leaving')).body;
      return now.unanswered[0]?.remembered === true ? now : undefined;
    },
    { timeout: 60_000 },
  );
  expect(body.unanswered).toMatchObject([{ server: 'h-leaving', status: 'fails', code: 'upstream-unreachable' }]);
  expect(body.items.map(({ tool }) => tool.name)).toContain('steps');
});

it('each server that is asked has its call, with its outcome [usage-outcomes]', async () => {
  const { id, apiKey: key } = await gateway.createKey({ grants: ['a-http', 'd-gone'] });
  await list('', key);
  await gateway.restart();
  const usage = await api.call('GET', `/api/v1/usage?key=${id}&by=server,tool`, { credential: apiKey });
  expect(usage.body.items).toMatchObject([
    { server: 'a-http', method: 'tools/list', calls: 1, failed: 0 },
    { server: 'd-gone', method: 'tools/list', calls: 1, outcomes: { 'upstream-unreachable': 1 } },
  ]);
});
