import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, modern, open, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { openGateway } from './gateway.ts';
import { echoJson } from './upstream.ts';

const { use, gatewayTo, gatewayToRaw } = fixture();
const CALL = modern('tools/call', { name: 'add' }, 'call-1');
const OK = 'HTTP/1.1 200 OK\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const SSE_TYPE = 'Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const WHOLE = '{"jsonrpc":"2.0","id":1,"result":{"text":"{[\\"}"}}';
const TIMEOUTS = { connectMs: 1_000, idleMs: 30_000, totalMs: 60_000 };
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

describe('before the answer', () => {
  test('a server that is down is 502, with the id, and says nothing of its address [proxy-upstream-failure-502] [mcp-error-echoes-id]', async () => {
    const gateway = use(await openGateway());
    gateway.servers.set('files', 'http://127.0.0.1:1/mcp?token=secret');
    const answered = await call(gateway, 'files', CALL.message, CALL.headers);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ id: 'call-1', code: -32_603, data: { code: 'upstream-unreachable' } });
    expect(answered.text).not.toContain('secret');
  });

  test('a server whose name does not resolve is 502', async () => {
    const gateway = use(await openGateway());
    gateway.servers.set('files', 'http://nothing.invalid/mcp');
    expect(errorOf(await call(gateway, 'files', LIST))).toMatchObject({ data: { code: 'upstream-unreachable' } });
  });

  test('a server that closes without an answer is 502 [proxy-upstream-failure-502]', async () => {
    const { gateway } = await gatewayToRaw((socket) => socket.resetAndDestroy());
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ id: 1, data: { code: 'upstream-reset' } });
  });

  test('a server that does not speak HTTP is 502 [proxy-upstream-failure-502]', async () => {
    const { gateway } = await gatewayToRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(errorOf(await call(gateway, 'files', LIST))).toMatchObject({ id: 1, data: { code: 'upstream-not-mcp' } });
  });

  test.for<[string, string]>([
    ['declares two lengths', `${OK}${JSON_TYPE}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`],
    ['answers with a status of no class', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
  ])('a server that %s does not speak HTTP either', async ([, answer]) => {
    const { gateway } = await gatewayToRaw((socket) => socket.end(answer));
    expect(errorOf(await call(gateway, 'files', LIST))).toMatchObject({ id: 1, data: { code: 'upstream-not-mcp' } });
  });

  test('a server that hangs is 504 after the idle time-out, and a legacy one is told that nobody waits [proxy-timeout-504]', async () => {
    const { gateway, upstream } = await gatewayTo((res, { body }) => {
      if (body.includes('notifications/cancelled')) res.writeHead(202).end();
    });
    gateway.servers.set('files', upstream.url, { timeouts: TIMEOUTS });
    const answered = call(gateway, 'files', { ...LIST, id: 'slow' });
    await until(() => upstream.received.length === 1, 'the call arrived');
    gateway.advance(29_999);
    gateway.advance(1);
    expect((await answered).status).toBe(504);
    expect(errorOf(await answered)).toMatchObject({
      id: 'slow',
      data: { code: 'upstream-timeout', server: 'files', timeout: 'idle', ms: 30_000 },
    });
    await until(() => upstream.received.length === 2, 'the cancellation');
    expect(JSON.parse(String(upstream.received[1]?.body))).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: 'slow' },
    });
    await until(() => upstream.received[0]?.aborted === true, 'the call was aborted');
  });

  test('a modern server that hangs is left, which is how that era cancels [proxy-timeout-504]', async () => {
    const { gateway, upstream } = await gatewayTo(() => undefined);
    const answered = call(gateway, 'files', CALL.message, CALL.headers);
    await until(() => upstream.received.length === 1, 'the call arrived');
    gateway.advance(300_000);
    expect((await answered).status).toBe(504);
    await until(() => upstream.received[0]?.aborted === true, 'the call was aborted');
    expect(upstream.received).toHaveLength(1);
  });
});

