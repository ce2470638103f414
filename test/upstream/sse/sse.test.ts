import { describe, expect, test } from 'vitest';
import { listTools } from '../../../src/upstream/catalogue.ts';
import { request } from '../../../src/upstream/request.ts';
import { collect } from '../../contract/upstreamWorld.ts';
import { connect, failure } from '../support/connect.ts';
import type { Seen } from '../support/scriptedServer.ts';
import { answerAsServer, nameEndpoint, startSseServer, type SseStream } from './sseServer.ts';

const open = (url: URL, options: Parameters<typeof connect>[1] = {}) => connect(url, { transport: 'sse', ...options });

/** Answers as a server does, but for one method. */
const butFor =
  (method: string, script: (...args: Parameters<typeof answerAsServer>) => void): typeof answerAsServer =>
  (seen, stream, response) =>
    (seen.message.method === method ? script : answerAsServer)(seen, stream, response);

const begin = (text: (stream: SseStream) => string) => (stream: SseStream) => void stream.response.write(text(stream));

describe('the endpoint for messages', () => {
  test.each<[string, (stream: SseStream) => string]>([
    ['is a path', ({ session }) => `event: endpoint\ndata: /messages?session=${session}\n\n`],
    ['is relative to the stream', ({ session }) => `event: endpoint\ndata: messages?session=${session}\n\n`],
    ['is a query alone, at the path of the stream', ({ session }) => `event: endpoint\ndata: ?session=${session}\n\n`],
    ['has lines that end as in Windows', ({ session }) => `event: endpoint\r\ndata: /m?session=${session}\r\n\r\n`],
    [
      'comes in pieces behind comments',
      ({ session }) => `: hello\n\n: there\nevent:endpoint\ndata:/?session=${session}\n\n`,
    ],
    [
      'comes behind a message',
      ({ session }) =>
        `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n\nevent: endpoint\ndata: /?session=${session}\n\n`,
    ],
    [
      'comes behind events of another kind',
      ({ session }) => `event: ping\ndata: 1\n\nevent: endpoint\ndata: /?session=${session}\n\n`,
    ],
    ['has a fragment', ({ session }) => `event: endpoint\ndata: /?session=${session}#there\n\n`],
  ])('%s', async (_name, text) => {
    await using server = await startSseServer({ begin: begin(text) });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('is absolute, and within the origin', async () => {
    let origin = '';
    await using server = await startSseServer({
      begin: begin(({ session }) => `event: endpoint\ndata: ${origin}/messages?session=${session}\n\n`),
    });
    ({ origin } = server.url);
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('is found from where the stream was redirected to', async () => {
    await using server = await startSseServer({
      get({ path }, response) {
        if (path.startsWith('/there/')) return false;
        response.writeHead(302, { location: '/there/sse' }).end();
        return true;
      },
      begin: begin(({ session }) => `event: endpoint\ndata: messages?session=${session}\n\n`),
    });
    await using upstream = await open(server.url);
    await listTools(upstream);
    expect(server.seen.at(-1)?.path).toBe('/there/messages?session=1');
  });

  test.each([
    ['http://127.0.0.2:9/messages', 'another origin, http://127.0.0.2:9'],
    ['//other.invalid/messages', 'another origin, http://other.invalid'],
    ['https://127.0.0.1/messages', 'another origin, https://127.0.0.1'],
    ['file:///etc/passwd', 'another origin, file:'],
  ])('%j is refused, and nothing is sent there', async (address, where) => {
    await using server = await startSseServer({ begin: begin(() => `event: endpoint\ndata: ${address}\n\n`) });
    const error = await failure(open(server.url, { headers: { authorization: 'Bearer secret' } }));
    expect(error).toMatchObject({
      kind: 'unavailable',
      code: 'upstream-endpoint',
      message: `The server "github" wants its messages sent to ${where}, which is not done: have it name a path, or configure the URL of the origin that it names.`,
    });
    expect(server.methods).toEqual(['GET']);
    await expect.poll(() => server.connections.size).toBe(0);
  });

  test('with credentials is refused', async () => {
    let host = '';
    await using server = await startSseServer({
      begin: begin(() => `event: endpoint\ndata: http://me:secret@${host}/messages\n\n`),
    });
    ({ host } = server.url);
    const error = await failure(open(server.url));
    expect(error).toMatchObject({ code: 'upstream-endpoint' });
    expect(String(error)).not.toContain('secret');
  });

  test.each(['http://[', `/${'x'.repeat(10_000)}`, ' '])('that is no address (%j) is refused', async (address) => {
    await using server = await startSseServer({ begin: begin(() => `event: endpoint\ndata: ${address}\n\n`) });
    expect(await failure(open(server.url))).toMatchObject({ code: 'upstream-not-mcp' });
  });
});

describe('a stream that', () => {
  type Get = (
    seen: Seen,
    response: Parameters<NonNullable<Parameters<typeof startSseServer>[0]>['get'] & {}>[1],
  ) => void;
  const answers =
    (status: number, headers: Record<string, string> = {}, body = ''): Get =>
    (_seen, response) =>
      response.writeHead(status, headers).end(body);

  test.each<[string, Get, string, string]>([
    [
      'is not there',
      answers(404, { 'content-type': 'text/html' }, '<h1>no</h1>'),
      'upstream-not-mcp',
      'opens no event stream (HTTP 404)',
    ],
    ['is not for GET', answers(405), 'upstream-not-mcp', 'a server of Streamable HTTP has the transport http'],
    [
      'is a page',
      answers(200, { 'content-type': 'text/html' }, '<h1>hi</h1>'),
      'upstream-not-mcp',
      'opens no event stream (HTTP 200)',
    ],
    ['asks for credentials', answers(401), 'upstream-unauthorized', 'HTTP 401'],
    ['is not available', answers(503, {}, 'busy'), 'upstream-error', 'HTTP 503'],
    [
      'is elsewhere',
      answers(307, { location: 'http://127.0.0.2:9/sse' }),
      'upstream-redirect',
      'another origin, http://127.0.0.2:9',
    ],
    ['is always elsewhere', answers(302, { location: '/mcp' }), 'upstream-redirect', 'after 5 other redirects'],
    [
      'is encoded unreadably',
      answers(200, { 'content-type': 'text/event-stream', 'content-encoding': 'compress' }),
      'upstream-not-mcp',
      'compress',
    ],
    [
      'ends at once',
      answers(200, { 'content-type': 'text/event-stream' }),
      'upstream-not-mcp',
      'before it named an endpoint',
    ],
  ])('%s is reported', async (_name, get, code, message) => {
    await using server = await startSseServer({
      get: (seen, response) => {
        get(seen, response);
        return true;
      },
    });
    expect(await failure(open(server.url))).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    await expect.poll(() => server.open).toBe(0);
  });

  test('names no endpoint is given up', async () => {
    await using server = await startSseServer({ begin: begin(() => ': hello\n\n') });
    const error = await failure(open(server.url, { timeouts: { idleMs: 200 } }));
    expect(error).toMatchObject({ code: 'upstream-timeout', data: { timeout: 'idle' } });
    await expect.poll(() => server.connections.size).toBe(0);
  });

  test('never begins is given up when the caller goes away', async () => {
    await using server = await startSseServer({ get: () => true });
    const caller = new AbortController();
    const opening = failure(open(server.url, { signal: caller.signal }));
    await expect.poll(() => server.methods).toEqual(['GET']);
    const reason = new Error('gone');
    caller.abort(reason);
    expect(await opening).toBe(reason);
    await expect.poll(() => server.connections.size).toBe(0);
  });

  test('speaks TLS where we do not is reported as elsewhere', async () => {
    await using server = await startSseServer();
    const secure = new URL(server.url.href.replace('http:', 'https:'));
    expect(await failure(open(secure))).toMatchObject({
      code: 'upstream-unreachable',
      message: 'The server "github" does not speak TLS at the configured URL: is it http:// and not https://?',
    });
  });
});

describe('a message', () => {
  test('goes with the configured headers, as the GET does, and with no others of a client', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url, { headers: { authorization: 'Bearer ours', 'x-team': 'blue' } });
    await listTools(upstream);
    expect(server.methods).toEqual(['GET', 'initialize', 'notifications/initialized', 'tools/list']);
    for (const { headers } of server.seen) {
      expect(headers).toMatchObject({ authorization: 'Bearer ours', 'x-team': 'blue' });
      expect(headers).not.toHaveProperty('x-api-key');
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  test.each([200, 201, 204])('is accepted with HTTP %i', async (status) => {
    await using server = await startSseServer({
      message(seen, stream, response) {
        response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 204 ? undefined : 'ok');
        const { id, method } = seen.message;
        const facts = { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'n', version: '1' } };
        if (id !== undefined)
          stream.send({ jsonrpc: '2.0', id, result: method === 'initialize' ? facts : { tools: [] } });
      },
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toEqual([]);
  });

  test.each([
    [200, { jsonrpc: '2.0', result: { tools: [] } }, { items: [] }],
    [400, { jsonrpc: '2.0', error: { code: -32_602, message: 'not so' } }, { code: 'upstream-rpc-error' }],
  ])('that is answered by its POST (HTTP %i) is answered', async (status, body, expected) => {
    await using server = await startSseServer({
      message: butFor('tools/list', (seen, _stream, response) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ ...body, id: seen.message.id })),
      ),
    });
    await using upstream = await open(server.url);
    expect(await listTools(upstream).catch((error: unknown) => error)).toMatchObject(expected);
  });

  test.each([
    [401, 'upstream-unauthorized'],
    [400, 'upstream-not-mcp'],
    [500, 'upstream-error'],
  ])('that is refused with HTTP %i fails alone', async (status, code) => {
    const answers: (() => void)[] = [];
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        if (seen.message.method === 'tools/list') response.writeHead(status).end('no');
        else if (seen.message.method === 'prompts/list') answers.push(() => answerAsServer(seen, stream, response));
        else answerAsServer(seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    const other = request(upstream, { method: 'prompts/list' });
    await expect.poll(() => answers).toHaveLength(1);
    expect(await failure(listTools(upstream))).toMatchObject({ code });
    answers[0]?.();
    await expect(other).resolves.toEqual({});
  });

  test('whose POST is never answered times out, and holds no other up', async () => {
    await using server = await startSseServer({ message: butFor('tools/call', () => undefined) });
    await using upstream = await open(server.url, { timeouts: { idleMs: 400 } });
    const hanging = failure(request(upstream, { method: 'tools/call', params: { name: 'greet' } }));
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(await hanging).toMatchObject({ code: 'upstream-timeout', data: { timeout: 'idle' } });
  });

  test('whose POST is never answered may be answered over the stream; then the POST is let go', async () => {
    await using server = await startSseServer({
      message: butFor(
        'tools/list',
        ({ message: { id } }, { send }) => void send({ jsonrpc: '2.0', id, result: { tools: [] } }),
      ),
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toEqual([]);
    // The stream alone is left.
    await expect.poll(() => server.open).toBe(1);
  });

  test('is redirected within the origin, and nowhere else', async () => {
    const elsewhere = 'http://127.0.0.2:9/messages';
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        const { path, message } = seen;
        if (message.method === 'prompts/list') response.writeHead(307, { location: elsewhere }).end();
        else if (path.startsWith('/messages?')) response.writeHead(307, { location: path.replace('?', '/?') }).end();
        else answerAsServer(seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(await failure(request(upstream, { method: 'prompts/list' }))).toMatchObject({ code: 'upstream-redirect' });
  });

  test('is cancelled behind its POST', async () => {
    const seenInOrder: unknown[] = [];
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        seenInOrder.push(seen.message.method);
        answerAsServer(seen.message.method === 'tools/call' ? { ...seen, message: {} } : seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    for (let n = 0; n < 5; n++) {
      const caller = new AbortController();
      const asked = failure(request(upstream, { method: 'tools/call' }, { signal: caller.signal }));
      await expect.poll(() => seenInOrder.at(-1)).toBe('tools/call');
      caller.abort(new Error('never mind'));
      await asked;
      await expect.poll(() => seenInOrder.at(-1)).toBe('notifications/cancelled');
    }
  });
});

describe('the loss of the stream', () => {
  test('is the loss of the session: what is under way fails, and the next request opens another', async () => {
    await using server = await startSseServer({
      message: butFor('tools/call', (_seen, _stream, response) => void response.writeHead(202).end()),
    });
    await using upstream = await open(server.url);
    const calls = ['one', 'two'].map((name) => failure(request(upstream, { method: 'tools/call', params: { name } })));
    await expect.poll(() => server.methods.filter((method) => method === 'tools/call')).toHaveLength(2);
    server.streams.get(1)?.response.end();
    for (const call of calls) {
      expect(await call).toMatchObject({
        kind: 'unavailable',
        code: 'upstream-session-lost',
        data: { processed: 'unknown' },
      });
    }
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(server.methods.slice(-4)).toEqual(['GET', 'initialize', 'notifications/initialized', 'tools/list']);
    expect(server.seen.at(-1)?.path).toBe('/messages?session=2');
  });

  test('is shared by the requests that come behind it', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url);
    server.streams.get(1)?.response.destroy();
    await expect.poll(() => server.streams.size).toBe(0);
    // It may still meet the old one.
    await listTools(upstream).catch(() => undefined);
    await Promise.all(Array.from({ length: 10 }, () => listTools(upstream)));
    expect(server.methods.filter((method) => method === 'GET')).toHaveLength(2);
  });

  test('leaves what was subscribed to, and the level of logging, as they were', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url);
    const subscribe = (uri: string) => request(upstream, { method: 'resources/subscribe', params: { uri } });
    await subscribe('a:1');
    await subscribe('a:2');
    await request(upstream, { method: 'resources/unsubscribe', params: { uri: 'a:1' } });
    await request(upstream, { method: 'logging/setLevel', params: { level: 'error' } });
    const ended = collect(upstream.listen({ signal: new AbortController().signal }));
    server.streams.get(1)?.response.end();
    expect(await failure(ended)).toMatchObject({ code: 'upstream-session-lost' });
    await listTools(upstream);
    const asked = server.seen
      .filter(({ path }) => path.endsWith('session=2'))
      .map(({ message }) => [message.method, message.params]);
    expect(asked.slice(2)).toEqual(
      expect.arrayContaining([
        ['logging/setLevel', { level: 'error' }],
        ['resources/subscribe', { uri: 'a:2' }],
      ]),
    );
    expect(asked.at(-1)?.[0]).toBe('tools/list');
    expect(asked).toHaveLength(5);
  });

  test('shows in a POST that is not known any more (404), which is sent again in another session', async () => {
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        if (stream.session === 1 && seen.message.method === 'tools/list') response.writeHead(404).end('no session');
        else answerAsServer(seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(server.methods.slice(-5)).toEqual([
      'tools/list',
      'GET',
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
    await expect.poll(() => [...server.streams.keys()]).toEqual([2]);
  });

  test('that comes again is an error', async () => {
    await using server = await startSseServer({
      message: butFor('tools/list', (_seen, _stream, response) => void response.writeHead(404).end()),
    });
    await using upstream = await open(server.url);
    expect(await failure(listTools(upstream))).toMatchObject({
      code: 'upstream-session-lost',
      data: { processed: false },
    });
  });

  test('without a word is found by a ping, once a call has waited in vain', async () => {
    let isGone = false;
    await using server = await startSseServer({
      message: (seen, stream, response) =>
        isGone ? void response.writeHead(202).end() : answerAsServer(seen, stream, response),
    });
    await using upstream = await open(server.url, { timeouts: { idleMs: 300 } });
    isGone = true;
    expect(await failure(listTools(upstream))).toMatchObject({ code: 'upstream-timeout' });
    await expect.poll(() => server.streams.size).toBe(0);
    isGone = false;
    expect((await listTools(upstream)).items).toHaveLength(1);
  });
});

test('comments keep a call alive that takes its time', async () => {
  await using server = await startSseServer({
    message: butFor('tools/call', ({ message: { id } }, { response: stream, send }, response) => {
      response.writeHead(202).end();
      let comments = 0;
      const timer = setInterval(() => {
        stream.write(': still here\n\n');
        if (++comments < 40) return;
        clearInterval(timer);
        send({ jsonrpc: '2.0', id, result: { content: [] } });
      }, 25);
      stream.on('close', () => clearInterval(timer));
    }),
  });
  await using upstream = await open(server.url, { timeouts: { idleMs: 500 } });
  await expect(request(upstream, { method: 'tools/call' })).resolves.toEqual({ content: [] });
});

test('a server that floods is read no further than is taken', async () => {
  let isBlocked = false;
  await using server = await startSseServer({
    message: butFor('tools/call', ({ message: { id } }, { send, response: stream }, response) => {
      response.writeHead(202).end();
      const data = 'x'.repeat(64 * 1024);
      const filler = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } };
      let left = 400;
      const more = () => {
        isBlocked = false;
        while (left-- > 0) {
          if (send(filler)) continue;
          isBlocked = true;
          stream.once('drain', more);
          return;
        }
        send({ jsonrpc: '2.0', id, result: {} });
      };
      more();
    }),
  });
  await using upstream = await open(server.url);
  const call = upstream.ask({ method: 'tools/call' });
  await call.next();
  const [stream] = server.streams.values();
  await expect.poll(() => isBlocked && (stream?.response.writableLength ?? 0) > 0).toBe(true);
  expect((await collect(call)).filter(({ kind }) => kind === 'notification')).toHaveLength(399);
});

test('pings are answered, and a server that makes us answer gets no more than it can take', async () => {
  const replies: unknown[] = [];
  await using server = await startSseServer({
    message(seen, stream, response) {
      if (seen.message.method !== undefined) answerAsServer(seen, stream, response);
      else replies.push(JSON.parse(seen.text));
    },
  });
  await using upstream = await open(server.url);
  const [stream] = server.streams.values();
  for (let id = 0; id < 1_000; id++) stream?.send({ jsonrpc: '2.0', id, method: 'ping' });
  expect((await listTools(upstream)).items).toHaveLength(1);
  await expect.poll(() => replies.length).toBeGreaterThan(0);
  expect(replies[0]).toEqual({ jsonrpc: '2.0', id: 0, result: {} });
  expect(replies.length).toBeLessThanOrEqual(32);
});

test('closing leaves nothing behind', async () => {
  await using server = await startSseServer({ begin: nameEndpoint });
  const upstream = await open(server.url);
  await listTools(upstream);
  await upstream[Symbol.asyncDispose]();
  await expect.poll(() => server.open).toBe(0);
  await expect.poll(() => server.connections.size).toBe(0);
});
