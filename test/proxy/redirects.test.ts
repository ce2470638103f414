import { once } from 'node:events';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { call, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { parseCall } from './upstream.ts';

const { gatewayTo, gatewayToRaw } = fixture();

const ANSWER = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { ok: true } });
const ANSWERED = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${String(ANSWER.length)}\r\n\r\n${ANSWER}`;

/** Sends chunks for as long as anybody reads. */
function pour(socket: Socket): void {
  const piece = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
    socket.once('drain', more);
  };
  more();
}

test.for<[string, string, (socket: Socket) => void]>([
  ['is cut', 'Content-Length: 50\r\n', (socket) => socket.end('a page')],
  ['is reset', 'Content-Length: 50\r\n', (socket) => setImmediate(() => socket.resetAndDestroy())],
  ['never ends', 'Content-Length: 50\r\n', () => undefined],
  ['goes on for ever', 'Transfer-Encoding: chunked\r\n', pour],
  ['is not encoded as it says', 'Content-Encoding: gzip\r\nContent-Length: 6\r\n', (socket) => socket.write('a page')],
  [
    'swells to 50 MB',
    'Content-Encoding: gzip\r\nConnection: close\r\n',
    (socket) => socket.end(gzipSync(Buffer.alloc(50_000_000))),
  ],
])('a redirect is followed whose body %s, as clients do that don’t read it', async ([, head, body]) => {
  let requests = 0;
  const { gateway } = await gatewayToRaw((socket) => {
    requests++;
    if (requests > 1) socket.write(ANSWERED);
    else {
      socket.write(`HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\n${head}\r\n`);
      body(socket);
    }
  });
  const answered = await call(gateway, 'files', LIST);
  expect([answered.status, answered.text, requests]).toEqual([200, ANSWER, 2]);
  await until(() => gateway.register.size === 0, 'the exchange ends');
});

test('a call whose key is revoked while the body of a redirect is read is not sent again', async () => {
  const { gateway, upstream } = await gatewayTo((res, { body }) => {
    if (parseCall(body).method === 'notifications/cancelled') res.writeHead(202).end();
    else res.writeHead(307, { Location: '/elsewhere', 'Content-Length': 50 }).flushHeaders();
  });
  const principal = gateway.keys.add('mine');
  const asked = call(gateway, 'files', { ...LIST, method: 'tools/call' }, { authorization: 'Bearer mine' });
  await until(() => upstream.received.length === 1, 'the call arrives');
  gateway.keys.revoke(principal);
  expect((await asked).status).toBe(401);
  await until(() => upstream.received.length === 2, 'the server is told');
  expect(upstream.received.map(({ body }) => parseCall(body).method)).toEqual([
    'tools/call',
    'notifications/cancelled',
  ]);
  expect(gateway.register.size).toBe(0);
});

test('a cancellation goes where the call went, and its answer is read no further than any other', async () => {
  let closed = false;
  const { gateway, upstream } = await gatewayTo((res, { url, body }) => {
    if (url === '/mcp') res.writeHead(307, { Location: '/elsewhere?a=b' }).end();
    else if (parseCall(body).method === 'notifications/cancelled') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      void once(res, 'close').then(() => (closed = true));
      const more = (): void => {
        while (!res.destroyed && res.write('x'.repeat(65_536)));
        res.once('drain', more);
      };
      more();
    }
  });
  const asked = call(gateway, 'files', { ...LIST, method: 'tools/call' });
  await until(() => upstream.received.length === 2, 'the call arrives');
  gateway.advance(10_000_000);
  expect((await asked).status).toBe(504);
  await until(() => upstream.received.length === 3, 'the server is told');
  expect(upstream.received[2]?.url).toBe('/elsewhere?a=b');
  await until(() => closed, 'its answer is cut');
});
