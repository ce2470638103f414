import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { z } from 'zod';
import type { AnswerCase, Redirect } from './answerCase.ts';
import { requestReader, type HttpRequest } from './requestReader.ts';
import { RESULT, wireOf } from './wire.ts';

/** What one case has seen at the server. */
export interface Seen {
  /** The question of the case arrived, so often. */
  questions: number;
  /** Cancellations that arrived. */
  cancelled: number;
  /** All bytes of the answer have been handed to the network, and it was ended as the case says. */
  answered: Promise<unknown>;
  /** Connections of the case that are open. */
  readonly connections: ReadonlySet<Socket>;
}

/** A server that speaks TCP and answers each case, at a path of its own, with exactly the bytes and the end that it describes. */
export interface AnswerServer extends AsyncDisposable {
  /** Opens a path for a case and returns its URL. */
  open(of: AnswerCase): { readonly url: string; readonly seen: Seen };
}

/** The id of a question that precedes the one of the case on the same connection, and of one that follows it. */
export const BEFORE = 'before';
export const AFTER = 'after';

const messageSchema = z.object({ id: z.union([z.string(), z.number()]).optional(), method: z.string().optional() });
type Message = z.infer<typeof messageSchema>;

interface Open {
  readonly of: AnswerCase;
  readonly seen: Seen & { readonly connections: Set<Socket> };
  readonly settle: () => void;
}

const HANDSHAKE: ReadonlySet<string> = new Set(['initialize', 'notifications/initialized', 'server/discover']);

