import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';

/** A server that answers in PostgreSQL's place, and keeps every byte that comes. */
export interface FakePostgres extends AsyncDisposable {
  readonly port: number;
  /** What clients have sent after their start-up message. */
  received(): Buffer;
  /** Resolves when the client of the first connection has gone. */
  readonly gone: Promise<unknown>;
}

/** Authentication requests (PostgreSQL documentation, "Message Formats"). */
export const REQUESTS = {
  ok: request(0),
  'clear text': request(3),
  MD5: request(5, Buffer.from('salt')),
  SCRAM: request(10, Buffer.from('SCRAM-SHA-256\0\0')),
} as const;

export const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

function request(code: number, data = Buffer.alloc(0)): Buffer {
  const message = Buffer.alloc(9);
  message.write('R');
  message.writeInt32BE(8 + data.length, 1);
  message.writeInt32BE(code, 5);
  return Buffer.concat([message, data]);
}

/** Starts a server that answers the start-up message with `answer`, and hangs up when it has heard more. */
export async function openFakePostgres(
  answer: Buffer,
  { tls, path }: { readonly tls?: TlsOptions; /** (Default: a free port) */ readonly path?: string } = {},
): Promise<FakePostgres> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const { promise: gone, resolve } = Promise.withResolvers<undefined>();
  const serve = (socket: Socket): void => {
    socket.once('data', () => {
      socket.on('data', (bytes) => {
        chunks.push(bytes);
        socket.end();
      });
      socket.write(answer);
    });
    socket.on('error', () => undefined).on('close', () => resolve(undefined));
  };
  const secure = tls === undefined ? undefined : createSecureServer(tls, serve);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    if (secure === undefined) serve(socket);
    else
      socket.once('data', () => {
        socket.write('S');
        secure.emit('connection', socket);
      });
  });
  if (path === undefined) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  return {
    port: path === undefined ? (server.address() as AddressInfo).port : 0,
    received: () => Buffer.concat(chunks),
    gone,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
