import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { errorCode } from '../src/errors/errorCode.ts';
import { stopListening } from '../src/stopListening.ts';

async function openEcho(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** @returns what comes back, or why nothing does */
async function echoed(socket: Socket): Promise<string> {
  try {
    socket.end('hello');
    return String(Buffer.concat(await socket.toArray()));
  } catch (error) {
    return String(errorCode(error));
  }
}

it('who waits to be accepted is still served, who comes later is refused [ops-rolling]', async () => {
  const server = await openEcho();
  const port = portOf(server);
  const waiting = Array.from({ length: 40 }, () => connect(port, '127.0.0.1'));
  const answers = Promise.all(waiting.map(echoed));
  // Sockets connect in this turn, and this server accepts in a later one.
  const tick = Promise.withResolvers<undefined>();
  process.nextTick(tick.resolve);
  await tick.promise;
  await stopListening(server);
  expect(await answers).toEqual(Array.from(waiting, () => 'hello'));
  expect(await echoed(connect(port, '127.0.0.1'))).toBe('ECONNREFUSED');
});

it('closes at once, with its connections left open, where nobody comes [ops-rolling]', async () => {
  const server = await openEcho();
  const open = connect(portOf(server), '127.0.0.1');
  await once(server, 'connection');
  await stopListening(server);
  expect(server.listening).toBe(false);
  expect(await echoed(open)).toBe('hello');
  await stopListening(server);
});
