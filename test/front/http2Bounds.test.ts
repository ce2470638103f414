import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { frontLimits } from '../../src/front/limits.ts';
import {
  block,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GET,
  HEADERS,
  openRawClient,
  PING,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  type RawClient,
} from './http2Frames.ts';
import { ask, openSecureFront, type SecureFront } from './secureFront.ts';

const get = (stream: number) => frame(HEADERS, END_STREAM | END_HEADERS, stream, block(GET));
const POST = [[':method', 'POST'], ...GET.slice(1)] as const;
const post = (stream: number) => frame(HEADERS, END_HEADERS, stream, block(POST));
const ids = (count: number) => Array.from({ length: count }, (_, at) => 2 * at + 1);
/** For what takes many looks at the clock. */
const FAST = { interval: 2 };
const hold = (): void => undefined;

/** Sends the same again until the server has ended the connection. */
async function flood({ front }: SecureFront, client: RawClient, next: (at: number) => Buffer): Promise<void> {
  for (let at = 0; at === 0 || front.load.connections > 0; at += 1) {
    client.send(...Array.from({ length: 100 }, (_, more) => next(at * 100 + more)));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a session of HTTP/2', () => {
  it('is served one request after the other until a good credential has come on it, then all at once [front-http2-strangers]', async () => {
    await using server = await openSecureFront((req, res, front) => {
      if (req.headers['x-good'] === '1') front.recognise(req);
      if (req.headers['x-good'] !== undefined) res.end();
    });
    const client = await openRawClient(server.port);
    client.send(...ids(16).map(get));
    await expect.poll(() => server.front.load.waiting).toBe(15);
    expect(server.served).toHaveLength(1);
    client.send(get(33));
    await expect.poll(() => client.resets.get(33)).toBe(constants.NGHTTP2_REFUSED_STREAM);
    server.served[0]!.end();
    await expect.poll(() => server.served.length).toBe(2);
    server.front.recognise(server.served[1]!.req);
    await expect.poll(() => server.served.length).toBe(16);
    expect(server.front.load.waiting).toBe(0);
    client.send(...ids(120).slice(20).map(get));
    await expect.poll(() => server.served.length).toBe(101);
    client.socket.destroy();
    await expect.poll(() => server.front.load.connections).toBe(0);
  });

  it('streams have a bound over all connections, and per address [front-http2-streams]', async () => {
    await using server = await openSecureFront((req, _res, front) => front.recognise(req), { maxStreams: 4 });
    const [one, other] = [await openRawClient(server.port), await openRawClient(server.port)];
    one.send(...ids(2).map(get));
    await expect.poll(() => server.served.length).toBe(2);
    other.send(...ids(2).map(get));
    await expect.poll(() => other.resets.get(3)).toBe(constants.NGHTTP2_REFUSED_STREAM);
    one.send(frame(RST_STREAM, 0, 1, Buffer.of(0, 0, 0, 8)));
    await expect.poll(() => server.served.filter(({ destroyed }) => destroyed).length).toBe(1);
    other.send(get(5));
    await expect.poll(() => server.served.length).toBe(4);
    one.socket.destroy();
    other.socket.destroy();
  });

  it('counts as one connection, which an address has a number of, and strangers’ ones give way [front-http2-strangers]', async () => {
    await using server = await openSecureFront(hold, { ...frontLimits({ maxConnections: 4 }), sweepMs: 1 });
    const first = await openRawClient(server.port);
    const second = await openRawClient(server.port);
    await expect.poll(() => first.isOver).toBe(true);
    expect(server.front.load.connections).toBe(1);
    second.socket.destroy();
  });

  it.each([
    [
      'resets its requests at once (CVE-2023-44487)',
      (at: number) => Buffer.concat([get(2 * at + 1), frame(RST_STREAM, 0, 2 * at + 1, Buffer.of(0, 0, 0, 8))]),
    ],
    [
      'goes on with a head without end',
      (at: number) => (at === 0 ? frame(HEADERS, 0, 1, block(GET)) : frame(CONTINUATION, 0, 1)),
    ],
    ['sends data without data', (at: number) => (at === 0 ? post(1) : frame(DATA, 0, 1))],
    ['asks for signs of life without an end', () => frame(PING, 0, 0, Buffer.alloc(8))],
    ['changes settings without an end', (at: number) => frame(SETTINGS, 0, 0, Buffer.of(0, 3, 0, 0, 0, at % 256))],
  ])('ends when its client %s [front-http2-floods]', async (_what, next) => {
    await using server = await openSecureFront(hold);
    const client = await openRawClient(server.port);
    await flood(server, client, next);
    await expect.poll(() => server.front.load.connections).toBe(0);
    expect(server.served.length).toBeLessThan(1_100);
  });

  it('a head that is too large is refused, and reaches nobody [front-http2-floods]', async () => {
    await using server = await openSecureFront((_req, res) => void res.end());
    const answerTo = (kib: number) => {
      const large = Object.fromEntries(Array.from({ length: kib }, (_, at) => [`x-${at}`, 'x'.repeat(1_020)]));
      return ask(server.open({ maxSendHeaderBlockLength: 200_000 }), { ':path': '/', ...large });
    };
    expect(await answerTo(15)).toMatchObject({ status: 200 });
    const refused = await answerTo(17);
    expect([refused.status, JSON.parse(refused.body)]).toMatchObject([431, { code: 'headers-too-large' }]);
    expect((await answerTo(80)).status).not.toBe(200);
    expect(server.served).toHaveLength(1);
  });

  it.each([
    ['nothing', 0],
    ['a byte now and then', 1],
  ])('a client that takes %s of an answer loses that answer, and no other [front-http2-pace]', async (_what, bytes) => {
    await using server = await openSecureFront((req, res, front) => {
      front.recognise(req);
      if (req.method === 'GET') res.end(Buffer.alloc(100_000));
    });
    const client = await openRawClient(server.port);
    // No window, for streams to come.
    client.send(frame(SETTINGS, 0, 0, Buffer.of(0, 4, 0, 0, 0, 0)), get(1), post(3));
    await expect.poll(() => client.answered.has(1)).toBe(true);
    const isCut = () => client.resets.has(1);
    await expect
      .poll(() => {
        if (bytes > 0) client.send(frame(WINDOW_UPDATE, 0, 1, Buffer.of(0, 0, 0, bytes)));
        server.advance(10_000);
        return isCut();
      }, FAST)
      .toBe(true);
    expect(client.resets.has(3)).toBe(false);
    expect(client.isOver).toBe(false);
    client.socket.destroy();
  });

  it('a client that takes its answer slowly, but takes it, keeps it [front-http2-pace]', async () => {
    await using server = await openSecureFront((_req, res) => void res.end(Buffer.alloc(500_000)));
    const client = await openRawClient(server.port);
    client.send(frame(SETTINGS, 0, 0, Buffer.of(0, 4, 0, 0, 0, 0)), get(1));
    await expect.poll(() => client.answered.has(1)).toBe(true);
    const socket = server.served[0]!.socket as unknown as { takenBytes: number };
    for (let minute = 1; minute <= 5; minute += 1) {
      const before = socket.takenBytes;
      client.send(
        frame(WINDOW_UPDATE, 0, 1, Buffer.of(0, 1, 0x40, 0)),
        frame(WINDOW_UPDATE, 0, 0, Buffer.of(0, 1, 0x40, 0)),
      );
      await expect.poll(() => socket.takenBytes - before).toBeGreaterThan(65_000);
      const { looks } = server;
      server.advance(60_000);
      // What is taken from now on is of the next minute.
      await expect.poll(() => server.looks, FAST).toBeGreaterThan(looks);
    }
    expect(client.resets.has(1)).toBe(false);
    client.socket.destroy();
  });

  it('a body that does not come in time is answered with 408, and its stream is over [front-body-time]', async () => {
    await using server = await openSecureFront((req) => void req.resume());
    const stream = server.open().request({ ':path': '/', ':method': 'POST' });
    stream.on('error', () => undefined);
    stream.write('begun');
    await expect.poll(() => server.served.length).toBe(1);
    const response = once(stream, 'response') as Promise<[{ ':status': number }]>;
    const passing = setInterval(() => server.advance(100_000), 5);
    const [head] = await response;
    clearInterval(passing);
    expect(head[':status']).toBe(408);
    stream.resume();
    await expect.poll(() => server.served[0]!.destroyed).toBe(true);
  });

  it.each([
    ['nothing', false, 20_000],
    ['nothing more', true, 65_000],
    ['half a head', false, 20_000],
  ])('is closed when its client asks %s for its time [front-http2-idle]', async (what, asks, ms) => {
    await using server = await openSecureFront((_req, res) => void res.end());
    const client = await openRawClient(server.port);
    if (asks) client.send(get(1));
    if (asks) await expect.poll(() => client.answered.has(1)).toBe(true);
    if (what === 'half a head') client.send(frame(HEADERS, 0, 1, block(GET)));
    await expect.poll(() => server.served.every(({ destroyed }) => destroyed)).toBe(true);
    let passed = 0;
    await expect
      .poll(() => {
        server.advance(1_000);
        passed += 1_000;
        return client.isOver;
      }, FAST)
      .toBe(true);
    expect(passed).toBeGreaterThan(ms);
  });

  it('is told by the next answer that the gateway retires, and ends when what is under way has ended [front-http2-stop]', async () => {
    await using server = await openSecureFront((req, res, front) => {
      front.recognise(req);
      if (req.method === 'GET') res.end('now');
      else res.write('begun');
    });
    const client = await openRawClient(server.port);
    client.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, block(POST)));
    await expect.poll(() => client.answered.has(1)).toBe(true);
    server.front.retire();
    client.send(get(3));
    await expect.poll(() => client.answered.has(3)).toBe(true);
    await expect.poll(() => client.goaway).toBe(constants.NGHTTP2_NO_ERROR);
    server.front.closeIdle();
    client.send(get(5));
    const [answer] = server.served as [ServerResponse];
    const drained = server.front.drained(60_000);
    expect([answer.destroyed, client.isOver]).toEqual([false, false]);
    answer.end('done');
    await drained;
    await expect.poll(() => client.isOver).toBe(true);
    expect([answer.writableFinished, server.served.length]).toEqual([true, 2]);
  });

  it('an answer that ends its connection ends the session, after the others [front-http2-stop]', async () => {
    await using server = await openSecureFront((req, res, front) => {
      front.recognise(req);
      if (req.url === '/last') res.writeHead(429, { connection: 'close' }).end();
      else res.write('begun');
    });
    const session = server.open();
    const stream = session.request({ ':path': '/' });
    await once(stream, 'data');
    expect((await ask(session, { ':path': '/last' })).status).toBe(429);
    await expect.poll(() => session.closed).toBe(true);
    expect(stream.closed).toBe(false);
    server.served[0]!.end();
    await once(stream.resume(), 'close');
    await expect.poll(() => session.destroyed).toBe(true);
    await expect.poll(() => server.front.load.connections).toBe(0);
  });
});
