import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { callLineSchema, type CallLine } from '../../src/api/callLines.ts';
import { problemSchema } from '../../src/api/problem.ts';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { addProgram } from '../gateway/stdio/world.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { startProgressHttp, startProgressSse, type ProgressServer } from './progress/progressServers.ts';

const PROGRAM = join(import.meta.dirname, 'progress/progressProgram.ts');
const TRANSPORTS = ['http', 'sse', 'stdio'] as const;

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let http: ProgressServer;
let apiKey: string;
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  http = setUp.use(await startProgressHttp());
  const sse = setUp.use(await startProgressSse());
  gateway = setUp.use(await startTestGateway());
  await gateway.addServer('http', http.url);
  const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url } as const;
  await gateway.stores.servers.register('sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  await addProgram(gateway, 'stdio', { command: process.execPath, args: [PROGRAM], isolation: 'shared' });
  ({ apiKey } = await gateway.createKey({ scopes: ['mcp', 'servers:read', 'usage:read'] }));
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

interface RunOptions {
  readonly args?: object;
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly key?: string;
}

function run(server: string, tool: string, { args = {}, accept, signal, key = apiKey }: RunOptions = {}) {
  return fetch(`${gateway.url}/api/v1/mcp/servers/${server}/tools/${tool}/execute`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: accept ?? 'application/x-ndjson',
    },
    body: JSON.stringify({ arguments: args }),
    ...(signal !== undefined && { signal }),
  });
}

/** Reads lines one by one, as they come. */
async function* linesOf(answer: Response): AsyncGenerator<CallLine> {
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield callLineSchema.parse(JSON.parse(line));
  }
  expect(rest).toBe('');
}

async function allLines(answer: Response): Promise<CallLine[]> {
  return Array.fromAsync(linesOf(answer));
}

/** What the server has seen. */
async function seen(server: string): Promise<{ cancelled: number; waiting: number }> {
  const answer = (await (await run(server, 'cancelled', { accept: 'application/json' })).json()) as {
    content: [{ text: string }];
  };
  return JSON.parse(answer.content[0].text) as { cancelled: number; waiting: number };
}

describe.for(TRANSPORTS)('a tool that is run over REST, of a server over %s', (server) => {
  it('shows its progress and what the server logs, line by line, and its result last [http-progress-lines]', async () => {
    const answer = await run(server, 'steps');
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('x-accel-buffering')]).toEqual([
      200,
      'application/x-ndjson',
      'no',
    ]);
    expect(await allLines(answer)).toEqual([
      { type: 'progress', progress: 1, total: 2, message: 'one' },
      { type: 'log', level: 'info', logger: 'steps', data: { half: true } },
      { type: 'progress', progress: 2, total: 2 },
      { type: 'result', result: { content: [{ type: 'text', text: 'done' }] } },
    ]);
  });

  it('sends a line when the progress comes, and is cancelled at the server when its client leaves [http-progress-lines]', async () => {
    const { cancelled } = await seen(server);
    const leaving = new AbortController();
    const lines = linesOf(await run(server, 'wait', { signal: leaving.signal }));
    expect((await lines.next()).value).toEqual({ type: 'progress', progress: 1 });
    leaving.abort();
    await lines.next().catch(() => undefined);
    await vi.waitUntil(async () => (await seen(server)).cancelled === cancelled + 1, { timeout: 60_000 });
    expect((await seen(server)).waiting).toBe(0);
  });

  it('has its HTTP status where it fails before the first line, and ends with the problem later [http-progress-lines]', async () => {
    const early = await run(server, 'fail');
    expect([early.status, early.headers.get('content-type')]).toEqual([502, 'application/problem+json']);
    expect(problemSchema.parse(await early.json())).toMatchObject({ code: 'upstream-rpc-error', status: 502 });
    const late = await run(server, 'late-failure');
    expect(late.status).toBe(200);
    const lines = await allLines(late);
    expect(lines.map(({ type }) => type)).toEqual(['progress', 'problem']);
    expect(lines[1]).toMatchObject({ problem: { code: 'upstream-rpc-error', status: 502, title: 'Bad Gateway' } });
  });
});

it('a client that does not read stops the reading, and gets every line when it reads [http-progress-lines]', async () => {
  const count = 1_500;
  const asked = request(`${gateway.url}/api/v1/mcp/servers/http/tools/flood/execute`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'application/x-ndjson',
    },
  });
  asked.end(JSON.stringify({ arguments: { count } }));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let before = -1;
  let unchanged = 0;
  await vi.waitUntil(
    () => {
      unchanged = http.tools.flooded === before ? unchanged + 1 : 0;
      before = http.tools.flooded;
      return unchanged >= 20;
    },
    { interval: 10, timeout: 60_000 },
  );
  // 30 MB were to be sent; sockets hold some of it.
  expect(http.tools.flooded).toBeLessThan(count / 2);
  answer.setEncoding('utf8');
  let text = '';
  for await (const piece of answer) text += piece as string;
  const lines = text.trimEnd().split('\n');
  expect(lines.length).toBe(count + 1);
  expect(
    lines.slice(0, -1).every((line, at) => line.startsWith(`{"type":"progress","progress":${String(at + 1)},`)),
  ).toBe(true);
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ type: 'result', result: { content: [{ text: 'flooded' }] } });
});

