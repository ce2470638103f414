import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

/** A request as an upstream got it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The client closed before the answer was complete. */
  aborted: boolean;
}

export interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly received: ReceivedRequest[];
  readonly connections: number;
}

/** Answers a request; `body` is whole. */
export type Answer = (res: ServerResponse, received: ReceivedRequest) => void;

/** A real HTTP server on a loopback socket that answers as the test says. */
export async function openUpstream(answer: Answer): Promise<Upstream> {
  const received: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer((req: IncomingMessage, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const request: ReceivedRequest = {
        method: req.method ?? '',
        url: req.url ?? '',
        headers: req.headers,
        rawHeaders: req.rawHeaders,
        body: Buffer.concat(chunks),
        aborted: false,
      };
      res.on('close', () => {
        request.aborted = !res.writableFinished;
      });
      received.push(request);
      answer(res, request);
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String(portOf(server.address()))}/mcp`,
    received,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A TCP server that speaks what the test says once a request's head and `Content-Length` body are there. */
export async function openRawUpstream(answer: (socket: Socket) => void): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createTcpServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (head === -1 || text.length < head + 4 + length) return;
      text = '';
      answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String(portOf(server.address()))}/mcp`,
    received: [],
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers every request with a JSON-RPC result that carries the request's id. */
export const echoJson: Answer = (res, { body }) => {
  const { id, method } = parseCall(body);
  if (id === undefined) {
    res.writeHead(202).end();
    return;
  }
  const text = JSON.stringify({ jsonrpc: '2.0', id, result: { method } });
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }).end(text);
};

export function parseCall(body: Buffer): { id?: string | number; method?: string; params?: Record<string, unknown> } {
  return JSON.parse(body.toString('utf8')) as ReturnType<typeof parseCall>;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('not an IP socket');
  return address.port;
}