describe('the head of the answer', () => {
  test('HTML is 502', async () => {
    const { gateway } = await gatewayTo((res) =>
      res.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Hi</h1>'),
    );
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ id: 1, data: { code: 'upstream-not-mcp' } });
  });

  test.for([401, 403])(
    'a %i of the server is about our credential and so 502 [proxy-challenge-hidden]',
    async (status) => {
      const { gateway } = await gatewayTo((res) =>
        res.writeHead(status, { 'WWW-Authenticate': 'Bearer resource_metadata="x"', 'Set-Cookie': 'a=b' }).end('{}'),
      );
      const answered = await call(gateway, 'files', LIST);
      expect(answered.status).toBe(502);
      expect(answered.headers).not.toHaveProperty('www-authenticate');
      expect(answered.headers).not.toHaveProperty('set-cookie');
      expect(errorOf(answered)).toMatchObject({ id: 1, data: { code: 'upstream-unauthorized' } });
    },
  );

  test('a page of an error is 502 [proxy-upstream-failure-502]', async () => {
    const { gateway } = await gatewayTo((res) => res.writeHead(500, { 'Content-Type': 'text/plain' }).end('trace'));
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ data: { code: 'upstream-error', status: 500 } });
    expect(answered.text).not.toContain('trace');
  });

  test.for(['gzip', 'compress'])('content that can’t be decoded (%s) is 502', async (coding) => {
    const { gateway, upstream } = await gatewayTo((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': coding }).end('x'),
    );
    const error = errorOf(await call(gateway, 'files', LIST));
    expect(error).toMatchObject({ message: expect.stringContaining(coding), data: { code: 'upstream-not-mcp' } });
    expect(upstream.received[0]?.headers['accept-encoding']).toBe('identity');
  });

  test('a redirect elsewhere is refused, and the configured header does not go there [proxy-redirect-stays]', async () => {
    const elsewhere = await gatewayTo(echoJson);
    const { gateway, upstream } = await gatewayTo((res) =>
      res.writeHead(307, { Location: elsewhere.upstream.url }).end(),
    );
    gateway.servers.set('files', upstream.url, { headers: { authorization: 'Bearer ours' } });
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ id: 1, data: { code: 'upstream-redirect' } });
    expect(elsewhere.upstream.received).toHaveLength(0);
    expect(upstream.received).toHaveLength(1);
  });

  test('a redirect on the same server is followed, with method and body', async () => {
    const { gateway, upstream } = await gatewayTo((res, received) => {
      if (received.url === '/mcp/') echoJson(res, received);
      else res.writeHead(307, { Location: '/mcp/' }).end();
    });
    expect((await call(gateway, 'files', LIST)).status).toBe(200);
    expect(upstream.received.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /mcp', 'POST /mcp/']);
  });

  test('a redirect in a circle, or one that would change the method, is refused', async () => {
    const circle = await gatewayTo((res) => res.writeHead(308, { Location: '/mcp' }).end());
    expect(errorOf(await call(circle.gateway, 'files', LIST))).toMatchObject({ data: { code: 'upstream-redirect' } });
    expect(circle.upstream.received).toHaveLength(6);
    const see = await gatewayTo((res) => res.writeHead(303, { Location: '/mcp/' }).end());
    expect(errorOf(await call(see.gateway, 'files', LIST))).toMatchObject({ data: { code: 'upstream-redirect' } });
    expect(see.upstream.received).toHaveLength(1);
  });

  test('headers and then silence is 504', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders();
    });
    const answered = call(gateway, 'files', LIST);
    await until(() => upstream.received.length === 1, 'the call arrived');
    // The head is on its way for a while; silence lasts until the answer is there.
    const silence = setInterval(() => {
      gateway.advance(10_000);
    }, 5);
    expect((await answered).status).toBe(504);
    clearInterval(silence);
  });
});

