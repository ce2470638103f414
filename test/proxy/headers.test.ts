import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { ask, call, modern, open, type AskOptions } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { echoJson, type Answer } from './upstream.ts';

const { gatewayTo, gatewayToRaw } = fixture();

const OFFERED = {
  authorization: 'Bearer good',
  'x-api-key': 'good',
  cookie: 'session=1',
  origin: 'http://localhost:1',
  referer: 'http://localhost:1/',
  'x-forwarded-for': '1.2.3.4',
  'proxy-authorization': 'Basic eA==',
  'accept-encoding': 'gzip, br',
  'accept-language': 'de',
  'last-event-id': '3',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=b',
  baggage: 'c=d',
};

function named(rawHeaders: readonly string[] | undefined): string[] {
  return (rawHeaders ?? []).filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
}

test('a legacy request to the server has the headers of the allow-list and no others [proxy-headers-allow-list] [mcp-no-token-passthrough]', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  await call(gateway, 'files', LIST, { ...OFFERED, 'mcp-protocol-version': '2025-11-25', 'mcp-param-a': '1' });
  expect(named(upstream.received[0]?.rawHeaders).sort()).toEqual(
    [
      ...['accept', 'accept-encoding', 'baggage', 'connection', 'content-length', 'content-type', 'host'],
      ...['mcp-protocol-version', 'traceparent', 'tracestate', 'user-agent', 'via'],
    ].sort(),
  );
  const headers = upstream.received[0]?.headers;
  expect(headers).toMatchObject({ 'accept-encoding': 'identity', traceparent: OFFERED.traceparent, baggage: 'c=d' });
  expect(headers?.host).toBe(new URL(upstream.url).host);
});

test('a modern request carries the headers that mirror its body besides [mcp-mirrored-headers]', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  const { message, headers } = modern('tools/call', { name: 'add' });
  await call(gateway, 'files', message, { ...OFFERED, ...headers, 'mcp-param-region': 'eu' });
  expect(upstream.received[0]?.headers).toMatchObject({
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': 'add',
    'mcp-param-region': 'eu',
  });
  expect(upstream.received[0]?.headers).not.toHaveProperty('last-event-id');
  expect(upstream.received[0]?.headers).not.toHaveProperty('authorization');
});

describe('a revision that a client names twice', () => {
  /** Sends a request line by line, as HTTP libraries won't. */
  async function post(port: number, message: unknown, ...lines: string[]): Promise<string> {
    const body = JSON.stringify(message);
    const socket = connect(port, '127.0.0.1');
    const head = [
      'POST /mcp/files HTTP/1.1',
      ...['Host: localhost', 'Connection: close', 'Authorization: Bearer good', 'Content-Type: application/json'],
      ...['Accept: application/json, text/event-stream', `Content-Length: ${String(body.length)}`, ...lines],
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    return text(socket);
  }
  const { message, headers } = modern('tools/call', { name: 'add' });
  const mirrored = ['Mcp-Method: tools/call', 'Mcp-Name: add'];

  test.for([
    ['2025-06-18', LIST, []],
    [headers['mcp-protocol-version'] ?? '', message, mirrored],
  ] as const)('in two lines, or in one, counts as one: %s [front-single-headers]', async ([version, asked, more]) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const line = `MCP-Protocol-Version: ${version}`;
    for (const lines of [[line, line], [line, line.toLowerCase()], [`${line}, ${version}`]]) {
      expect(await post(gateway.port, asked, ...lines, ...more)).toMatch(/^HTTP\/1.1 200 /);
      expect(
        named(upstream.received.at(-1)?.rawHeaders).filter((name) => name === 'mcp-protocol-version'),
      ).toHaveLength(1);
      expect(upstream.received.at(-1)?.headers['mcp-protocol-version']).toBe(version);
    }
  });

  test.for([
    ['MCP-Protocol-Version: 2025-06-18', 'MCP-Protocol-Version: 2025-11-25'],
    ['MCP-Protocol-Version: 2025-06-18, 2025-11-25'],
    ['MCP-Protocol-Version: 2025-11-25', 'mcp-protocol-version: 2026-07-28'],
  ])('as two different ones is refused: %j [front-single-headers]', async (lines) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    for (const asked of [LIST, message]) {
      const answer = await post(gateway.port, asked, ...lines, ...mirrored);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer).toContain('"header-repeated"');
    }
    expect(upstream.received).toHaveLength(0);
  });
});

test('configured headers go to the server and win [proxy-headers-allow-list]', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  const headers = { authorization: 'Bearer ours', 'x-api-key': 'ours', tracestate: 'ours=1', 'user-agent': 'ours' };
  gateway.servers.set('files', upstream.url, { headers });
  await call(gateway, 'files', LIST, OFFERED);
  expect(upstream.received[0]?.headers).toMatchObject(headers);
});

test('configured headers that belong to the connection are left out', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  const headers = { connection: 'close', 'content-length': '1', 'transfer-encoding': 'chunked', 'x-a': 'b' };
  gateway.servers.set('files', upstream.url, { headers });
  expect((await call(gateway, 'files', LIST)).status).toBe(200);
  expect(upstream.received[0]?.headers).toMatchObject({ connection: 'keep-alive', 'x-a': 'b' });
});

