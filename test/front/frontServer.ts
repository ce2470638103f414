import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createFront, type Front } from '../../src/front/front.ts';
import { frontLimits, type FrontLimits } from '../../src/front/limits.ts';
import { createLogger, type Logger } from '../../src/logging/logger.ts';

/** The front on a real socket, with answers as the test gives them and a clock that it moves on. */
export interface FrontServer extends AsyncDisposable {
  readonly front: Front;
  readonly url: string;
  /** What has been served so far. */
  readonly served: readonly ServerResponse[];
  advance(ms: number): void;
  /** Connects, from one of the loopback addresses. */
  open(from?: string): Promise<Client>;
}

export interface Client {
  readonly socket: Socket;
  /** What has come so far. */
  readonly text: string;
  /** The connection is over, in whichever way. */
  readonly isOver: boolean;
  send(text: string): void;
}

export const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

export async function openFrontServer(options: {
  serve: (req: IncomingMessage, res: ServerResponse, front: Front) => void;
  limits?: Partial<FrontLimits>;
  logger?: Logger;
}): Promise<FrontServer> {
  const served: ServerResponse[] = [];
  const clients: Socket[] = [];
  let now = 1;
  const front: Front = createFront({
    serve(req, res) {
      served.push(res);
      options.serve(req, res, front);
    },
    limits: { ...frontLimits(), sweepMs: 1, ...options.limits },
    clock: () => now,
    logger: options.logger ?? createLogger('silent'),
  });
  front.server.listen(0, '127.0.0.1');
  await once(front.server, 'listening');
  const { port } = front.server.address() as AddressInfo;
  return {
    front,
    url: `http://127.0.0.1:${port}`,
    served,
    advance(ms) {
      now += ms;
    },
    async open(from = '127.0.0.1') {
      const socket = connect({ port, host: '127.0.0.1', localAddress: from });
      clients.push(socket);
      let text = '';
      let isOver = false;
      socket.setEncoding('latin1');
      socket.on('data', (chunk: string) => (text += chunk));
      socket.on('error', () => undefined);
      socket.on('end', () => (isOver = true));
      socket.on('close', () => (isOver = true));
      await once(socket, 'connect');
      return {
        socket,
        get text() {
          return text;
        },
        get isOver() {
          return isOver;
        },
        send: (bytes) => void socket.write(bytes),
      };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of clients) socket.destroy();
      front[Symbol.dispose]();
      front.server.closeAllConnections();
      front.server.close();
      await once(front.server, 'close');
    },
  };
}
