import { expect, it } from 'vitest';
import { get, openFrontServer } from './frontServer.ts';

it('requests that come at once are served one after the other, and answered in their order [front-pipelining]', async () => {
  await using server = await openFrontServer({ serve: () => undefined });
  const client = await server.open();
  client.send(['/0', '/1', '/2'].map(get).join(''));
  for (let n = 0; n < 3; n += 1) {
    await expect.poll(() => server.served.length).toBe(n + 1);
    // Nothing more is served, however often the others have their turn.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(server.served).toHaveLength(n + 1);
    server.served[n]!.end(`(${n})`);
  }
  await expect.poll(() => client.text.match(/\(\d\)/g)).toEqual(['(0)', '(1)', '(2)']);
});

it('a thousand of them are all answered, to a client that reads [front-pipelining]', async () => {
  await using server = await openFrontServer({
    serve: (req, res) => res.end(`(${req.url})`),
  });
  const client = await server.open();
  client.send(Array.from({ length: 1_000 }, (_, n) => get(`/${n}`)).join(''));
  await expect.poll(() => client.text.match(/\(.\d+\)/g)?.length).toBe(1_000);
  expect(client.text.match(/\(.\d+\)/g)).toEqual(Array.from({ length: 1_000 }, (_, n) => `(/${n})`));
  // The connection has not been spoilt.
  client.send(get('/after'));
  await expect.poll(() => client.text.includes('(/after)')).toBe(true);
});

it('a body behind waiting requests arrives whole when its turn comes [front-pipelining]', async () => {
  const bodies: string[] = [];
  await using server = await openFrontServer({
    serve(req, res) {
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString()));
      req.on('end', () => {
        bodies.push(body);
        res.writeHead(204).end();
      });
    },
  });
  const client = await server.open();
  const body = 'x'.repeat(300_000);
  const post = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  client.send(get('/').repeat(20) + post + get('/'));
  await expect.poll(() => bodies.length).toBe(22);
  expect(bodies.map(({ length }) => length)).toEqual([...Array<number>(20).fill(0), body.length, 0]);
});

it('what waits has a bound over all connections, which no address fills alone [front-pipelining]', async () => {
  await using server = await openFrontServer({ serve: () => undefined, limits: { maxWaitingRequests: 40 } });
  const first = await server.open('127.0.0.1');
  // One is served, thirty wait: three quarters of the bound.
  first.send(get('/').repeat(31));
  await expect.poll(() => server.served.length).toBe(1);
  const second = await server.open('127.0.0.1');
  second.send(get('/').repeat(2));
  await expect.poll(() => second.isOver).toBe(true);
  const other = await server.open('127.0.0.2');
  other.send(get('/').repeat(11));
  await expect.poll(() => server.served.length).toBe(3);
  const late = await server.open('127.0.0.3');
  late.send(get('/').repeat(2));
  await expect.poll(() => late.isOver).toBe(true);
  expect([first.isOver, other.isOver]).toEqual([false, false]);
  // Who leaves takes along what waited.
  first.socket.destroy();
  await expect.poll(() => server.served[0]?.destroyed).toBe(true);
  const again = await server.open('127.0.0.3');
  again.send(get('/again').repeat(3));
  for (const answered of [1, 2, 3]) {
    await expect.poll(() => server.served.filter(({ req }) => req.url === '/again').length).toBe(answered);
    server.served.at(-1)?.end();
  }
});

it('an answer that closes the connection ends what came behind it: nothing of that is done [front-pipelining]', async () => {
  await using server = await openFrontServer({
    serve: (_req, res) => res.writeHead(400, { connection: 'close', 'content-length': 0 }).end(),
  });
  const client = await server.open();
  client.send(get('/1') + get('/2'));
  await expect.poll(() => client.isOver).toBe(true);
  expect(client.text.match(/HTTP/g)).toHaveLength(1);
  expect(server.served).toHaveLength(1);
});
