import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { get, openFrontServer, type Client, type FrontServer } from './frontServer.ts';

const ok = (res: ServerResponse): void => void res.writeHead(200, { 'content-length': 2 }).end('ok');
const REFUSED = '"code":"too-many-connections"';

async function openMany(server: FrontServer, count: number, from?: string): Promise<Client[]> {
  const clients: Client[] = [];
  for (let n = 0; n < count; n += 1) clients.push(await server.open(from));
  return clients;
}

const isServed = async (client: Client): Promise<boolean> => {
  client.send(get('/'));
  await expect.poll(() => client.text.endsWith('ok') || client.isOver).toBe(true);
  return client.text.endsWith('ok');
};

it('one address has three quarters of the connections at most, and others find room [front-connections]', async () => {
  await using server = await openFrontServer({
    serve(req, res, front) {
      front.recognise(req);
      ok(res);
    },
    limits: { maxConnections: 8, maxConnectionsPerAddress: 6, maxStrangers: 8 },
  });
  for (const client of await openMany(server, 6)) expect(await isServed(client)).toBe(true);
  const tooMany = await server.open();
  await expect.poll(() => tooMany.isOver).toBe(true);
  expect(tooMany.text).toMatch(/^HTTP\/1\.1 503 /);
  expect(tooMany.text).toContain(REFUSED);
  for (const client of await openMany(server, 2, '127.0.0.2')) expect(await isServed(client)).toBe(true);
  // Now all are taken, by clients with credentials.
  const oneMore = await server.open('127.0.0.3');
  await expect.poll(() => oneMore.text).toContain(REFUSED);
});

it('who leaves makes room [front-connections]', async () => {
  await using server = await openFrontServer({
    serve: (_req, res) => ok(res),
    limits: { maxConnections: 2, maxConnectionsPerAddress: 2, maxStrangers: 2 },
  });
  for (let n = 0; n < 10; n += 1) {
    const client = await server.open();
    expect(await isServed(client)).toBe(true);
    client.socket.destroy();
  }
});

it('strangers who ask nothing give way, the oldest of the busiest address first; clients with a credential stay [front-connections]', async () => {
  await using server = await openFrontServer({
    serve(req, res, front) {
      if (req.url === '/known') front.recognise(req);
      ok(res);
    },
    limits: { maxConnections: 100, maxConnectionsPerAddress: 75, maxStrangers: 8 },
  });
  const known = await server.open();
  known.send(get('/known'));
  await expect.poll(() => known.text).toContain('ok');
  const lone = await server.open('127.0.0.2');
  server.advance(1);
  const crowd: Client[] = [];
  for (let n = 0; n < 40; n += 1) {
    crowd.push(await server.open('127.0.0.3'));
    server.advance(1);
  }
  await expect.poll(() => crowd.filter(({ isOver }) => isOver).length).toBe(34);
  expect(crowd.slice(-6).map(({ isOver }) => isOver)).toEqual(Array(6).fill(false));
  for (const client of [known, lone, await server.open('127.0.0.4')]) expect(await isServed(client)).toBe(true);
});

it('a stranger whose request is being answered is not sent away for another one [front-connections]', async () => {
  await using server = await openFrontServer({
    serve: () => undefined,
    limits: { maxConnections: 100, maxConnectionsPerAddress: 75, maxStrangers: 4 },
  });
  const asking = await openMany(server, 3);
  for (const client of asking) client.send(get('/'));
  await expect.poll(() => server.served.length).toBe(3);
  const refused = await server.open();
  await expect.poll(() => refused.text).toContain(REFUSED);
  for (const res of server.served) ok(res);
  await expect.poll(() => asking.map(({ text }) => text.endsWith('ok'))).toEqual([true, true, true]);
});

it.each([
  ['has not sent its request whole', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{', 1],
  ['has taken its answer for ten seconds', get('/slow'), 10_000],
])('a stranger that %s gives way [front-connections]', async (_what, request, afterMs) => {
  await using server = await openFrontServer({
    serve: (req, res) => (req.url === '/' && req.method === 'GET' ? ok(res) : undefined),
    limits: { maxConnections: 100, maxConnectionsPerAddress: 75, maxStrangers: 4 },
  });
  const crowd = [...(await openMany(server, 2, '127.0.0.2')), ...(await openMany(server, 2, '127.0.0.3'))];
  for (const client of crowd) client.send(request);
  await expect.poll(() => server.served.length).toBe(4);
  server.advance(afterMs);
  expect(await isServed(await server.open('127.0.0.4'))).toBe(true);
  await expect.poll(() => crowd.filter(({ isOver }) => isOver).length).toBe(1);
});

it('a stop waits for what was asked in full, ahead of time or not, and for nothing else [proxy-drains]', async () => {
  await using server = await openFrontServer({ serve: () => undefined });
  const client = await server.open();
  client.send(get('/1') + get('/2'));
  const half = await server.open();
  half.send('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{');
  await expect.poll(() => server.served.length).toBe(2);
  let isDrained = false;
  const drained = server.front.drained(60_000).then(() => (isDrained = true));
  const of = (url: string) => server.served.find(({ req }) => req.url === url);
  ok(of('/1')!);
  await expect.poll(() => of('/2')).toBeDefined();
  expect(isDrained).toBe(false);
  ok(of('/2')!);
  await drained;
});
