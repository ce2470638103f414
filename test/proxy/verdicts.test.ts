import { describe, expect, test } from 'vitest';
import { errorKindOf } from '../../src/usage/errorKind.ts';
import { ask, call, errorOf, modern, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { echoJson, type Answer } from './upstream.ts';

const { gatewayTo } = fixture();
const JSON_TYPE = { 'Content-Type': 'application/json' };
const SSE = { 'Content-Type': 'text/event-stream' };
const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"text":"é"}}';
const INITIALIZE = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } };

/** Opens a session, after which the server answers as given. */
async function inSession(answer: Answer) {
  const setup = await gatewayTo((res, received) => {
    if (!received.body.includes('"initialize"')) answer(res, received);
    else res.writeHead(200, { ...JSON_TYPE, 'Mcp-Session-Id': 's' }).end('{"jsonrpc":"2.0","id":0,"result":{}}');
  });
  const { headers } = await call(setup.gateway, 'files', INITIALIZE);
  return { ...setup, session: { 'mcp-session-id': String(headers['mcp-session-id']) } };
}

describe('a message that the server takes', () => {
  const NOTIFICATION = { jsonrpc: '2.0', method: 'notifications/initialized' };
  const RESPONSE = { jsonrpc: '2.0', id: 7, result: {} };
  const answers: [string, Answer][] = [
    ['200 and nothing', (res) => res.writeHead(200).end()],
    ['200 and JSON', (res) => res.writeHead(200, JSON_TYPE).end(RESULT)],
    ['200 and half a JSON document', (res) => res.writeHead(200, JSON_TYPE).end('{"half')],
    ['201 and a page', (res) => res.writeHead(201, { 'Content-Type': 'text/html' }).end('<p>')],
    ['204', (res) => res.writeHead(204).end()],
    ['200 and what can’t be decoded', (res) => res.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'br' }).end('x')],
    ['a stream that never ends', (res) => res.writeHead(200, SSE).write(': hello\n\n')],
    [
      'a body that breaks off',
      (res) => res.writeHead(200, { ...JSON_TYPE, 'Content-Length': 9 }).write('{', () => res.destroy()),
    ],
    ['a very long body', (res) => res.writeHead(200, JSON_TYPE).end('x'.repeat(1_000_000))],
  ];
  test.for(answers)('with %s is answered with 202 without a body [mcp-notification-202]', async ([, answer]) => {
    const { gateway } = await gatewayTo(answer);
    for (const message of [NOTIFICATION, RESPONSE, [NOTIFICATION, RESPONSE]]) {
      const { status, headers, text, complete } = await call(gateway, 'files', message);
      expect({ status, text, complete }).toEqual({ status: 202, text: '', complete: true });
      expect(headers['content-type']).toBeUndefined();
    }
    await until(() => gateway.events.length === 3, 'the calls ended');
    expect(gateway.events.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  });

  test('keeps its connection when it sends a short body after the head', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, { ...JSON_TYPE, 'Content-Length': 2 }).flushHeaders();
      setImmediate(() => res.end('{}'));
    });
    for (let n = 0; n < 5; n++) expect((await call(gateway, 'files', NOTIFICATION)).status).toBe(202);
    await until(() => gateway.events.length === 5, 'the calls ended');
    expect(upstream.connections).toBeLessThan(5);
  });

  test('and refuses gets its refusal [mcp-server-error-passes]', async () => {
    const text = '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no"}}';
    const { gateway } = await gatewayTo((res) => res.writeHead(400, JSON_TYPE).end(text));
    expect(await call(gateway, 'files', NOTIFICATION)).toMatchObject({ status: 400, text });
  });

  test('is an error when it is a request, which asks for a response', async () => {
    const { gateway } = await gatewayTo((res) => res.writeHead(202).end());
    for (const message of [LIST, [LIST, NOTIFICATION]]) {
      const answered = await call(gateway, 'files', message);
      expect(answered.status).toBe(502);
      expect(errorOf(answered).message).toContain('accepted a request with HTTP 202 and did not answer it');
    }
  });
});

