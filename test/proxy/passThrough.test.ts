import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ask, call, messagesOf, modern, open, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { echoJson, parseCall } from './upstream.ts';

const { gatewayTo } = fixture();

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a message of either era', () => {
  test('a legacy request gets the JSON answer of the server [mcp-request-json-or-sse]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(200);
    expect(answered.headers['content-type']).toBe('application/json');
    expect(answered.text).toBe('{"jsonrpc":"2.0","id":1,"result":{"method":"tools/list"}}');
  });

  test('a modern request gets the JSON answer of the server [mcp-request-json-or-sse]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const { message, headers } = modern('tools/call', { name: 'add', arguments: {} }, 'seven');
    const answered = await call(gateway, 'files', message, headers);
    expect(answered.text).toBe('{"jsonrpc":"2.0","id":"seven","result":{"method":"tools/call"}}');
    expect(upstream.received[0]?.headers['mcp-name']).toBe('add');
  });

  test('the bytes of the body reach the server as they are, odd spacing and unknown fields included [mcp-bytes-unchanged]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const body = '  {"jsonrpc" : "2.0",\n"id":1 ,"method":"x/unknown","extra":[1e3,"\\u00e4é"],"params":{"a":{}}}  ';
    const answered = await ask(gateway, '/mcp/files', { body });
    expect(answered.status).toBe(200);
    expect(upstream.received[0]?.body.toString('utf8')).toBe(body);
  });

  test('a notification gets the 202 of the server, without a body [mcp-notification-202]', async () => {
    const { gateway } = await gatewayTo((res) => res.writeHead(202, { 'Content-Type': 'text/plain' }).end('Accepted'));
    const answered = await call(gateway, 'files', { jsonrpc: '2.0', method: 'notifications/initialized' });
    expect(answered.status).toBe(202);
    expect(answered.body.length).toBe(0);
  });

  test('a response of the client passes [mcp-notification-202]', async () => {
    const { gateway, upstream } = await gatewayTo((res) => res.writeHead(202).end());
    const answered = await call(gateway, 'files', { jsonrpc: '2.0', id: 4, result: { roots: [] } });
    expect(answered.status).toBe(202);
    expect(parseCall(upstream.received[0]?.body ?? Buffer.of()).id).toBe(4);
  });

  test('a legacy batch passes [mcp-batch-by-era]', async () => {
    const { gateway } = await gatewayTo((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('[{"jsonrpc":"2.0","id":1,"result":{}}]'),
    );
    const answered = await call(gateway, 'files', [LIST, { jsonrpc: '2.0', method: 'notifications/x' }]);
    expect(answered.text).toBe('[{"jsonrpc":"2.0","id":1,"result":{}}]');
  });

  test('a JSON error of the server keeps its status and its bytes [mcp-server-error-passes]', async () => {
    const { gateway } = await gatewayTo((res) =>
      res
        .writeHead(404, { 'Content-Type': 'application/json; charset=utf-8' })
        .end('{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}'),
    );
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(404);
    expect(answered.text).toContain('-32601');
  });

  test('a status that tells a client what the server can do passes, its page does not [mcp-get-stream]', async () => {
    const { gateway } = await gatewayTo((res) =>
      res.writeHead(405, { Allow: 'POST', 'Content-Type': 'text/html' }).end('<h1>Method Not Allowed</h1>'),
    );
    const answered = await ask(gateway, '/mcp/files');
    expect(answered.status).toBe(405);
    expect(answered.headers['allow']).toBe('POST');
    expect(answered.text).not.toContain('<h1>');
  });
});