test('the query of the configured URL is kept', async () => {
  const { gateway, upstream } = await gatewayTo(echoJson);
  gateway.servers.set('files', `${upstream.url}/deep?tenant=7`);
  await call(gateway, 'files', LIST);
  expect(upstream.received[0]?.url).toBe('/mcp/deep?tenant=7');
});

test('the client gets the headers of the allow-list and no others [proxy-headers-allow-list]', async () => {
  const secrets = {
    'Set-Cookie': 'a=b',
    'WWW-Authenticate': 'Basic',
    Server: 'nginx',
    'X-Powered-By': 'x',
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'max-age=60',
    'Retry-After': '9',
  };
  const { gateway } = await gatewayTo((res) =>
    res.writeHead(200, { ...secrets, 'Content-Type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}'),
  );
  const { headers } = await call(gateway, 'files', LIST);
  expect(Object.keys(headers).sort()).toEqual(
    ['cache-control', 'connection', 'content-length', 'content-type', 'date', 'retry-after', 'x-request-id'].sort(),
  );
});

const CACHEABLE = {
  'Cache-Control': 'public, max-age=31536000',
  Expires: 'Fri, 01 Jan 2100 00:00:00 GMT',
  Age: '1',
  ETag: '"a"',
  'Last-Modified': 'Fri, 01 Jan 2021 00:00:00 GMT',
  Pragma: 'cache',
  'Surrogate-Control': 'max-age=9',
  'CDN-Cache-Control': 'max-age=9',
  Vary: '*',
};
const JSON_ANSWER = { ...CACHEABLE, 'Content-Type': 'application/json' };

test.for<[name: string, answer: Answer, asked: AskOptions]>([
  ['an answer', (res) => res.writeHead(200, JSON_ANSWER).end('{"jsonrpc":"2.0","id":1,"result":{}}'), {}],
  ['a refused notification', (res) => res.writeHead(202, CACHEABLE).end(), {}],
  ['an error of the server', (res) => res.writeHead(400, JSON_ANSWER).end('{"jsonrpc":"2.0","id":1,"error":{}}'), {}],
  ['a page of the server', (res) => res.writeHead(404, { ...CACHEABLE, 'Content-Type': 'text/html' }).end('x'), {}],
  ['a redirect elsewhere', (res) => res.writeHead(301, { ...CACHEABLE, Location: 'http://h.example' }).end(), {}],
  ['a refused credential', () => undefined, { headers: { authorization: 'Bearer bad' } }],
  ['a refused header', () => undefined, { headers: { accept: 'text/html' } }],
  ['a preflight', () => undefined, { method: 'OPTIONS', headers: { origin: 'http://localhost:1' } }],
])('%s is kept by no cache, whatever the server says [proxy-no-store]', async ([, answer, asked]) => {
  const { gateway } = await gatewayTo(answer);
  const body = asked.method === 'OPTIONS' ? {} : { body: JSON.stringify(LIST) };
  const { headers } = await ask(gateway, '/mcp/files', { ...body, ...asked });
  expect(headers['cache-control']).toBe('no-store');
  for (const name of ['expires', 'age', 'etag', 'last-modified', 'pragma', 'surrogate-control', 'cdn-cache-control']) {
    expect(headers).not.toHaveProperty(name);
  }
});

test('what a key with tool grants is refused is kept by no cache [proxy-no-store]', async () => {
  const { gateway } = await gatewayTo(echoJson);
  gateway.keys.add('narrow', { grants: ['files:a'] });
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'b' } };
  const { headers } = await call(gateway, 'files', message, { authorization: 'Bearer narrow' });
  expect(headers['cache-control']).toBe('no-store');
});

test('a header of the server that can’t be sent, or is longer than it ever is, is left out', async () => {
  const { gateway } = await gatewayToRaw((socket) => {
    const body = '{"jsonrpc":"2.0","id":1,"result":{}}';
    const odd = `Retry-After: ${'9'.repeat(600)}\r\nAllow: \xe4\r\nTraceparent: 00-a`;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${odd}\r\nContent-Length: ${body.length}`;
    socket.end(Buffer.from(`${head}\r\n\r\n${body}`, 'latin1'));
  });
  const { status, headers } = await call(gateway, 'files', LIST);
  expect([status, headers['retry-after'], headers['allow'], headers['traceparent']]).toEqual([
    200,
    undefined,
    undefined,
    '00-a',
  ]);
});

test('a stream is never cached or transformed, whatever the server says [mcp-sse-unbuffered]', async () => {
  const { gateway } = await gatewayTo((res) =>
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'public' }).flushHeaders(),
  );
  const stream = await open(gateway, '/mcp/files');
  expect(stream.headers['cache-control']).toBe('no-cache, no-store, no-transform');
  stream.abort();
});

test('the credential of the client shows nowhere in what the gateway tells of a call', async () => {
  const { gateway } = await gatewayTo(echoJson);
  await ask(gateway, '/mcp/files', { body: JSON.stringify(LIST), headers: OFFERED });
  await expect.poll(() => gateway.events.length).toBe(1);
  expect(JSON.stringify(gateway.events)).not.toContain('Bearer');
});
