import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { ask, messagesOf, modern, type AskOptions, type WholeAnswer } from '../client.ts';
import { openGateway, type TestGateway, type TestGatewayOptions } from '../gateway.ts';
import { openUpstream, parseCall, type Answer, type Upstream } from '../upstream.ts';

type Headers = NonNullable<AskOptions['headers']>;

/** A gateway with servers that a test adds. */
export interface AggregateWorld extends AsyncDisposable {
  readonly gateway: TestGateway;
  /** Starts a server. */
  add(name: string, answer: Answer, changes?: Partial<LiveServer>): Promise<Upstream>;
}

export async function aggregateWorld(options: TestGatewayOptions = {}): Promise<AggregateWorld> {
  const opened = new AsyncDisposableStack();
  const gateway = opened.use(await openGateway({ ...options, limits: { drainMs: 0, ...options.limits } }));
  return {
    gateway,
    async add(name, answer, changes) {
      const upstream = opened.use(await openUpstream(answer));
      gateway.servers.set(name, upstream.url, changes);
      return upstream;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** What a test server offers, and what it answers besides. */
export interface Offer {
  readonly era?: 'legacy' | 'modern';
  readonly tools?: readonly string[];
  readonly capabilities?: JsonObject;
  readonly answers?: Readonly<Record<string, Answer>>;
}

/** A server of one era. A call of a tool is answered with the name of the tool, as the server got it. */
export function server({ era = 'legacy', tools = [], capabilities = { tools: {} }, answers = {} }: Offer): Answer {
  let sessions = 0;
  return (res, received) => {
    const message = received.body.length === 0 ? {} : parseCall(received.body);
    const { id, method = received.method, params } = message;
    const answer = answers[received.method === 'POST' ? method : received.method];
    if (answer !== undefined) answer(res, received);
    else if (received.method === 'DELETE') res.writeHead(204).end();
    else if (received.method === 'GET') res.writeHead(405).end();
    else if (id === undefined || message.method === undefined) res.writeHead(202).end();
    else if (method === 'initialize' && era === 'legacy') {
      const result = { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'own', version: '9' } };
      reply(res, id, { result }, { 'Mcp-Session-Id': `own-${String(++sessions)}` });
    } else if (method === 'server/discover' && era === 'modern') {
      const result = { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities, ttlMs: 0 };
      reply(res, id, { result: { ...result, cacheScope: 'private' } });
    } else if (method === 'tools/list') {
      const items = tools.map((name) => ({ name, inputSchema: { type: 'object' } }));
      reply(res, id, { result: { resultType: 'complete', tools: items, ttlMs: 0, cacheScope: 'public' } });
    } else if (method === 'tools/call') {
      const text = String(params?.['name']);
      reply(res, id, { result: { resultType: 'complete', content: [{ type: 'text', text }] } });
    } else {
      const status = era === 'modern' ? 404 : method === 'server/discover' ? 400 : 200;
      res.writeHead(status, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } }));
    }
  };
}

export function reply(
  res: Parameters<Answer>[0],
  id: unknown,
  outcome: object,
  headers: Record<string, string> = {},
): void {
  res.writeHead(200, { 'Content-Type': 'application/json', ...headers });
  res.end(JSON.stringify({ jsonrpc: '2.0', id, ...outcome }));
}

/** A client of the aggregate, of one era. */
export interface AggregateClient {
  readonly headers: Headers;
  /** Asks, and gives the answer's message and all that came before it. */
  ask(method: string, params?: Record<string, unknown>, headers?: Headers): Promise<Answered>;
  send(message: object): Promise<WholeAnswer>;
}

export interface Answered {
  readonly status: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> };
  readonly before: readonly unknown[];
  readonly text: string;
}

/** Begins to use the aggregate; `query` narrows it. */
export async function client(
  gateway: Pick<TestGateway, 'url'>,
  era: 'legacy' | 'modern',
  { query = '', token = 'good', capabilities = {}, protocolVersion = '2025-11-25' } = {},
): Promise<AggregateClient> {
  const path = `/mcp${query}`;
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  if (era === 'legacy') {
    const params = { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
    const begun = await ask(gateway, path, { headers, body });
    const session = begun.headers['mcp-session-id'];
    if (typeof session !== 'string') throw new Error(`no session: ${begun.text}`);
    headers['mcp-session-id'] = session;
  }
  return {
    headers,
    async ask(method, params = {}, more = {}) {
      const id = 7;
      if (era === 'legacy') {
        const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
        return answeredOf(await ask(gateway, path, { headers: { ...headers, ...more }, body }), id);
      }
      const request = modern(method, params, id, { 'io.modelcontextprotocol/clientCapabilities': capabilities });
      const all = { ...headers, ...request.headers, ...more };
      return answeredOf(await ask(gateway, path, { headers: all, body: JSON.stringify(request.message) }), id);
    },
    send: (message) => ask(gateway, path, { headers, body: JSON.stringify(message) }),
  };
}

export function answeredOf({ status, text, headers }: WholeAnswer, id: unknown): Answered {
  const messages =
    headers['content-type']?.startsWith('text/event-stream') === true
      ? messagesOf(text)
      : [JSON.parse(text) as unknown];
  const last = messages.at(-1) as Partial<Answered> & { id?: unknown };
  if (last.id !== id) throw new Error(`another answer: ${text}`);
  return { ...last, status, before: messages.slice(0, -1), text };
}

export const namesOf = ({ result }: Answered, member = 'tools'): unknown[] =>
  (result?.[member] as { name: unknown }[]).map(({ name }) => name);

export const textOf = ({ result }: Answered): unknown => (result?.['content'] as { text: unknown }[])[0]?.text;
