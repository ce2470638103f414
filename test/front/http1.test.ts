import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Http1Request } from '../../src/front/http1/http1Request.ts';
import { get, openFrontServer } from './frontServer.ts';

const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const chunked = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;

/** Answers with what it was asked, once that has come whole. */
async function echo(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const body = await text(req);
  res.end(`(${req.url ?? ''} ${body})`);
}

const answersIn = (received: string): string[] => received.match(/\(.*?\)/g) ?? [];

describe('a request whose head is plain [front-http1]', () => {
  it('is read here, on a connection that goes on so, and says how long that is kept', async () => {
    await using server = await openFrontServer({ serve: (req, res) => void echo(req, res) });
    const client = await server.open();
    for (const n of [1, 2, 3]) {
      client.send(post('/plain', `body ${n}`));
      await expect.poll(() => answersIn(client.text).at(-1)).toBe(`(/plain body ${n})`);
    }
    expect(server.served.every(({ req }) => req instanceof Http1Request)).toBe(true);
    expect(client.text.match(/^Keep-Alive: timeout=65\r$/gm)).toHaveLength(3);
    expect(client.text).toContain('\r\nConnection: keep-alive\r\n');
  });

  it('takes its body as it comes, however large and in whatever pieces', async () => {
    await using server = await openFrontServer({ serve: (req, res) => void echo(req, res) });
    const client = await server.open();
    const body = 'x'.repeat(1_000_000);
    const bytes = post('/large', body) + post('/next', 'y');
    for (let at = 0; at < bytes.length; at += 77_777) {
      client.send(bytes.slice(at, at + 77_777));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => answersIn(client.text).length).toBe(2);
    expect(answersIn(client.text)[0]).toBe(`(/large ${body})`);
    expect(server.served.every(({ req }) => req instanceof Http1Request)).toBe(true);
  });

  it('waits with its body where nobody reads it', async () => {
    await using server = await openFrontServer({ serve: () => undefined });
    const client = await server.open();
    client.send(post('/unread', 'x'.repeat(8_000_000)));
    await expect.poll(() => server.served.length).toBe(1);
    const { req } = server.served[0]!;
    await expect.poll(() => req.socket.isPaused()).toBe(true);
    expect(req.readableLength).toBeLessThan(1_000_000);
    const whole = text(req);
    expect((await whole).length).toBe(8_000_000);
  });

  it('has what is left of its body thrown away once it is answered', async () => {
    await using server = await openFrontServer({ serve: (req, res) => void res.end(`(${req.url ?? ''})`) });
    const client = await server.open();
    client.send(post('/answered', 'x'.repeat(3_000_000)) + post('/after', 'y'));
    await expect.poll(() => answersIn(client.text)).toEqual(['(/answered)', '(/after)']);
  });

  it('hears that its client has left, in the body or behind it', async () => {
    const ends: string[] = [];
    await using server = await openFrontServer({
      serve(req, res) {
        req.on('error', (error: NodeJS.ErrnoException) => ends.push(`request ${error.code ?? ''}`));
        res.on('close', () => ends.push(`answer ${String(res.writableFinished)}`));
        req.resume();
      },
    });
    const inBody = await server.open();
    inBody.send(post('/', 'x'.repeat(100)).slice(0, -50));
    await expect.poll(() => server.served.length).toBe(1);
    inBody.socket.destroy();
    await expect.poll(() => ends.toSorted()).toEqual(['answer false', 'request ECONNRESET']);
    const behind = await server.open();
    behind.send(post('/', 'x'));
    await expect.poll(() => server.served[1]?.req.readableEnded).toBe(true);
    behind.socket.destroy();
    await expect.poll(() => ends.filter((end) => end === 'answer false').length).toBe(2);
    expect(server.served.every(({ destroyed }) => destroyed)).toBe(true);
  });

  it('is told when there is room again for its answer', async () => {
    await using server = await openFrontServer({
      serve(_req, res) {
        let left = 400;
        expect(res.writableNeedDrain).toBe(false);
        const write = (): void => {
          while (left > 0) {
            left -= 1;
            if (!res.write('x'.repeat(100_000))) {
              expect(res.writableNeedDrain).toBe(true);
              res.once('drain', write);
              return;
            }
          }
          res.end();
        };
        write();
      },
    });
    const client = await server.open();
    client.socket.pause();
    client.send(get('/'));
    await expect.poll(() => server.served[0]?.writableNeedDrain).toBe(true);
    client.socket.resume();
    await once(server.served[0]!, 'close');
    expect(server.served[0]?.writableFinished).toBe(true);
  });

  it('may be followed by the end of a line, and its connection stays what it was', async () => {
    await using server = await openFrontServer({ serve: (req, res) => void echo(req, res) });
    const client = await server.open();
    client.send(`${post('/1', 'a')}\r\n`);
    await expect.poll(() => answersIn(client.text).length).toBe(1);
    client.send(`\r\n\r\n${get('/2')}`);
    await expect.poll(() => answersIn(client.text)).toEqual(['(/1 a)', '(/2 )']);
    expect(server.served.every(({ req }) => req instanceof Http1Request)).toBe(true);
    server.front.closeIdle();
    await expect.poll(() => client.isOver).toBe(true);
  });

  it('and whose body does not come behind its answer, keeps its connection no longer than an idle one', async () => {
    await using server = await openFrontServer({
      serve: (_req, res) => void res.writeHead(401, { 'content-length': 0 }).end(),
      limits: { keepAliveMs: 1_000 },
    });
    const client = await server.open();
    client.send(post('/', 'x'.repeat(60_000)).slice(0, 100));
    await expect.poll(() => client.text).toContain('401');
    server.advance(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(client.isOver).toBe(false);
    server.advance(2_001);
    await expect.poll(() => client.isOver).toBe(true);
  });

  it('is awaited for a time on a new connection, which is then told that it came too late', async () => {
    await using server = await openFrontServer({ serve: () => undefined, limits: { headersMs: 1_000 } });
    const client = await server.open();
    await expect.poll(() => server.front.load.connections).toBe(1);
    server.advance(1_000);
    await expect.poll(() => client.isOver).toBe(true);
    expect(client.text).toContain('HTTP/1.1 408 ');
  });

  it('gives its body to nobody once its client has left', async () => {
    await using server = await openFrontServer({ serve: () => undefined });
    const client = await server.open();
    client.send(post('/', 'body'));
    await expect.poll(() => server.served.length).toBe(1);
    const { req } = server.served[0]!;
    client.socket.destroy();
    await expect.poll(() => req.destroyed).toBe(true);
    expect(req instanceof Http1Request && req.takeContent() === undefined).toBe(true);
  });

  it('ends in time where its connection is idle, from its last answer on', async () => {
    await using server = await openFrontServer({
      serve: (req, res) => void echo(req, res),
      limits: { keepAliveMs: 1_000 },
    });
    const client = await server.open();
    client.send(get('/1'));
    await expect.poll(() => answersIn(client.text).length).toBe(1);
    server.advance(1_999);
    client.send(get('/2'));
    await expect.poll(() => answersIn(client.text).length).toBe(2);
    server.advance(1_999);
    // The front looks each millisecond: some looks later it is still there.
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(client.isOver).toBe(false);
    server.advance(2_001);
    await expect.poll(() => client.isOver).toBe(true);
  });

  it('leaves a connection that a stop closes when it is idle, and not before', async () => {
    await using server = await openFrontServer({ serve: () => undefined });
    const [idle, busy] = [await server.open(), await server.open()];
    busy.send(get('/'));
    await expect.poll(() => server.served.length).toBe(1);
    await expect.poll(() => server.front.load.connections).toBe(2);
    // As the server's own `close` does.
    server.front.server.closeIdleConnections();
    await expect.poll(() => idle.isOver).toBe(true);
    expect(busy.isOver).toBe(false);
    server.served[0]!.end('(done)');
    await expect.poll(() => answersIn(busy.text)).toEqual(['(done)']);
    busy.send(get('/'));
    await expect.poll(() => server.served.length).toBe(2);
    server.front.server.closeAllConnections();
    await expect.poll(() => busy.isOver).toBe(true);
  });
});

describe('a request whose head is not plain [front-http1]', () => {
  it('is read by Node, as all that follow it', async () => {
    await using server = await openFrontServer({ serve: (req, res) => void echo(req, res) });
    const client = await server.open();
    for (const bytes of [post('/1', 'a'), chunked('/2'), post('/3', 'b')]) {
      const before = answersIn(client.text).length;
      client.send(bytes);
      await expect.poll(() => answersIn(client.text).length).toBe(before + 1);
    }
    expect(answersIn(client.text)).toEqual(['(/1 a)', '(/2 abc)', '(/3 b)']);
    expect(server.served.map(({ req }) => req instanceof Http1Request)).toEqual([true, false, false]);
  });

  it('waits for the answers before it, and what comes behind it with it', async () => {
    await using server = await openFrontServer({ serve: () => undefined });
    const client = await server.open();
    client.send(get('/1') + get('/2') + chunked('/3'));
    await expect.poll(() => server.served.length).toBe(1);
    client.send(post('/4', 'd'));
    await expect.poll(() => server.front.load.waiting).toBe(2);
    for (const n of [1, 2, 3, 4]) {
      await expect.poll(() => server.served.length).toBe(n);
      const res = server.served[n - 1]!;
      void text(res.req).then((body) => res.end(`(${res.req.url ?? ''} ${body})`));
    }
    await expect.poll(() => answersIn(client.text)).toEqual(['(/1 )', '(/2 )', '(/3 abc)', '(/4 d)']);
    expect(server.front.load.waiting).toBe(0);
  });

  it('gives its place back where its client does not wait for it', async () => {
    await using server = await openFrontServer({ serve: () => undefined });
    const client = await server.open();
    client.send(get('/1') + chunked('/2'));
    await expect.poll(() => server.front.load.waiting).toBe(1);
    client.socket.resetAndDestroy();
    await expect.poll(() => server.front.load.connections).toBe(0);
    expect(server.front.load.waiting).toBe(0);
  });

  it('finds no room to wait in where others have taken it', async () => {
    await using server = await openFrontServer({ serve: () => undefined, limits: { maxWaitingRequests: 1 } });
    const [first, second] = [await server.open('127.0.0.1'), await server.open('127.0.0.2')];
    first.send(get('/1') + chunked('/2'));
    await expect.poll(() => server.front.load.waiting).toBe(1);
    second.send(get('/1') + chunked('/2'));
    await expect.poll(() => second.isOver).toBe(true);
    expect(first.isOver).toBe(false);
  });
});
