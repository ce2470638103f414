import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createApi } from '../../src/api/app.ts';
import type { Answer, ApiRequest, Route } from '../../src/api/route.ts';
import { createCallRegister, type CallRegister } from '../../src/calls/callRegister.ts';
import type { AppError } from '../../src/errors/appError.ts';
import { FrontResponse } from '../../src/front/frontResponse.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { MemoryKeys, MemoryServers } from '../calls/memory.ts';
import { createInvalidationsByHand } from '../live/invalidationsByHand.ts';

/** The largest body of a key, in bytes. */
export const MAX_BYTES = 100_000;
/** A key's room for bodies that are under way, in bytes. */
const ROOM_BYTES = 150_000;

export interface Answered {
  readonly status: number;
  readonly code: string | undefined;
  readonly head: string;
}

export const JSON_TYPE = 'Content-Type: application/json';
/** Writes chunks (RFC 9112, 7.1) without the last one. */
export const chunked = (pieces: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(
    pieces
      .map(Buffer.from)
      .flatMap((piece) => [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
  );
export const LAST_CHUNK = '0\r\n\r\n';

export const OK = { status: 200, code: undefined };

/** An API with three routes that take bodies, on a real socket, for clients that write byte by byte. */
export interface BodyServer extends AsyncDisposable {
  readonly port: number;
  readonly register: CallRegister;
  /** The codes of the refusals so far. */
  readonly refusals: string[];
  /** The bodies that the routes have got so far. */
  readonly received: unknown[];
  /** Sends a head by the key `key`. */
  open(path: string, headers: readonly string[], method?: string): Socket;
  /** Sends a body with its length. */
  send(path: string, body: Buffer | string, headers?: readonly string[], method?: string): Promise<Answered>;
  sendChunks(path: string, pieces: readonly (Buffer | string)[]): Promise<Answered>;
}

/** Starts it. Its paths are `/anyone` (public, POST), `/keys` (all methods), `/foreign` (with the foreign member `arguments`). */
export async function startBodyServer(): Promise<BodyServer> {
  const keys = new MemoryKeys();
  const logger = createLogger('silent');
  const register = createCallRegister({
    invalidations: createInvalidationsByHand().invalidations,
    keys,
    servers: new MemoryServers(),
    clock: Date.now,
    steadyClock: Date.now,
    logger,
    limits: { maxRoomBytesPerKey: ROOM_BYTES },
  });
  const refusals: string[] = [];
  const received: unknown[] = [];

  const take = ({ body }: ApiRequest): Promise<Answer> => {
    received.push(body);
    return Promise.resolve({ body: { read: body === undefined ? 'nothing' : 'a body' } });
  };
  const routes: readonly Route[] = [
    { method: 'post', path: '/anyone', access: 'public', handle: take },
    ...(['get', 'post', 'put', 'delete'] as const).map((method): Route => ({
      method,
      path: '/keys',
      access: 'mcp',
      maxBody: 'configured',
      handle: take,
    })),
    { method: 'post', path: '/foreign', access: 'mcp', maxBody: 'configured', foreign: 'arguments', handle: take },
  ];
  const server = createServer(
    { ServerResponse: FrontResponse },
    createApi({
      routes,
      authenticate: keys.authenticate,
      register,
      clock: Date.now,
      logger,
      version: '0',
      maxBodyBytes: MAX_BYTES,
      checkHost: () => undefined,
      unserved: { note: () => undefined },
      onRefused: (_req: IncomingMessage, error: AppError) => refusals.push(error.code),
    }),
  );
  keys.add('key');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function open(path: string, headers: readonly string[], method = 'POST'): Socket {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write([`${method} ${path} HTTP/1.1`, 'Host: x', 'X-API-Key: key', ...headers, '', ''].join('\r\n'));
    return socket;
  }
  return {
    port,
    register,
    refusals,
    received,
    open,
    async send(path, body, headers = [JSON_TYPE], method) {
      const bytes = Buffer.from(body);
      const socket = open(path, [...headers, `Content-Length: ${bytes.length}`], method);
      socket.write(bytes);
      return await answerOn(socket);
    },
    async sendChunks(path, pieces) {
      const socket = open(path, [JSON_TYPE, 'Transfer-Encoding: chunked']);
      socket.write(Buffer.concat([chunked(pieces), Buffer.from(LAST_CHUNK)]));
      return await answerOn(socket);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await register[Symbol.asyncDispose]();
    },
  };
}

/** Reads one answer. */
export async function answerOn(socket: Socket): Promise<Answered> {
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    if (/\r\n\r\n.*\}/s.test(text)) break;
  }
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const { code } = JSON.parse(body) as { code?: string };
  return { status: Number(head.split(' ')[1]), code, head };
}