describe('what a server does not offer', () => {
  test.for<[string, string, Answer]>([
    ['GET', '405 with JSON', (res) => res.writeHead(405, { ...JSON_TYPE, Allow: 'POST, DELETE' }).end('{"half')],
    ['GET', '405', (res) => res.writeHead(405).end()],
    ['GET', '404 and a page', (res) => res.writeHead(404, { 'Content-Type': 'text/html' }).end('Cannot GET /mcp')],
    ['GET', '400', (res) => res.writeHead(400, JSON_TYPE).end('{"jsonrpc":"2.0","error":{"code":-32000}}')],
    ['GET', '406', (res) => res.writeHead(406).end()],
    ['GET', '200 and a page', (res) => res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>')],
    ['GET', 'a redirect to its pages', (res) => res.writeHead(302, { Location: 'https://docs.example/' }).end()],
    ['DELETE', '405', (res) => res.writeHead(405, { Allow: 'POST' }).end()],
    ['DELETE', '501', (res) => res.writeHead(501).end('no')],
  ])('(%s: %s) is a 405, and no failure [mcp-get-stream]', async ([method, , answer]) => {
    const { gateway } = await gatewayTo(answer);
    const answered = await ask(gateway, '/mcp/files', { method });
    expect(answered.status).toBe(405);
    expect(answered.headers['allow']).toMatch(/^POST/);
    await until(() => gateway.events.length === 1, 'the call ended');
    expect(gateway.events[0]).toMatchObject({ method, outcome: 'not-offered', status: 405 });
    expect(gateway.events.map(errorKindOf)).toEqual([undefined]);
  });
});

describe('a redirect', () => {
  test('is followed from hop to hop, with method and body, and relative to where it came from', async () => {
    const hops: Readonly<Record<string, string>> = { '/mcp': '/a/b', '/a/b': 'c', '/a/c': '/end?x=1' };
    const { gateway, upstream } = await gatewayTo((res, received) => {
      const location = hops[received.url];
      if (location === undefined) echoJson(res, received);
      else res.writeHead(307, { Location: location }).end('moved');
    });
    expect((await call(gateway, 'files', LIST)).status).toBe(200);
    expect(upstream.received.map(({ url }) => url)).toEqual(['/mcp', '/a/b', '/a/c', '/end?x=1']);
    expect(new Set(upstream.received.map(({ body }) => String(body))).size).toBe(1);
  });

  test('of a GET may be of any kind, and leads to the stream', async () => {
    const { gateway } = await gatewayTo((res, { url }) => {
      if (url === '/mcp/') res.writeHead(200, SSE).end(': here\n\n');
      else res.writeHead(301, { Location: '/mcp/' }).end();
    });
    expect((await ask(gateway, '/mcp/files')).text).toContain(': here');
  });
});

describe('an error within a session', () => {
  test('404 with -32601 keeps its message and the session [mcp-server-error-passes]', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}';
    const { gateway, session } = await inSession((res) => res.writeHead(404, JSON_TYPE).end(text));
    expect(await call(gateway, 'files', LIST, session)).toMatchObject({ status: 404, text });
  });

  test('404 about a header keeps its message', async () => {
    const text =
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Unsupported protocol version"}}';
    const { gateway, session } = await inSession((res) => res.writeHead(404, JSON_TYPE).end(text));
    expect(await call(gateway, 'files', LIST, session)).toMatchObject({ status: 404, text });
  });

  test.for<[string, Answer]>([
    ['404 in plain text', (res) => res.writeHead(404, { 'Content-Type': 'text/plain' }).end('session not found')],
    [
      '404 in JSON',
      (res) =>
        res.writeHead(404, JSON_TYPE).end('{"jsonrpc":"2.0","error":{"code":-32600,"message":"Session not found"}}'),
    ],
    ['400 in plain text', (res) => res.writeHead(400).end('Bad Request: No valid session ID provided')],
    ['404 with a page that never ends', (res) => res.writeHead(404, { 'Content-Type': 'text/html' }).write('<p>')],
  ])('%s is its loss: 404 with -32001 [mcp-session-unknown-404]', async ([, answer]) => {
    const { gateway, session } = await inSession(answer);
    const answered = await call(gateway, 'files', LIST, session);
    expect(answered.status).toBe(404);
    expect(errorOf(answered)).toMatchObject({ id: 1, code: -32_001, data: { code: 'session-not-found' } });
  });

  test('is not looked for in the modern era', async () => {
    const text = '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Session not found"}}';
    const { gateway } = await gatewayTo((res) => res.writeHead(404, JSON_TYPE).end(text));
    const { message, headers } = modern('ping');
    expect(await call(gateway, 'files', message, headers)).toMatchObject({ status: 404, text });
  });
});
