import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { documentedApi } from '../api/documentedApi.ts';
import { until } from '../proxy/client.ts';
import { begin, LineClient, modernParams, type Line } from '../proxy/lines/lineClient.ts';
import { EVERYTHING_PROGRAM, startEverythingServer } from '../support/everythingServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram } from './stdio/world.ts';

const execute = promisify(execFile);
const SERVERS = ['http', 'sse', 'stdio'];

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let apiKey: string;

beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const [http, sse, modern] = await Promise.all([
    startEverythingServer(),
    startEverythingServer('sse'),
    startBackendServer1(),
  ]);
  for (const one of [http, sse, modern]) setUp.use(one);
  gateway = setUp.use(await startTestGateway());
  await gateway.addServer('http', http.url);
  await gateway.addServer('modern', modern.url);
  await addProgram(gateway, 'stdio', { command: process.execPath, args: [EVERYTHING_PROGRAM, 'stdio'] });
  const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url } as const;
  await gateway.stores.servers.register('sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  ({ apiKey } = await gateway.createKey());
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

const open = (query: string, key = apiKey): Promise<LineClient> =>
  LineClient.open(gateway, { query, headers: { authorization: `Bearer ${key}` } });
const textOf = ({ result, error }: Line): string => JSON.stringify(result?.['content'] ?? error);
const capabilities = { sampling: {}, elicitation: {}, roots: {} };

describe.each([
  ...SERVERS.map((name) => [name, `?server=${name}`, '']),
  ...SERVERS.map((name) => [name, '', `${name}__`]),
])('a server over %s, at "%s"', (_name, query, prefix) => {
  test('is called, tells its progress, and asks its client [lines-both-ways] [lines-session]', async () => {
    await using client = await open(query);
    await begin(client, { capabilities });
    const call = (id: number, tool: string, args: object, meta = {}): Promise<Line> =>
      client.ask(id, 'tools/call', { name: `${prefix}${tool}`, arguments: args, _meta: meta });
    expect(textOf(await call(1, 'echo', { message: 'hi' }))).toContain('Echo: hi');
    const long = { duration: 0.15, steps: 3 };
    await call(2, 'trigger-long-running-operation', long, { progressToken: 'mine' });
    const progress = client.lines.filter(({ method }) => method === 'notifications/progress');
    expect(progress.map(({ params }) => [params?.['progressToken'], params?.['progress']])).toEqual([
      ['mine', 1],
      ['mine', 2],
      ['mine', 3],
    ]);
    const sampled = call(3, 'trigger-sampling-request', { prompt: 'Sing!', maxTokens: 10 });
    const { id, params } = await client.of('sampling/createMessage');
    expect(JSON.stringify(params)).toContain('Sing!');
    const result = { role: 'assistant', model: 'm', content: { type: 'text', text: 'La' } };
    client.send({ jsonrpc: '2.0', id, result });
    expect(textOf(await sampled)).toContain('La');
  });
});

test('the aggregate serves the modern era, and what a client narrows it to [lines-both-ways]', async () => {
  await using client = await open('?servers=modern');
  const list = async (): Promise<unknown[]> =>
    ((await client.ask(1, 'tools/list', modernParams())).result?.['tools'] as { name: string }[]).map(
      ({ name }) => name,
    );
  expect(await list()).toContain('modern__add');
  const params = modernParams({ name: 'modern__add', arguments: { a: 1, b: 2 } });
  expect((await client.ask(2, 'tools/call', params)).result).toMatchObject({ structuredContent: { result: 3 } });
});

/** Starts curl, which reads the lines to send: from `-` it waits for them, from `.` it reads what comes meanwhile. */
function startCurl(stdin: '-' | '.') {
  const url = `${gateway.url}/api/v1/mcp/stream?server=modern`;
  const args = ['-sS', '-N', '-T', stdin, '-X', 'POST', '-H', `Authorization: Bearer ${apiKey}`, url];
  const program = spawn('curl', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const read = { text: '' };
  program.stdout.on('data', (chunk) => (read.text += String(chunk)));
  return { program, read, ended: new Promise((resolve) => program.on('close', resolve)) };
}

const echo = (id: number): string => {
  const params = modernParams({ name: 'echo', arguments: { message: `line ${String(id)}` } });
  return `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })}\n`;
};

const idsOf = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as Line).id);

test('curl speaks it in both directions at once [lines-both-ways]', async () => {
  const { program, read, ended } = startCurl('.');
  for (const id of [1, 2]) {
    program.stdin.write(echo(id));
    await until(() => read.text.includes(`line ${String(id)}`), `the answer to ${String(id)}`);
  }
  program.stdin.end();
  expect(await ended).toBe(0);
  expect(idsOf(read.text)).toEqual([1, 2]);
});

test('curl gets the answers to all lines of a file [lines-half-close]', async () => {
  const { program, read, ended } = startCurl('-');
  program.stdin.end(echo(1) + echo(2) + echo(3).trim());
  expect(await ended).toBe(0);
  expect(idsOf(read.text).sort()).toEqual([1, 2, 3]);
});

test('the example client finds everything right [lines-both-ways]', async () => {
  const file = fileURLToPath(new URL('../../examples/client/lines.ts', import.meta.url));
  const env = { METAMCP_URL: gateway.url, METAMCP_API_KEY: apiKey };
  const { stdout, stderr } = await execute(process.execPath, [file, 'modern'], { env });
  expect(stdout.split('\n').filter((line) => line.startsWith('✓'))).toHaveLength(2);
  expect(stderr).toBe('');
});

test('a key that is revoked loses the exchange before the revocation is reported [lines-same-rules] [auth-revocation-cuts]', async () => {
  const key = await gateway.createKey();
  await using client = await open('?server=stdio', key.apiKey);
  await begin(client);
  client.send({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name: 'trigger-long-running-operation', arguments: { duration: 60, steps: 1 } },
  });
  await client.ask(2, 'tools/call', { name: 'echo', arguments: { message: 'hi' } });
  await gateway.stores.keys.inactivate(key.id, 'lost', TEST_CONTEXT);
  await client.over();
  expect(client.lines.slice(-2).map(({ id, error }) => [id, error?.data?.['code']])).toEqual([
    [1, 'key-revoked'],
    [null, 'key-revoked'],
  ]);
});

test('the document names the route, and how it refuses [http-openapi-agrees]', async () => {
  const api = await documentedApi(gateway.url);
  const operation = api.document.paths['/api/v1/mcp/stream']?.['post'];
  const { content } = operation?.responses['200'] as { content: object };
  await using client = await open('?server=modern');
  expect(Object.keys(content)).toEqual([client.response.headers['content-type']]);
  const refused = await api.call('POST', '/api/v1/mcp/stream', { credential: apiKey, body: {} });
  expect(refused).toMatchObject({ status: 415, body: { code: 'content-type-unsupported' } });
});
