import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import { AnswerHeads } from '../../../src/upstream/http/client/answerHead.ts';
import { RequestHeads } from '../../../src/upstream/http/client/requestHead.ts';
import { HttpClient } from '../../../src/upstream/http/client/httpClient.ts';

/** What a server writes for a request: in these pieces, each in a turn of its own. */
export interface Script {
  readonly pieces: readonly (Buffer | string)[];
  /** It closes the connection then. */
  readonly ends: boolean;
}

/** How a client understood what a server wrote. */
export type Understood =
  | { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: string }
  | { readonly error: string };

/** Answers the path /first as the script says, and /second with the number of its connection. */
export class RawServer implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  script: Script = { pieces: [], ends: true };
  readonly #server = createServer((socket) => this.#serve(socket));

  static async start(): Promise<RawServer> {
    const server = new RawServer();
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const number = this.sockets.push(socket);
    socket.on('error', () => undefined);
    let request = '';
    socket.on('data', (bytes) => {
      request += bytes.toString('latin1');
      if (!request.endsWith('\r\n\r\n')) return;
      const isFirst = request.startsWith('GET /first ');
      request = '';
      if (isFirst) void writeAll(socket, this.script);
      else socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsocket ${number % 10}`);
    });
  }
}

async function writeAll(socket: Socket, { pieces, ends }: Script): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    await new Promise((done) => socket.write(piece, done));
    await new Promise(setImmediate);
  }
  if (ends) socket.end();
}

/** Our client, for one connection. */
export function openClient(origin: string): HttpClient & { readonly freed: () => number } {
  let freed = 0;
  const client = new HttpClient({
    origin: new URL(origin),
    connect: buildConnector({ allowH2: false, timeout: 5_000 }),
    idleMs: 5_000,
    requestHeads: new RequestHeads(new URL(origin).host),
    answerHeads: new AnswerHeads(),
    onFree: () => (freed += 1),
    onClosed: () => undefined,
  });
  return Object.assign(client, { freed: () => freed });
}

/** The client of undici, as an oracle. */
export function openOracle(origin: string): Client {
  return new Client(origin, { pipelining: 1, headersTimeout: 5_000, bodyTimeout: 5_000 });
}

/** Sends a GET, and gives what comes of it. */
export async function ask(
  client: { dispatch: (request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => unknown },
  path: string,
  onData: () => void = () => undefined,
): Promise<Understood> {
  const { promise, resolve } = Promise.withResolvers<Understood>();
  let head: { status: number; headers: Record<string, unknown> } | undefined;
  const body: Buffer[] = [];
  client.dispatch(
    { path, method: 'GET', headers: [] },
    {
      onRequestStart: () => undefined,
      onResponseStart(_controller, status, headers) {
        if (status >= 200) head = { status, headers: trimmed(headers) };
      },
      onResponseData(_controller, piece) {
        body.push(piece);
        onData();
      },
      onResponseEnd() {
        if (head !== undefined) resolve({ ...head, body: Buffer.concat(body).toString('latin1') });
      },
      onResponseError: (_controller, error) => resolve({ error: error.message }),
    },
  );
  return await promise;
}

/** White space behind a value is none of it (RFC 9112, 5.1); undici leaves it there. */
function trimmed(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, unknown> {
  const without = (value: string | string[] | undefined) =>
    Array.isArray(value) ? value.map((one) => one.trimEnd()) : value?.trimEnd();
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, without(value)]));
}