/** Starts the server: two listeners, so that there is another origin to redirect to. */
export async function startAnswerServer(): Promise<AnswerServer> {
  const cases = new Map<string, Open>();
  const sockets = new Set<Socket>();
  /** Connections that end with the next request. */
  const doomed = new Map<Socket, 'reset-on-reuse' | 'closed-on-reuse'>();

  function accept(socket: Socket): void {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      doomed.delete(socket);
    });
    const read = requestReader((request) => {
      const [, name = '', hop] = /^\/([^/?]+)(?:\/r(\d+))?/.exec(request.path) ?? [];
      const open = cases.get(name);
      if (open === undefined || doomed.has(socket)) {
        if (open !== undefined && isQuestion(open.of, request)) open.seen.questions++;
        if (doomed.get(socket) === 'closed-on-reuse') socket.end();
        else socket.resetAndDestroy();
        open?.settle();
        return;
      }
      const { connections } = open.seen;
      if (!connections.has(socket)) socket.once('close', () => connections.delete(socket));
      connections.add(socket);
      void answer(socket, request, open, Number(hop ?? 0), name);
    });
    socket.on('data', read);
  }

  async function answer(socket: Socket, request: HttpRequest, open: Open, hop: number, name: string): Promise<void> {
    const { of, seen } = open;
    const messages = messagesOf(request);
    const [first] = messages;
    if (first?.method === 'notifications/cancelled') {
      seen.cancelled++;
      await send(socket, [Buffer.from(ACCEPTED)]);
      return;
    }
    if (!isQuestion(of, request)) {
      await answerPlainly(socket, of, request);
      if (hop > 0) open.settle();
      const precedes = first?.id === BEFORE || first?.method === 'initialize';
      if (precedes && of.before === 'closed') socket.end();
      if (precedes && (of.before === 'reset-on-reuse' || of.before === 'closed-on-reuse'))
        doomed.set(socket, of.before);
      return;
    }
    const redirect = of.redirects[hop];
    if (redirect !== undefined) {
      const location = locationOf(redirect, name, hop, { near: originOf(near), far: originOf(far) });
      await send(socket, [Buffer.from(redirectHead(redirect.status, location))]);
      return;
    }
    seen.questions++;
    const wire = wireOf(
      of,
      messages.flatMap(({ id, method }) => (id === undefined || method === undefined ? [] : [id])),
    );
    await send(socket, wire.pieces);
    if (!wire.whole && of.by === 'rst') socket.resetAndDestroy();
    else if (wire.whole ? of.framing === 'close' || of.after !== 'kept' : of.by === 'fin') socket.end();
    open.settle();
  }

  const [near, far] = [createServer(accept), createServer(accept)];
  for (const server of [near, far]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  let last = 0;
  return {
    open(of) {
      const name = `c${++last}`;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const seen = { questions: 0, cancelled: 0, answered: promise, connections: new Set<Socket>() };
      cases.set(name, { of, seen, settle: () => resolve(undefined) });
      return { url: `${originOf(near)}/${name}`, seen };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([near, far].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

const ACCEPTED = 'HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n';

const NOT_OFFERED = 'HTTP/1.1 405 Method Not Allowed\r\nAllow: POST\r\nContent-Length: 0\r\n\r\n';

/** Answers what is no question of a case: as a server does that has nothing special about it. */
async function answerPlainly(socket: Socket, of: AnswerCase, request: HttpRequest): Promise<void> {
  const { id, method } = messagesOf(request)[0] ?? {};
  if (request.verb !== 'POST') await send(socket, [Buffer.from(NOT_OFFERED)]);
  else if (id === undefined) await send(socket, [Buffer.from(ACCEPTED)]);
  else {
    const body = JSON.stringify({ jsonrpc: '2.0', id, result: plainResult(method) });
    const session = method === 'initialize' && of.session ? 'Mcp-Session-Id: of-the-server\r\n' : '';
    const close = of.before === 'fresh' && id !== AFTER;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${session}Content-Length: ${Buffer.byteLength(body)}\r\n`;
    await send(socket, [Buffer.from(`${head}${close ? 'Connection: close\r\n' : ''}\r\n${body}`)]);
    if (close) socket.end();
  }
}

function plainResult(method: string | undefined): object {
  const serverInfo = { name: 'answers', version: '1' };
  if (method === 'initialize') return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
  if (method === 'server/discover') {
    return {
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      resultType: 'complete',
      ttlMs: 0,
      cacheScope: 'private',
    };
  }
  return RESULT;
}

/** Tells whether a request is the one that the case is about. */
function isQuestion(of: AnswerCase, request: HttpRequest): boolean {
  if (request.verb !== verbOf(of)) return false;
  const isAside = ({ id, method }: Message): boolean =>
    id === BEFORE || id === AFTER || (of.kind === 'request' ? method !== of.method : HANDSHAKE.has(method ?? ''));
  return !messagesOf(request).some(isAside);
}

function messagesOf({ body }: HttpRequest): Message[] {
  if (body === '') return [];
  const value: unknown = JSON.parse(body);
  return z.array(messageSchema).parse(Array.isArray(value) ? value : [value]);
}

function verbOf({ kind }: AnswerCase): string {
  return kind === 'get' ? 'GET' : kind === 'delete' ? 'DELETE' : 'POST';
}

/** Writes where a redirect leads: the hops of a case are `/name`, `/name/r1`, `/name/r2` and so on. */
function locationOf(
  { to }: Redirect,
  name: string,
  hop: number,
  origins: { near: string; far: string },
): string | undefined {
  const here = hop === 0 ? `/${name}` : `/${name}/r${hop}`;
  const next = `/${name}/r${hop + 1}`;
  switch (to) {
    case 'relative':
      return hop === 0 ? `${name}/r1` : `r${hop + 1}`;
    case 'path':
      return next;
    case 'absolute':
      return origins.near + next;
    case 'other-origin':
      return origins.far + next;
    case 'loop':
      return here;
    case 'nowhere':
      return undefined;
  }
}

function redirectHead(status: number, location: string | undefined): string {
  const to = location === undefined ? '' : `Location: ${location}\r\n`;
  return `HTTP/1.1 ${status} Moved\r\n${to}Content-Length: 0\r\n\r\n`;
}

async function send(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
    if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

function originOf(server: Server): string {
  // A TCP server's address is an object.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
