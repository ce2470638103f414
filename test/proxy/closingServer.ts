import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../faults/random.ts';

/** What the server does with a connection around one request: `answer` sends the answer. */
export type Closing = (exchange: {
  readonly socket: Socket;
  /** The method, or the verb, and the id. */
  readonly key: string;
  /** Requests that this connection has brought, this one included. */
  readonly nth: number;
  readonly answer: () => void;
}) => void | Promise<void>;

export interface ClosingServer extends AsyncDisposable {
  readonly url: string;
  /** How often each request has arrived whole, by its method and id. */
  readonly arrivals: ReadonlyMap<string, number>;
  readonly connections: number;
}

/** Closes `ms` after each answer, without `Connection: close` before. */
export const afterAnswer =
  (ms: () => number): Closing =>
  async ({ socket, answer }) => {
    answer();
    const pause = ms();
    if (pause > 0) await wait(pause);
    socket.end();
  };

/** Resets `ms` after each answer. */
export const resetAfterAnswer =
  (ms: () => number): Closing =>
  async ({ socket, answer }) => {
    answer();
    await wait(ms());
    socket.resetAndDestroy();
  };

/** Closes a connection that was idle for so long, without a hint. */
export const whenIdle =
  (ms: number): Closing =>
  ({ socket, nth, answer }) => {
    answer();
    socket.setTimeout(ms);
    if (nth === 1) socket.on('timeout', () => socket.end());
  };

/** Closes after so many answers. */
export const afterRequests =
  (count: number): Closing =>
  ({ socket, nth, answer }) => {
    answer();
    if (nth >= count) socket.end();
  };

/** Closes at random, before or after it answers, by FIN or RST. */
export const atRandom =
  (random: Random, share: number): Closing =>
  ({ socket, answer }) => {
    const close = () => (random.chance(0.5) ? socket.end() : socket.resetAndDestroy());
    if (!random.chance(share)) answer();
    else if (random.chance(0.5)) close();
    else {
      answer();
      close();
    }
  };

/** A legacy MCP server that speaks HTTP/1.1 itself, counts what arrives, and closes connections unannounced. */
export async function openClosingServer(closing: Closing): Promise<ClosingServer> {
  const arrivals = new Map<string, number>();
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    let nth = 0;
    let pending = Buffer.alloc(0);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (socket.writableEnded) return;
      pending = Buffer.concat([pending, chunk]);
      const head = pending.indexOf('\r\n\r\n');
      if (head === -1) return;
      const text = pending.toString('latin1', 0, head);
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (pending.length < head + 4 + length) return;
      const body = pending.toString('utf8', head + 4, head + 4 + length);
      pending = pending.subarray(head + 4 + length);
      const verb = text.slice(0, text.indexOf(' '));
      const { id, method } = (body === '' ? {} : JSON.parse(body)) as { id?: unknown; method?: string };
      const key = `${method ?? verb} ${String(id)}`;
      arrivals.set(key, (arrivals.get(key) ?? 0) + 1);
      nth += 1;
      socket.setTimeout(0);
      void closing({ socket, key, nth, answer: () => socket.write(answerTo(verb, id, method)) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/mcp`,
    arrivals,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answerTo(verb: string, id: unknown, method: string | undefined): string {
  if (verb === 'GET') return 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n';
  if (id === undefined) return 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n';
  const body = JSON.stringify({ jsonrpc: '2.0', id, result: resultOf(method) });
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`;
}

/** What its tools say of being called twice. */
const TOOLS = [
  { name: 'add' },
  { name: 'set', annotations: { idempotentHint: true } },
  { name: 'read', annotations: { readOnlyHint: true } },
  { name: 'lies', annotations: { idempotentHint: 'true', readOnlyHint: false } },
];

function resultOf(method: string | undefined): object {
  if (method === 'tools/list') return { tools: TOOLS.map((tool) => ({ ...tool, inputSchema: { type: 'object' } })) };
  if (method !== 'initialize') return { content: [] };
  return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'closing', version: '1' } };
}
