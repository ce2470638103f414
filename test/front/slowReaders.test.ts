import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { get, openFrontServer, type Client } from './frontServer.ts';

/** Far more than the sockets of both ends hold. */
const BIG = Buffer.alloc(32 * 1024 * 1024, 'x');

const KINDS: readonly [name: string, serve: (res: ServerResponse) => void][] = [
  ['one large answer', (res) => res.writeHead(200, { 'content-length': BIG.length }).end(BIG)],
  [
    'an answer that goes on',
    (res) => {
      const more = (): void => {
        while (!res.destroyed && res.write(BIG.subarray(0, 65_536)));
      };
      res.on('drain', more);
      more();
    },
  ],
];

/** Takes at least so many bytes, and no more than the sockets hold besides. */
async function take({ socket }: Client, bytes: number): Promise<void> {
  let taken = 0;
  const count = (chunk: string): void => void (taken += chunk.length);
  socket.on('data', count);
  socket.resume();
  await expect.poll(() => taken >= bytes, { interval: 1 }).toBe(true);
  socket.pause();
  socket.off('data', count);
}

/** Lets the front look at its connections some times. */
async function looks(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}

it.each(KINDS)('a client that takes nothing of %s is cut after a minute [front-slow-reader]', async (_name, serve) => {
  await using server = await openFrontServer({ serve: (_req, res) => serve(res) });
  const client = await server.open();
  client.socket.pause();
  client.send(get('/'));
  await expect.poll(() => server.served[0]?.socket?.writableLength ?? 0).toBeGreaterThan(0);
  await looks();
  server.advance(59_000);
  await looks();
  expect(server.served[0]?.destroyed).toBe(false);
  await expect
    .poll(() => {
      server.advance(1_000);
      return server.served[0]?.destroyed;
    })
    .toBe(true);
});

it.each(KINDS)(
  'a client that takes a byte now and then of %s is slow as well [front-slow-reader]',
  async (_name, serve) => {
    await using server = await openFrontServer({
      serve: (_req, res) => serve(res),
      limits: { minTakenBytes: 16_000_000 },
    });
    const client = await server.open();
    client.socket.pause();
    client.send(get('/'));
    await expect.poll(() => server.served[0]?.socket?.writableLength ?? 0).toBeGreaterThan(0);
    await expect
      .poll(async () => {
        // Enough for the window of TCP to open, and less than the minimum.
        if (!client.isOver && server.served[0]?.destroyed === false) await take(client, 1_000);
        server.advance(10_000);
        return server.served[0]?.destroyed;
      })
      .toBe(true);
  },
);

it.each(KINDS)('a client that takes %s slowly, but takes it, is not cut [front-slow-reader]', async (_name, serve) => {
  await using server = await openFrontServer({ serve: (_req, res) => serve(res) });
  const client = await server.open();
  client.socket.pause();
  client.send(get('/'));
  await expect.poll(() => server.served[0]?.socket?.writableLength ?? 0).toBeGreaterThan(0);
  for (let minute = 0; minute < 4; minute += 1) {
    await looks();
    await take(client, 5_000_000);
    server.advance(50_000);
    await looks();
    expect(server.served[0]?.destroyed).toBe(false);
  }
});

it('a client for whom nothing waits may be silent for as long as it likes [front-slow-reader]', async () => {
  await using server = await openFrontServer({ serve: (_req, res) => void res.writeHead(200).write('a') });
  const client = await server.open();
  client.send(get('/'));
  await expect.poll(() => client.text).toContain('a');
  server.advance(3_600_000);
  await looks();
  server.advance(3_600_000);
  await looks();
  server.served[0]!.end('b');
  await expect.poll(() => client.text).toContain('b');
});
