import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import type { Timeouts } from '../../src/events/mcpServer.ts';
import { isTimedOut } from '../../src/mcp/failures.ts';
import { request } from '../../src/upstream/request.ts';
import type { Upstream } from '../../src/upstream/upstream.ts';
import { connect, failure } from './support/connect.ts';
import {
  event,
  legacyScript,
  result,
  rpcError,
  startScriptedServer,
  stream,
  type Script,
} from './support/scriptedServer.ts';

const forgotten: [string, Script][] = [
  ['404', (_seen, response) => response.writeHead(404).end()],
  [
    '404 with -32001',
    (seen, response) => rpcError(seen, response, 404, { code: -32001, message: 'Session not found' }),
  ],
  [
    '400 about a session',
    (seen, response) =>
      rpcError(seen, response, 400, { code: -32000, message: 'Bad Request: No valid session ID provided' }),
  ],
];

/** Runs one script the first time and another one from then on. */
function first(script: Script, then: Script): Script {
  let times = 0;
  return (seen, response) => (times++ === 0 ? script : then)(seen, response);
}

const answersTool: Script = (seen, response) => result(seen, response, { content: [{ type: 'text', text: 'done' }] });

describe('a lost session', () => {
  it.each(forgotten)(
    'is replaced, and a refused call sent again, when the server answers %s [proxy-session-lost-once]',
    async (_name, lose) => {
      await using server = await startScriptedServer(legacyScript({ 'tools/call': first(lose, answersTool) }));
      await using client = await connect(server.url, { era: 'legacy' });
      expect(await callTool(client, { name: 'greet', args: {} })).toMatchObject({ content: [{ text: 'done' }] });
      expect(server.methods).toEqual([
        'initialize',
        'notifications/initialized',
        'tools/call',
        'initialize',
        'notifications/initialized',
        'tools/call',
      ]);
      expect(server.seen.map(({ headers }) => headers['mcp-session-id'])).toEqual([
        undefined,
        'session-1',
        'session-1',
        undefined,
        'session-2',
        'session-2',
      ]);
    },
  );

  it('is replaced by one that is asked for the same, also when it was parked [proxy-session-lost-state]', async () => {
    const lose: Script = (_seen, response) => response.writeHead(404).end();
    const done: Script = (seen, response) => result(seen, response, {});
    await using server = await startScriptedServer(
      legacyScript({
        'tools/call': (seen, response) =>
          (seen.headers['mcp-session-id'] === 'session-1' ? lose : answersTool)(seen, response),
        'logging/setLevel': done,
        // One that it refuses now is in nobody's way.
        'resources/subscribe': (seen, response) =>
          seen.headers['mcp-session-id'] !== 'session-1' && seen.message.params?.['uri'] === 'a:1'
            ? rpcError(seen, response, 200, { code: -32_002, message: 'gone' })
            : done(seen, response),
        'resources/unsubscribe': done,
      }),
    );
    await using client = await connect(server.url, { era: 'legacy' });
    await request(client, { method: 'logging/setLevel', params: { level: 'debug' } });
    await request(client, { method: 'logging/setLevel', params: { level: 'error' } });
    const uris = Array.from({ length: 40 }, (_, n) => `a:${String(n)}`);
    for (const uri of uris) await request(client, { method: 'resources/subscribe', params: { uri } });
    await request(client, { method: 'resources/unsubscribe', params: { uri: 'a:0' } });
    const parked = client.park?.();
    await using resumed = parked?.resume() as typeof client;
    await callTool(resumed, { name: 'greet', args: {} });
    const asked = server.seen.filter(
      ({ headers, message }) => headers['mcp-session-id'] === 'session-2' && message.id !== undefined,
    );
    expect(asked.filter(({ message }) => message.method === 'logging/setLevel')).toMatchObject([
      { message: { params: { level: 'error' } } },
    ]);
    const watched = asked.filter(({ message }) => message.method === 'resources/subscribe');
    expect(watched.map(({ message }) => message.params?.['uri']).toSorted()).toEqual(uris.slice(1).toSorted());
    expect(asked.at(-1)?.message.method).toBe('tools/call');
    expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it('is replaced once; a second loss is reported [proxy-session-lost-once]', async () => {
    await using server = await startScriptedServer(
      legacyScript({ 'tools/list': (_seen, response) => response.writeHead(404).end() }),
    );
    await using client = await connect(server.url, { era: 'legacy' });
    expect(await failure(listTools(client))).toMatchObject({ code: 'upstream-session-lost' });
    expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it('is replaced once for all calls that lost it', async () => {
    const list: Script = (seen, response) =>
      seen.headers['mcp-session-id'] === 'session-1'
        ? response.writeHead(404).end()
        : result(seen, response, { tools: [] });
    await using server = await startScriptedServer(legacyScript({ 'tools/list': list }));
    await using client = await connect(server.url, { era: 'legacy' });
    await Promise.all([listTools(client), listTools(client), listTools(client)]);
    expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it('is not replaced again for a call that learns of the loss late', async () => {
    const late: (() => void)[] = [];
    const refuse: Script = (_seen, response) => response.writeHead(404).end();
    const list: Script = (seen, response) => {
      if (seen.headers['mcp-session-id'] !== 'session-1') result(seen, response, { tools: [] });
      else late.push(() => refuse(seen, response));
    };
    await using server = await startScriptedServer(legacyScript({ 'tools/list': list }));
    await using client = await connect(server.url, { era: 'legacy' });
    const lists = [listTools(client), listTools(client)];
    await expect.poll(() => late.length).toBe(2);
    late.shift()?.();
    await Promise.race(lists);
    late.shift()?.();
    await Promise.all(lists);
    expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(2);
  });

  it.each([
    ['tools/call', 0],
    ['resources/read', 1],
  ])('in the middle of %s has it sent again %i times [proxy-session-lost-once]', async (method, repeats) => {
    const breaksOff: Script = (_seen, response) => stream(response, 'id: 1\nretry: 1\ndata:\n\n').end();
    await using server = await startScriptedServer(
      legacyScript({
        [method]: first(breaksOff, answersTool),
        GET: (_seen, response) => response.writeHead(404).end(),
      }),
    );
    await using client = await connect(server.url, { era: 'legacy' });
    const outcome = request(client, { method, params: { name: 'greet', uri: 'a:b' } });
    if (repeats === 0) expect(await failure(outcome)).toMatchObject({ code: 'upstream-session-lost' });
    else expect(await outcome).toHaveProperty('content');
    expect(server.methods.filter((sent) => sent === method)).toHaveLength(1 + repeats);
  });

  it('is not seen in a 404 about the method', async () => {
    const unknown: Script = (seen, response) =>
      rpcError(seen, response, 404, { code: -32601, message: 'no such method' });
    await using server = await startScriptedServer(legacyScript({ 'completion/complete': unknown }));
    await using client = await connect(server.url, { era: 'legacy' });
    expect(await failure(request(client, { method: 'completion/complete' }))).toMatchObject({ rpc: { code: -32601 } });
    expect(server.methods).toHaveLength(3);
  });
});

describe('a stream that ends early', () => {
  it('is taken up after the last event, after the wait that the server asked for', async () => {
    const times: number[] = [];
    let asked: string | number | undefined;
    await using server = await startScriptedServer(
      legacyScript({
        'tools/call': ({ message }, response) => {
          asked = message.id;
          stream(response, 'id: first\nretry: 120\ndata:\n\n').end(() => times.push(performance.now()));
        },
        GET: (_seen, response) => {
          times.push(performance.now());
          // A replay of another request's answer comes first.
          const other = { jsonrpc: '2.0', id: 1, result: {} };
          stream(response, event(other), event({ jsonrpc: '2.0', id: asked, result: { content: [] } })).end();
        },
      }),
    );
    await using client = await connect(server.url, { era: 'legacy' });
    expect(await callTool(client, { name: 'greet', args: {} })).toEqual({ content: [] });
    const resumption = server.seen.find(({ verb }) => verb === 'GET');
    expect(resumption?.headers).toMatchObject({ 'last-event-id': 'first', 'mcp-session-id': 'session-1' });
    const [closed = 0, resumed = 0] = times;
    // Node's timers may fire a millisecond early.
    expect(resumed - closed).toBeGreaterThanOrEqual(118);
  });

  it('is given up when the reconnections bring nothing new', async () => {
    const empty: Script = (_seen, response) => stream(response, 'id: 1\nretry: 1\ndata:\n\n').end();
    await using server = await startScriptedServer(legacyScript({ 'tools/call': empty, GET: empty }));
    await using client = await connect(server.url, { era: 'legacy' });
    expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({ code: 'upstream-truncated' });
    expect(server.methods.filter((method) => method === 'GET')).toHaveLength(5);
  });

  it('without event ids fails the call, which is not sent again', async () => {
    await using server = await startScriptedServer(
      legacyScript({ 'tools/call': (_seen, response) => stream(response, ': hello\n\n').end() }),
    );
    await using client = await connect(server.url, { era: 'legacy' });
    expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({ code: 'upstream-truncated' });
    expect(server.methods.filter((method) => method === 'tools/call')).toHaveLength(1);
  });
});

describe('what a legacy server asks during a call', () => {
  const asks =
    (...requests: { id: string | number; method: string }[]): Script =>
    (seen, response) => {
      const frames = requests.map((request) => event({ jsonrpc: '2.0', ...request }));
      stream(response, ...frames, event({ jsonrpc: '2.0', id: seen.message.id, result: { content: [] } })).end();
    };

  it('is answered: ping with an empty result, anything else with -32601', async () => {
    const call = asks({ id: 'p', method: 'ping' }, { id: 7, method: 'sampling/createMessage' });
    await using server = await startScriptedServer(legacyScript({ 'tools/call': call }));
    await using client = await connect(server.url, { era: 'legacy' });
    await callTool(client, { name: 'greet', args: {} });
    await expect.poll(() => server.methods.filter((method) => method === 'response')).toHaveLength(2);
    const answers = server.seen.filter(({ message }) => message.method === undefined && 'id' in message);
    expect(answers.map(({ message }) => message)).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', id: 'p', result: {} },
        { jsonrpc: '2.0', id: 7, error: { code: -32601, message: 'Method not found' } },
      ]),
    );
    expect(answers[0]?.headers['mcp-session-id']).toBe('session-1');
  });

  it('is bounded', async () => {
    const flood = Array.from({ length: 101 }, (_, id) => ({ id, method: 'ping' }));
    await using server = await startScriptedServer(legacyScript({ 'tools/call': asks(...flood) }));
    await using client = await connect(server.url, { era: 'legacy' });
    expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({ code: 'upstream-not-mcp' });
  });
});

/** Connects within a short time-out, with as many tries as a busy machine needs. */
async function openInTime(url: URL, timeouts: Partial<Timeouts>): Promise<Upstream> {
  for (;;) {
    try {
      return await connect(url, { era: 'legacy', timeouts });
    } catch (error) {
      if (!isTimedOut(error)) throw error;
    }
  }
}

describe('ending', () => {
  it('a call by its time-out tells the server', async () => {
    await using server = await startScriptedServer(legacyScript({ 'tools/call': () => undefined }));
    await using client = await openInTime(server.url, { idleMs: 300 });
    // On a busy machine the time may be over before the server has got the call.
    do {
      expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({ code: 'upstream-timeout' });
    } while (!server.methods.includes('tools/call'));
    const sent = server.seen.find(({ message }) => message.method === 'tools/call');
    const paramsSent = () => server.seen.map(({ message }) => message.params);
    await expect.poll(paramsSent).toContainEqual({ requestId: sent?.message.id });
  });

  it('the client fails its calls and ends the session', async () => {
    await using server = await startScriptedServer(legacyScript({ 'tools/call': () => undefined }));
    const client = await connect(server.url, { era: 'legacy' });
    const call = failure(callTool(client, { name: 'greet', args: {} }));
    await expect.poll(() => server.methods).toContain('tools/call');
    await client[Symbol.asyncDispose]();
    expect(await call).toMatchObject({ code: 'upstream-closed' });
    expect(server.methods.at(-1)).toBe('DELETE');
    expect(await failure(listTools(client))).toMatchObject({ code: 'upstream-closed' });
  });

  it('the client tells a server without sessions that its calls are cancelled', async () => {
    const initialize: Script = (seen, response) =>
      result(seen, response, { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: {} });
    await using server = await startScriptedServer(legacyScript({ initialize, 'tools/call': () => undefined }));
    const client = await connect(server.url, { era: 'legacy' });
    const call = failure(callTool(client, { name: 'greet', args: {} }));
    await expect.poll(() => server.methods).toContain('tools/call');
    await client[Symbol.asyncDispose]();
    expect(server.methods.at(-1)).toBe('notifications/cancelled');
    expect(await call).toMatchObject({ code: 'upstream-closed' });
  });

  it('a connection attempt that the server cuts off after initialize leaves no session', async () => {
    const refuse: Script = (_seen, response) => response.writeHead(500).end();
    await using server = await startScriptedServer(legacyScript({ 'notifications/initialized': refuse }));
    expect(await failure(connect(server.url, { era: 'legacy' }))).toMatchObject({ code: 'upstream-error' });
    expect(server.methods).toEqual(['initialize', 'notifications/initialized', 'DELETE']);
  });
});
