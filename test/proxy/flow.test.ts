import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { call, messagesOf, modern, open, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { parseCall } from './upstream.ts';

const { gatewayTo } = fixture();
const EVENT = 'data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n';
const KEEP_ALIVE = ': keep-alive\n\n';
const STREAM = { 'Content-Type': 'text/event-stream' };

describe('back-pressure', () => {
  /** Writes as much as is taken, up to 256 MiB, and counts it. */
  function pump(res: ServerResponse, piece: Buffer): { written: number } {
    const count = { written: 0 };
    const more = (): void => {
      while (count.written < 256 * 1024 * 1024 && !res.destroyed) {
        count.written += piece.length;
        if (!res.write(piece)) {
          res.once('drain', more);
          return;
        }
      }
      res.end();
    };
    more();
    return count;
  }

  /** Waits until nobody has written for 50 looks in a row, of 2 ms at least each. */
  async function isStill(count: () => number): Promise<void> {
    let before = -1;
    let same = 0;
    await until(() => {
      same = before === count() ? same + 1 : 0;
      before = count();
      return same === 50 && before > 0;
    }, 'the server was stopped');
  }

  test.for([
    ['an event stream', STREAM, Buffer.from(`data: ${'x'.repeat(65_000)}\n\n`)],
    ['a JSON answer', { 'Content-Type': 'application/json' }, Buffer.from(`["${'x'.repeat(65_000)}"],`)],
  ] as const)(
    'a client that does not read stops the server, of %s, and memory stays [proxy-back-pressure]',
    async ([, head, piece]) => {
      let count = { written: 0 };
      const { gateway } = await gatewayTo((res) => {
        res.writeHead(200, head);
        if (head['Content-Type'] === 'application/json') res.write('[');
        count = pump(res, piece);
      });
      const before = process.memoryUsage().arrayBuffers;
      const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) }, { read: false });
      await isStill(() => count.written);
      // What the sockets of both ends hold; far from all that there is to send.
      expect(count.written).toBeLessThan(32 * 1024 * 1024);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
      const held = count.written;
      stream.response.resume();
      await until(() => count.written > 2 * held, 'the server goes on');
      stream.abort();
    },
  );

  test('a client that takes nothing for too long is cut, and the server let go [proxy-back-pressure]', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, STREAM);
      pump(res, Buffer.from(`data: ${'x'.repeat(65_000)}\n\n`));
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) }, { read: false });
    await until(() => {
      gateway.advance(1_000);
      return gateway.events.length === 1;
    }, 'the client was cut');
    expect(gateway.events[0]).toMatchObject({ outcome: 'consumer-too-slow' });
    expect(gateway.events[0]?.durationMs).toBeGreaterThanOrEqual(60_000);
    await until(() => upstream.received[0]?.aborted === true, 'the server was let go');
    stream.abort();
  });

  test('the time in which a client took nothing is not the server’s silence [proxy-back-pressure]', async () => {
    let upstreamRes: ServerResponse | undefined;
    const { gateway, upstream } = await gatewayTo((res) => {
      upstreamRes = res;
      res.writeHead(200, STREAM).flushHeaders();
    });
    gateway.servers.set('files', upstream.url, { timeouts: { connectMs: 1_000, idleMs: 30_000, totalMs: 600_000 } });
    // In front of the same endpoint, to see what the gateway still holds for its client.
    let held: ServerResponse | undefined;
    const front = createServer((req, res) => {
      held = res;
      gateway.endpoint.handlerOf(req.url ?? '')?.(req, res);
    });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    const url = `http://127.0.0.1:${String((front.address() as AddressInfo).port)}`;
    const stream = await open({ ...gateway, url }, '/mcp/files', { body: JSON.stringify(LIST) }, { read: false });
    const passedOn = (): number => (held?.socket?.bytesWritten ?? 0) + (held?.writableLength ?? 0);
    const piece = `data: ${'x'.repeat(8_000)}\n\n`;
    // Piece by piece, so that nothing is on its way when the gateway stops the server: after that, the server says nothing.
    while (held?.writableNeedDrain !== true) {
      const before = passedOn();
      upstreamRes?.write(piece);
      await until(() => passedOn() >= before + piece.length, 'the gateway has the piece');
    }
    // Longer than the server may be silent, shorter than the client may take nothing.
    gateway.advance(40_000);
    let text = '';
    stream.response.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-100)));
    await until(() => text.includes(KEEP_ALIVE) || gateway.events.length > 0, 'the timer has run');
    expect(gateway.events).toHaveLength(0);
    gateway.advance(30_000);
    await until(() => gateway.events.length === 1, 'now the server was silent for too long');
    expect(gateway.events[0]).toMatchObject({ outcome: 'upstream-timeout' });
    stream.abort();
    front.close();
  });

  test('a slow client that does take something is not cut', async () => {
    const { gateway } = await gatewayTo((res) => {
      res.writeHead(200, STREAM);
      pump(res, Buffer.from(`data: ${'x'.repeat(65_000)}\n\n`));
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(LIST) }, { read: false });
    let taken = 0;
    stream.response.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      stream.response.pause();
    });
    for (let minute = 0; minute < 10; minute++) {
      const before = taken;
      await until(() => {
        stream.response.resume();
        return taken > before + 10_000_000;
      }, 'the client took something');
      gateway.advance(40_000);
    }
    expect(gateway.events).toHaveLength(0);
    stream.abort();
  });
});

