import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { call, errorOf, messagesOf, open, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import type { Answer } from './upstream.ts';

const { gatewayTo, gatewayToRaw } = fixture();
const JSON_TYPE = { 'Content-Type': 'application/json' };
const SSE = { 'Content-Type': 'text/event-stream' };
const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"text":"é"}}';
const EVENT = `event: message\ndata: ${RESULT}\n\n`;

describe('content that clients read', () => {
  const CODINGS: [string, (text: string) => Buffer][] = [
    ['gzip', gzipSync],
    ['X-GZIP', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, identity, br', (text) => brotliCompressSync(gzipSync(text))],
    ['utf-8', Buffer.from],
  ];
  test.for(CODINGS)('and that is encoded (%s) passes decoded: JSON, events, and errors', async ([coding, encode]) => {
    const error = '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no"}}';
    const answers = [
      [200, JSON_TYPE, RESULT],
      [200, SSE, EVENT],
      [404, JSON_TYPE, error],
    ] as const;
    let at = 0;
    const { gateway } = await gatewayTo((res) => {
      const [status, type, text] = answers[at++] ?? answers[0];
      const body = encode(text);
      res.writeHead(status, { ...type, 'Content-Encoding': coding, 'Content-Length': body.length });
      // In the middle, so that the decoder gets two pieces.
      res.write(body.subarray(0, 9));
      setImmediate(() => res.end(body.subarray(9)));
    });
    for (const [status, , text] of answers) {
      const answered = await call(gateway, 'files', LIST);
      expect([answered.status, answered.text, answered.headers['content-encoding']]).toEqual([status, text, undefined]);
    }
  });

  test('and that is encoded comes as it is sent, event by event', async () => {
    let more: () => void = () => undefined;
    const { gateway } = await gatewayTo((res) => {
      res.writeHead(200, { ...SSE, 'Content-Encoding': 'gzip' });
      const gzip = createGzip();
      gzip.on('data', (chunk: Buffer) => res.write(chunk));
      gzip.write(': hello\n\n');
      gzip.flush();
      more = () => {
        gzip.write(EVENT);
        gzip.flush();
      };
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) });
    await until(() => stream.text === ': hello\n\n', 'the comment arrived');
    more();
    await until(() => stream.text.includes(RESULT), 'the response arrived');
  });

  test.for([false, true])(
    'and begins with a byte order mark passes without it (length declared: %s)',
    async (declared) => {
      for (const text of [RESULT, `{"jsonrpc":"2.0","id":1,"result":"${'x'.repeat(200_000)}"}`]) {
        const { gateway } = await gatewayTo((res) => {
          const body = Buffer.from(`\uFEFF${text}`);
          res.writeHead(200, { ...JSON_TYPE, ...(declared && { 'Content-Length': body.length }) });
          res.write(body.subarray(0, 1));
          setImmediate(() => res.end(body.subarray(1)));
        });
        const answered = await call(gateway, 'files', LIST);
        expect([answered.status, answered.text, answered.complete]).toEqual([200, text, true]);
      }
    },
  );

  test('and is an event stream with another success status passes', async () => {
    const { gateway } = await gatewayTo((res) => res.writeHead(201, SSE).end(EVENT));
    expect(messagesOf((await call(gateway, 'files', LIST)).text)).toEqual([JSON.parse(RESULT)]);
  });
});

describe('an error says what is really wrong', () => {
  test.for<[string, Answer, number, string, string]>([
    [
      'a login page',
      (res) => res.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>'),
      502,
      'upstream-not-mcp',
      'a page of type text/html',
    ],
    ['no type', (res) => res.writeHead(200).end(RESULT), 502, 'upstream-not-mcp', 'without a content type'],
    [
      'text',
      (res) => res.writeHead(200, { 'Content-Type': 'text/plain' }).end(RESULT),
      502,
      'upstream-not-mcp',
      'text/plain',
    ],
    [
      'nothing',
      (res) => res.writeHead(200, { 'Content-Length': 0 }).end(),
      502,
      'upstream-not-mcp',
      'did not answer it',
    ],
    ['a page called JSON', (res) => res.writeHead(200, JSON_TYPE).end('<html>'), 502, 'upstream-not-mcp', 'not JSON'],
    [
      'an unknown coding',
      (res) => res.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'exi' }).end('x'),
      502,
      'upstream-not-mcp',
      'exi',
    ],
    [
      'another content than its coding',
      (res) => res.writeHead(200, { ...JSON_TYPE, 'Content-Encoding': 'gzip' }).end(RESULT),
      502,
      'upstream-not-mcp',
      'gzip',
    ],
    [
      'a proxy’s 502',
      (res) => res.writeHead(502, { 'Content-Type': 'text/html' }).end('<p>'),
      502,
      'upstream-error',
      'the proxy that stands before it (HTTP 502)',
    ],
    [
      'a 503 with other JSON',
      (res) => res.writeHead(503, JSON_TYPE).end('{"message":"draining"}'),
      502,
      'upstream-error',
      'draining',
    ],
    [
      'a 503 with half a document',
      (res) => res.writeHead(503, JSON_TYPE).end('{"mess'),
      502,
      'upstream-error',
      'not available now',
    ],
    [
      'a 503 with a result',
      (res) => res.writeHead(503, JSON_TYPE).end(RESULT),
      502,
      'upstream-error',
      'not available now',
    ],
    [
      'a 429',
      (res) => res.writeHead(429, { 'Retry-After': '3' }).end('slow down'),
      429,
      'upstream-error',
      'so many requests',
    ],
    [
      'a 404 with other JSON',
      (res) => res.writeHead(404, JSON_TYPE).end('{"detail":"Not Found"}'),
      404,
      'upstream-not-mcp',
      'HTTP 404',
    ],
    [
      'a proxy’s 407',
      (res) => res.writeHead(407, JSON_TYPE).end('{}'),
      502,
      'upstream-unauthorized',
      'A proxy before the server',
    ],
  ])('%s', async ([, answer, status, code, words]) => {
    const { gateway } = await gatewayTo(answer);
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(status);
    expect(errorOf(answered)).toMatchObject({
      id: 1,
      message: expect.stringContaining(words),
      data: { code, server: 'files' },
    });
    expect(answered.headers['retry-after']).toBe(status === 429 ? '3' : undefined);
  });

  test('also when its body breaks off, for the head says it', async () => {
    const { gateway } = await gatewayToRaw((socket) =>
      socket.end('HTTP/1.1 500 Oops\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"jsonrpc":'),
    );
    expect(errorOf(await call(gateway, 'files', LIST))).toMatchObject({
      data: { code: 'upstream-error', status: 500 },
    });
  });
});

describe('JSON that is no message', () => {
  test.for(['null', '5', '"x"', 'true'])('%s is said to be that, whatever the key may use', async (text) => {
    const { gateway } = await gatewayTo((res) => res.writeHead(200, JSON_TYPE).end(text));
    gateway.keys.add('narrow', { grants: ['files:good'] });
    for (const key of ['good', 'narrow']) {
      const answered = await call(gateway, 'files', LIST, { authorization: `Bearer ${key}` });
      expect(answered.status).toBe(502);
      expect(errorOf(answered)).toMatchObject({
        id: 1,
        message: 'The server "files" sent something that is not JSON-RPC: it is not an object.',
        data: { code: 'upstream-not-mcp' },
      });
    }
  });
});
