import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { serverHealthSchema } from '../../src/api/serverHealth.ts';
import { DEFAULT_SETTINGS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient } from './stdio/world.ts';

const env = { SERVER_CIRCUIT_FAILURES: '3', SERVER_CIRCUIT_RETRY_SECONDS: '2' };

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let apiKey: string;
/** What stands between the gateway and its servers. */
const ways = new Map<string, TcpProxy>();
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const http = setUp.use(await startFixtureServer());
  const sse = setUp.use(await startFixtureSseServer());
  gateway = setUp.use(await startTestGateway({ env }));
  ({ apiKey } = await gateway.createKey({ scopes: ['mcp', 'servers:read', 'events:read'] }));
  const wayTo = async (name: string, url: string) => {
    const way = setUp.use(await openTcpProxy(url));
    ways.set(name, way);
    return way.url;
  };
  for (const name of ['http-legacy', 'http-modern', 'http-rest', 'http-member', 'http-silent'])
    await gateway.addServer(name, await wayTo(name, http.url), {}, name === 'http-silent' ? { idleMs: 300 } : {});
  for (const name of ['sse', 'sse-member']) {
    const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: await wayTo(name, sse.url) } as const;
    await gateway.stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  }
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

async function circuitOf(server: string) {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/${server}/health`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return serverHealthSchema.parse(await answer.json()).circuit;
}

interface Outcome {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly retryAfter?: string | null;
}

type Call = (server: string) => Promise<Outcome>;

const TOOL = 'test_simple_text';

async function legacy(endpoint: string, name = TOOL): Promise<Outcome> {
  const client = new EndpointClient(gateway, endpoint, apiKey);
  const begun = await client.initialize();
  const { status, body } = begun.status === 200 ? await client.legacy('tools/call', { name, arguments: {} }) : begun;
  return { status, code: body.error?.data?.code, message: body.error?.message ?? '' };
}

const CALLS: readonly (readonly [what: string, server: string, call: Call])[] = [
  ['bytes, legacy', 'http-legacy', (server) => legacy(server)],
  [
    'bytes, modern',
    'http-modern',
    async (server) => {
      const { status, body } = await new EndpointClient(gateway, server, apiKey).modern('tools/call', {
        name: TOOL,
        arguments: {},
      });
      return { status, code: body.error?.data?.code, message: body.error?.message ?? '' };
    },
  ],
  ['messages, HTTP+SSE', 'sse', (server) => legacy(server)],
  ['a member over HTTP', 'http-member', (server) => legacy(`../mcp?servers=${server}`, `${server}__${TOOL}`)],
  ['a member over HTTP+SSE', 'sse-member', (server) => legacy(`../mcp?servers=${server}`, `${server}__${TOOL}`)],
  [
    'REST',
    'http-rest',
    async (server) => {
      const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/${server}/tools/${TOOL}/execute`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: '{"arguments":{}}',
      });
      const body = (await answer.json()) as { code?: string; detail?: string };
      const retryAfter = answer.headers.get('retry-after');
      return { status: answer.status, code: body.code, message: body.detail ?? '', retryAfter };
    },
  ],
];

/** Calls until an answer is as it is awaited. */
async function until(call: () => Promise<Outcome>, is: (outcome: Outcome) => boolean): Promise<Outcome> {
  return await vi.waitUntil(
    async () => {
      const outcome = await call();
      return is(outcome) ? outcome : undefined;
    },
    { timeout: 60_000, interval: 20 },
  );
}

const isRefused = ({ code }: Outcome): boolean => code === 'server-circuit-open';