describe('a client that leaves', () => {
  test.for([
    ['before the answer', false],
    ['in the middle of a stream', true],
  ] as const)('%s lets the server go [mcp-close-cancels]', async ([, streams]) => {
    const { gateway, upstream } = await gatewayTo((res) => {
      if (streams) res.writeHead(200, STREAM).write(EVENT);
    });
    const { message, headers } = modern('tools/call', { name: 'slow' });
    const controller = new AbortController();
    const pending = fetch(`${gateway.url}/mcp/files`, {
      method: 'POST',
      body: JSON.stringify(message),
      headers: {
        ...headers,
        authorization: 'Bearer good',
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      signal: controller.signal,
    });
    await until(() => upstream.received.length === 1, 'the call arrived');
    if (streams) await pending;
    controller.abort();
    await pending.then((answer) => answer.text()).catch(() => undefined);
    await until(() => upstream.received[0]?.aborted === true, 'the server saw it');
    await until(() => gateway.events.length === 1, 'the exchange ended');
    expect(gateway.events[0]).toMatchObject({ outcome: 'client-closed', status: streams ? 200 : 0 });
  });

  test('while the body is on its way leaves nothing behind', async () => {
    const { gateway, upstream } = await gatewayTo(() => undefined);
    const controller = new AbortController();
    const body = new ReadableStream({
      start(stream) {
        stream.enqueue(Buffer.from('{"jsonrpc":'));
      },
    });
    const headers = {
      authorization: 'Bearer good',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const init = { method: 'POST', body, headers, signal: controller.signal, duplex: 'half' } as const;
    const pending = fetch(`${gateway.url}/mcp/files`, init).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await pending;
    expect(upstream.received).toHaveLength(0);
    expect(gateway.events).toHaveLength(0);
  });

  test('many streams opened and left leave no connection to the server', async () => {
    let open_ = 0;
    const { gateway, upstream } = await gatewayTo((res) => {
      open_++;
      res.on('close', () => open_--);
      res.writeHead(200, STREAM).flushHeaders();
    });
    const streams = await Promise.all(Array.from({ length: 100 }, () => open(gateway, '/mcp/files')));
    expect(upstream.received).toHaveLength(100);
    for (const stream of streams) stream.abort();
    await until(() => open_ === 0, 'all streams were closed');
    await until(() => gateway.events.length === 100, 'all exchanges ended');
    expect(upstream.connections).toBe(100);
  });
});

test('a client on a kept connection gets its next answer after a stream', async () => {
  const { gateway } = await gatewayTo((res, { body }) => {
    const response = `data: ${JSON.stringify({ jsonrpc: '2.0', id: parseCall(body).id, result: {} })}\n\n`;
    res.writeHead(200, STREAM).end(EVENT + response);
  });
  for (let id = 0; id < 3; id++) {
    const answered = await call(gateway, 'files', { ...LIST, id });
    expect(messagesOf(answered.text)).toMatchObject([{ method: 'notifications/progress' }, { id }]);
  }
});