describe('a stream', () => {
  test('events reach the client one by one, as they come, byte for byte [mcp-request-json-or-sse] [mcp-sse-unbuffered] [mcp-bytes-unchanged]', async () => {
    let write: (text: string) => void = () => undefined;
    let end: () => void = () => undefined;
    const { gateway } = await gatewayTo((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      write = (text) => res.write(text);
      end = () => res.end();
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) });
    expect(stream.headers['content-type']).toBe('text/event-stream');
    expect(stream.headers['cache-control']).toBe('no-cache, no-store, no-transform');
    expect(stream.headers['x-accel-buffering']).toBe('no');
    write('id: 1\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n');
    await until(() => stream.text.includes('progress'), 'the first event arrived');
    write('event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\r\n\r\n');
    end();
    await stream.ended;
    expect(stream.complete).toBe(true);
    expect(stream.text).toBe(
      'id: 1\ndata: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n' +
        'event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\r\n\r\n',
    );
  });

  test('the GET stream opens at once, carries Last-Event-ID, and ends when the server ends it [mcp-get-stream] [mcp-resume-last-event-id]', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).flushHeaders();
      end = () => res.end('data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}\n\n');
    });
    const stream = await open(gateway, '/mcp/files', {
      headers: { accept: 'text/event-stream', 'last-event-id': 'e7' },
    });
    expect(stream.status).toBe(200);
    expect(upstream.received[0]?.headers['last-event-id']).toBe('e7');
    end();
    await stream.ended;
    expect(messagesOf(stream.text)).toHaveLength(1);
  });

  test('an empty answer to DELETE passes', async () => {
    const { gateway, upstream } = await gatewayTo((res) => res.writeHead(200).end());
    const answered = await ask(gateway, '/mcp/files', { method: 'DELETE' });
    expect(answered.status).toBe(200);
    expect(answered.body.length).toBe(0);
    expect(upstream.received[0]?.method).toBe('DELETE');
  });
});

describe('size and number', () => {
  const large = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    result: { blob: randomBytes(6 * 1024 * 1024).toString('base64') },
  });

  test.for([
    ['with a declared length', true],
    ['in chunks', false],
  ] as const)('a large answer %s arrives byte for byte [mcp-bytes-unchanged]', async ([, declared]) => {
    const { gateway } = await gatewayTo((res) => {
      const length = declared ? { 'Content-Length': Buffer.byteLength(large) } : {};
      res.writeHead(200, { 'Content-Type': 'application/json', ...length }).end(large);
    });
    const answered = await call(gateway, 'files', LIST);
    expect(answered.complete).toBe(true);
    expect(sha256(answered.body)).toBe(sha256(Buffer.from(large)));
  });

  test.for([
    ['with a declared length', true],
    ['in chunks', false],
  ] as const)('a large body %s arrives byte for byte', async ([, declared]) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const body = JSON.stringify({ ...LIST, params: { blob: randomBytes(6 * 1024 * 1024).toString('base64') } });
    const length = declared ? String(Buffer.byteLength(body)) : undefined;
    const headers = declared ? { 'content-length': length } : { 'transfer-encoding': 'chunked' };
    const answered = await ask(gateway, '/mcp/files', { body, headers });
    expect(answered.status).toBe(200);
    expect(sha256(upstream.received[0]?.body ?? Buffer.of())).toBe(sha256(Buffer.from(body)));
  });

  test('256 concurrent callers each get their own answer', async () => {
    const { gateway, upstream } = await gatewayTo((res, received) =>
      setImmediate(() => {
        echoJson(res, received);
      }),
    );
    const ids = Array.from({ length: 256 }, (_, index) => index);
    const answers = await Promise.all(ids.map((id) => call(gateway, 'files', { ...LIST, id })));
    expect(answers.map(({ text }) => (JSON.parse(text) as { id: number }).id)).toEqual(ids);
    expect(upstream.received).toHaveLength(256);
  });

  test('calls one after the other share a connection to the server', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    for (let id = 0; id < 20; id++) await call(gateway, 'files', { ...LIST, id });
    expect(upstream.connections).toBe(1);
  });
});

test('an observer is told of every exchange when it has ended', async () => {
  const { gateway } = await gatewayTo(echoJson);
  const { message, headers } = modern('tools/call', { name: 'add' });
  await call(gateway, 'files', message, headers);
  await until(() => gateway.events.length === 1, 'the event');
  expect(gateway.events[0]).toMatchObject({
    keyId: 'key-of-good',
    server: 'files',
    method: 'tools/call',
    tool: 'add',
    outcome: 'ok',
    status: 200,
    bytesIn: Buffer.byteLength(JSON.stringify(message)),
  });
});