describe('a tool that is run line by line', () => {
  /** The first line of a call that waits, and those that follow. */
  async function waiting(server: string, key: string): Promise<AsyncGenerator<CallLine>> {
    const lines = linesOf(await run(server, 'wait', { key }));
    expect((await lines.next()).value).toMatchObject({ type: 'progress' });
    return lines;
  }

  it('ends with the reason when the key may not use it any more [http-progress-lines]', async () => {
    const { id, apiKey: key } = await gateway.createKey();
    const lines = await waiting('http', key);
    await gateway.stores.keys.changeAccess(id, () => ({ scopes: ['mcp'], grants: ['http:steps'] }), TEST_CONTEXT);
    expect(await Array.fromAsync(lines)).toMatchObject([
      { type: 'problem', problem: { code: 'key-access-changed', status: 401 } },
    ]);
    expect((await seen('http')).waiting).toBe(0);
  });

  it('ends with the reason when the server is removed [http-progress-lines]', async () => {
    await gateway.addServer('leaving', http.url);
    const lines = await waiting('leaving', apiKey);
    await gateway.stores.servers.remove('leaving', undefined, TEST_CONTEXT);
    expect(await Array.fromAsync(lines)).toMatchObject([
      {
        type: 'problem',
        problem: { code: expect.stringMatching(/^server-(deleted|disabled)$/) as string, status: 503 },
      },
    ]);
  });

  it('is cancelled by each of 100 clients that leave at once, and leaves no call behind [http-progress-lines]', async () => {
    await gateway.addServer('crowded', http.url, {}, {}, { maxInFlight: 200 });
    const { cancelled } = await seen('http');
    const leaving = new AbortController();
    const calls = Array.from({ length: 100 }, () =>
      run('crowded', 'wait', { signal: leaving.signal, args: { silently: true } }).catch(() => undefined),
    );
    await vi.waitUntil(() => http.tools.waiting.size === 100, { timeout: 60_000 });
    leaving.abort();
    await Promise.all(calls);
    await vi.waitUntil(() => http.tools.waiting.size === 0, { timeout: 60_000 });
    expect((await seen('http')).cancelled).toBe(cancelled + 100);
  });

  it('takes large arguments, and refuses what is larger than a body may be with its status', async () => {
    const answer = await run('http', 'large', { args: { text: 'x'.repeat(3_000_000) } });
    expect((await allLines(answer)).at(-1)).toMatchObject({
      type: 'result',
      result: { content: [{ text: '3000011' }] },
    });
    const refused = await run('http', 'large', { args: { text: 'x'.repeat(17_000_000) } });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
  });

  it('is refused where the server answers with a task, and told how to call it [http-progress-lines]', async () => {
    const answer = await run('http', 'task');
    expect(answer.status).toBe(422);
    expect(problemSchema.parse(await answer.json())).toMatchObject({
      code: 'unsupported-result',
      detail: expect.stringContaining('/mcp/http') as string,
    });
  });
});

describe('the media type of a result', () => {
  it.for([
    ['application/json', 'application/json'],
    ['*/*', 'application/json'],
    ['application/*', 'application/json'],
    ['text/html, */*;q=0.1', 'application/json'],
    ['application/json; charset=utf-8', 'application/json'],
    ['application/x-ndjson', 'application/x-ndjson'],
    ['APPLICATION/X-NDJSON', 'application/x-ndjson'],
    ['application/x-ndjson, application/json', 'application/json'],
    ['application/x-ndjson, application/json;q=0.9', 'application/x-ndjson'],
    ['application/json;q=0, */*', 'application/x-ndjson'],
    ['application/x-ndjson;q=0, */*', 'application/json'],
    ['application/x-ndjson;q=0.1, application/json;q=0', 'application/x-ndjson'],
  ])('is by %s: %s [http-406-accept]', async ([accept, type]) => {
    const answer = await run('http', 'steps', { accept: accept! });
    expect(answer.headers.get('content-type')?.split(';')[0]).toBe(type);
    await answer.text();
  });

  it.for(['text/html', 'application/x-ndjson;q=0', '*/*;q=0', 'application/json;q=0, application/x-ndjson;q=0.0'])(
    'is refused by %s, before the tool is called [http-406-accept]',
    async (accept) => {
      const answer = await run('http', 'wait', { accept });
      expect(answer.status).toBe(406);
      expect(problemSchema.parse(await answer.json())).toMatchObject({ code: 'not-acceptable' });
      expect(http.tools.waiting.size).toBe(0);
    },
  );
});