describe('half a JSON answer never looks whole', () => {
  test.for([
    ['cut by the connection, with its length declared', `${JSON_TYPE}Content-Length: 500\r\n\r\n${WHOLE.slice(0, 30)}`],
    ['cut by the connection, in chunks', `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${chunk(WHOLE.slice(0, 30))}`],
    ['cut by the connection, without a length', `${JSON_TYPE}Connection: close\r\n\r\n${WHOLE.slice(0, 30)}`],
    ['complete as HTTP, with its length declared', `${JSON_TYPE}Content-Length: 30\r\n\r\n${WHOLE.slice(0, 30)}`],
    [
      'complete as HTTP, in chunks',
      `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${chunk(WHOLE.slice(0, 30))}0\r\n\r\n`,
    ],
    ['ending in a bracket that is text', `${JSON_TYPE}Content-Length: 48\r\n\r\n${WHOLE.slice(0, 48)}`],
    ['empty', `${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ])('%s', async ([, answer = '']) => {
    const { gateway } = await gatewayToRaw((socket) => socket.end(OK + answer));
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ id: 1, data: { code: 'upstream-truncated' } });
  });

  test.for([
    ['with its length declared', true],
    ['in chunks', false],
  ] as const)('a large one that flows %s ends broken [proxy-half-never-whole]', async ([, declared]) => {
    const half = `{"jsonrpc":"2.0","id":1,"result":{"text":"${'x'.repeat(3_000_000)}"}`;
    let finish: () => void = () => undefined;
    const { gateway } = await gatewayToRaw((socket) => {
      const piece = (text: string): string => (declared ? text : chunk(text));
      const head = declared ? `Content-Length: ${String(half.length)}` : 'Transfer-Encoding: chunked';
      socket.write(`${OK}${JSON_TYPE}${head}\r\n\r\n${piece(half.slice(0, -10))}`);
      finish = () => socket.end(piece(half.slice(-10)) + (declared ? '' : '0\r\n\r\n'));
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) });
    await until(() => stream.text.length === half.length - 10, 'all but the end arrived');
    finish();
    await stream.ended;
    expect(stream.status).toBe(200);
    expect(stream.complete).toBe(false);
    expect(gateway.events.at(-1)).toMatchObject({ outcome: 'upstream-truncated' });
  });

  test('an answer longer than it declares does not bleed into the next', async () => {
    const { gateway } = await gatewayToRaw((socket) => {
      socket.write(`${OK}${JSON_TYPE}Content-Length: ${String(WHOLE.length)}\r\n\r\n${WHOLE}${WHOLE}`);
    });
    const first = await call(gateway, 'files', LIST);
    expect(first.text).toBe(WHOLE);
    const second = await call(gateway, 'files', LIST);
    expect(second.text).toBe(WHOLE);
  });
});

describe('a stream that breaks', () => {
  const EVENT = 'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\n';

  test('between events ends with an error for the request [proxy-half-never-whole]', async () => {
    const { gateway } = await gatewayToRaw((socket) => {
      socket.write(OK + SSE_TYPE + chunk(EVENT), () => socket.destroy());
    });
    const answered = await call(gateway, 'files', CALL.message, CALL.headers);
    expect(answered.complete).toBe(true);
    expect(messagesOf(answered.text)).toMatchObject([
      { method: 'notifications/progress' },
      { id: 'call-1', error: { code: -32_603, data: { code: 'upstream-truncated' } } },
    ]);
  });

  test.for([
    ['cut by the connection', ''],
    ['ended by the server', '0\r\n\r\n'],
  ])(
    'in the middle of an event, %s: nothing of the half reaches the client, and an error follows [proxy-half-never-whole]',
    async ([, end = '']) => {
      const half = 'event: message\ndata: {"jsonrpc":"2.0","id":"call-1","result":{"te';
      const { gateway } = await gatewayToRaw((socket) => {
        socket.write(OK + SSE_TYPE + chunk(EVENT) + chunk(half) + end, () => socket.destroy());
      });
      const answered = await call(gateway, 'files', CALL.message, CALL.headers);
      expect(answered.text).not.toContain('"te');
      expect(messagesOf(answered.text)).toMatchObject([
        { method: 'notifications/progress' },
        { id: 'call-1', error: { data: { code: 'upstream-truncated' } } },
      ]);
    },
  );

  test('and is a GET stream looks broken, so that the client opens it again', async () => {
    const { gateway } = await gatewayToRaw((socket) => {
      socket.write(OK + SSE_TYPE + chunk(EVENT), () => socket.destroy());
    });
    const answered = await ask(gateway, '/mcp/files');
    expect(answered.complete).toBe(false);
    expect(answered.text).toBe(EVENT);
  });

  test('a stream whose whole call takes too long ends with an error, however busy it is', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(EVENT);
    });
    gateway.servers.set('files', upstream.url, { timeouts: TIMEOUTS });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) });
    gateway.advance(60_000);
    await stream.ended;
    expect(messagesOf(stream.text).at(-1)).toMatchObject({
      id: 1,
      error: { data: { code: 'upstream-timeout', server: 'files', timeout: 'total', ms: 60_000 } },
    });
  });

  test('a standing stream has no time-out', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(EVENT);
    });
    gateway.servers.set('files', upstream.url, { timeouts: TIMEOUTS });
    const listen = modern('subscriptions/listen', { notifications: {} });
    const streams = [
      await open(gateway, '/mcp/files'),
      await open(gateway, '/mcp/files', { body: JSON.stringify(listen.message), headers: listen.headers }),
    ];
    gateway.advance(86_400_000);
    await until(() => streams.every(({ text }) => text.includes(': keep-alive')), 'the timer has run');
    expect(gateway.events).toHaveLength(0);
  });
});