describe('calls to a server that is away are refused at once, until one of them finds it again', () => {
  test.each(CALLS)('%s [proxy-circuit-breaker] [proxy-circuit-half-open]', async (_what, server, call) => {
    expect(await circuitOf(server)).toEqual({ state: 'closed' });
    expect((await call(server)).code).toBeUndefined();
    await ways.get(server)!.stop();
    const refused = await until(() => call(server), isRefused);
    expect(refused.message).toMatch(
      /has not answered \d+ calls in a row and is not asked since .*Z: .* in \d+ s\. To test it: .*servers test/,
    );
    if (refused.retryAfter !== undefined)
      expect(refused).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^[12]$/) });
    expect(await circuitOf(server)).toMatchObject({
      state: expect.stringMatching(/open$/),
      failures: expect.any(Number),
      since: expect.stringMatching(/Z$/),
      reason: expect.stringContaining(server),
    });
    await ways.get(server)!.start();
    await until(
      () => call(server),
      ({ code }) => code === undefined,
    );
    expect(await circuitOf(server)).toEqual({ state: 'closed' });
  });

  test('a server that accepts connections and says nothing is one, too [proxy-circuit-breaker]', async () => {
    ways.get('http-silent')!.mute();
    const refused = await until(() => legacy('http-silent'), isRefused);
    expect(refused.message).toContain('sent nothing for');
    ways.get('http-silent')!.thaw();
    await until(
      () => legacy('http-silent'),
      ({ code }) => code === undefined,
    );
  });

  test('one that is slow with a tool, and answers the gateway, is not [proxy-circuit-slow]', async () => {
    let asked = 0;
    const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      const body = Buffer.concat((await req.toArray()) as Buffer[]).toString();
      if (body.includes('"tools/call"')) return;
      const { id, method } = JSON.parse(body || '{}') as { id?: number; method?: string };
      if (method === 'initialize') asked++;
      const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'slow', version: '1' } };
      if (id === undefined) res.writeHead(req.method === 'POST' ? 202 : 405).end();
      else if (method === 'initialize')
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
      else
        res
          .writeHead(404, { 'content-type': 'application/json' })
          .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }));
    };
    await using server = createServer((req, res) => void answer(req, res));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await gateway.addServer('slow-tool', `http://127.0.0.1:${port}/mcp`, {}, { ...DEFAULT_TIMEOUTS, idleMs: 300 });
    const client = new EndpointClient(gateway, 'slow-tool', apiKey);
    await client.initialize();
    const call = () => client.legacy('tools/call', { name: 'slow', arguments: {} });
    for (let round = 0; round < 2; round++) {
      const before = asked;
      for (let at = 0; at < 3; at++) expect((await call()).body.error?.data?.code).toBe('upstream-timeout');
      // The gateway has asked, and was answered.
      await vi.waitUntil(() => asked > before);
    }
    expect((await call()).body.error?.data?.code).toBe('upstream-timeout');
    expect(await circuitOf('slow-tool')).toEqual({ state: 'closed' });
    server.closeAllConnections();
  });
});

describe('the state of a circuit', () => {
  test('is in the live event feed, each change of it [proxy-circuit-shown]', async () => {
    const leaving = new AbortController();
    const feed = await fetch(`${gateway.url}/api/v1/events?types=mcp_server_circuit`, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'application/x-ndjson' },
      signal: leaving.signal,
    });
    expect(feed.status).toBe(200);
    const states: string[] = [];
    const reading = (async () => {
      let text = '';
      for await (const chunk of feed.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const event = JSON.parse(line) as { type: string; server?: string; data: { state: string } };
          if (event.type === 'mcp_server_circuit' && event.server === 'watched') states.push(event.data.state);
        }
      }
    })().catch(() => undefined);
    await using http = await startFixtureServer();
    await using way = await openTcpProxy(http.url);
    await gateway.addServer('watched', way.url);
    await way.stop();
    await until(() => legacy('watched'), isRefused);
    await way.start();
    await until(
      () => legacy('watched'),
      ({ code }) => code === undefined,
    );
    await vi.waitUntil(() => states.includes('closed'));
    expect(states[0]).toBe('open');
    expect(states.at(-2)).toBe('half-open');
    leaving.abort();
    await reading;
  });

  test('of a program that can’t be started is the wait for its next start [proxy-circuit-shown]', async () => {
    await addProgram(gateway, 'no-program', { command: process.execPath, args: ['-e', 'process.exit(3)'] });
    await until(
      () => legacy('no-program'),
      ({ message }) => message.includes('times in a row'),
    );
    expect(await circuitOf('no-program')).toMatchObject({
      state: expect.stringMatching(/open$/),
      reason: expect.any(String),
      retry_at: expect.stringMatching(/Z$/),
    });
  });
});
