import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request as send } from 'undici';
import type { Stores } from '../src/stores/stores.ts';
import { ended } from './answerEnd.ts';
import type { GatewayReady } from './gateway.ts';
import { openSession } from './session.ts';

const CONTEXT = { actor: 'system:bench', correlationId: 'soak', causationId: 'soak' };
const CALL = { method: 'tools/call', params: { name: 'reference', arguments: { a: 1 } } };

/** What the load has done. */
export interface Done {
  /** Calls of tools that were sent, by their server. */
  readonly sent: Map<string, number>;
  /** Calls that the server which comes and goes did not answer. */
  flapped: number;
  /** Keys that were revoked while they were used. */
  revoked: number;
  streams: number;
}

export interface SoakLoad {
  readonly ready: GatewayReady;
  readonly stores: Stores;
  readonly done: Done;
  readonly signal: AbortSignal;
}

/** Puts mixed load on a gateway until the signal aborts. @throws when something is answered as it must not be */
export async function soak(load: SoakLoad): Promise<void> {
  await using dispatcher = disposable(new Agent({ connections: 64, pipelining: 1 }));
  const { apiKey, token } = load.ready;
  const ctx = { ...load, dispatcher };
  const standing = await Promise.all(Array.from({ length: 20 }, (_, n) => stream(ctx, keyAt(ctx, n))));
  const kinds: (() => Promise<void>)[] = [
    ...times(6, () => calls(ctx, 'json', { authorization: `Bearer ${token}` }, 40)),
    ...times(4, () => calls(ctx, 'sse', { authorization: `Bearer ${apiKey}` }, 40)),
    ...times(2, () => shared(ctx)),
    ...times(2, () => calls(ctx, 'flapping', { authorization: `Bearer ${apiKey}` }, 60)),
    () => programs(ctx),
    () => rest(ctx),
    () => streams(ctx),
    () => revocations(ctx),
  ];
  try {
    await Promise.all(kinds.map((kind) => kind()));
  } finally {
    for (const each of standing) each.destroy();
  }
}

interface Context extends SoakLoad {
  readonly dispatcher: Agent;
}

function times<T>(count: number, what: T): T[] {
  return Array.from({ length: count }, () => what);
}

const keyAt = ({ ready }: Context, n: number): string => ready.apiKeys[n % ready.apiKeys.length] ?? ready.apiKey;

/** Waits about so long, less when all is over. */
async function pause({ signal }: Context, ms: number): Promise<void> {
  await delay(ms * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
}

async function calls(ctx: Context, server: string, headers: Record<string, string>, pauseMs: number): Promise<void> {
  while (!ctx.signal.aborted) {
    await callOnce(ctx, server, headers);
    await pause(ctx, pauseMs);
  }
}

async function callOnce(ctx: Context, server: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const { ready, done, dispatcher } = ctx;
  done.sent.set(server, (done.sent.get(server) ?? 0) + 1);
  const { statusCode, body } = await send(`${ready.url}/mcp/${server}`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...CALL }),
  });
  const text = await body.text();
  if (statusCode === 200 && text.includes('"result"')) return;
  if (server !== 'flapping') throw new Error(`a call at ${server} was answered with ${String(statusCode)}: ${text}`);
  done.flapped += 1;
}

/** Sessions with a program of their own each, which end. */
async function programs(ctx: Context): Promise<void> {
  while (!ctx.signal.aborted) {
    await inSession(ctx, 'program', async (headers) => {
      for (let n = 0; n < 3; n += 1) await callOnce(ctx, 'program', headers);
    });
    await pause(ctx, 1_000);
  }
}

/** One session after the other with the program that all share. */
async function shared(ctx: Context): Promise<void> {
  while (!ctx.signal.aborted) {
    await inSession(ctx, 'shared', async (headers) => {
      for (let n = 0; n < 50 && !ctx.signal.aborted; n += 1) {
        await callOnce(ctx, 'shared', headers);
        await pause(ctx, 80);
      }
    });
  }
}

async function inSession(
  { ready, dispatcher }: Context,
  server: string,
  use: (headers: Record<string, string>) => Promise<void>,
): Promise<void> {
  const url = `${ready.url}/mcp/${server}`;
  const headers = await openSession(url, `Bearer ${ready.apiKey}`);
  await use(headers);
  const { statusCode, body } = await send(url, { dispatcher, method: 'DELETE', headers });
  await body.dump();
  if (statusCode >= 300) throw new Error(`the end of a session was answered with ${String(statusCode)}`);
}

const READ = [
  '/api/v1/mcp/servers',
  '/api/v1/keys',
  '/api/v1/usage?by=server',
  '/api/v1/audit/events?limit=20',
  '/health',
];

async function rest(ctx: Context): Promise<void> {
  const { ready, done, dispatcher, signal } = ctx;
  const headers = { authorization: `Bearer ${ready.adminKey}`, 'content-type': 'application/json' };
  while (!signal.aborted) {
    for (const path of READ) {
      const { statusCode, body } = await send(`${ready.url}${path}`, { dispatcher, headers });
      const text = await body.text();
      if (statusCode !== 200) throw new Error(`${path} was answered with ${String(statusCode)}: ${text}`);
    }
    done.sent.set('json', (done.sent.get('json') ?? 0) + 1);
    const { statusCode, body } = await send(`${ready.url}/api/v1/mcp/servers/json/tools/tool_1/execute`, {
      dispatcher,
      method: 'POST',
      headers,
      body: JSON.stringify({ arguments: { a: 'x' } }),
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`a tool over REST was answered with ${String(statusCode)}: ${text}`);
    await pause(ctx, 300);
  }
}

/** Streams that their clients leave. */
async function streams(ctx: Context): Promise<void> {
  for (let n = 0; !ctx.signal.aborted; n += 1) {
    const opened = await stream(ctx, keyAt(ctx, n));
    await pause(ctx, 150);
    opened.destroy();
  }
}

/** Keys that are revoked while they hold streams, and are dead then. */
async function revocations(ctx: Context): Promise<void> {
  const { stores, done, ready, signal } = ctx;
  while (!signal.aborted) {
    const { apiKey, id } = await stores.keys.create({ name: 'soaked', scopes: ['mcp'], grants: ['*'] }, CONTEXT);
    const headers = { authorization: `Bearer ${apiKey}` };
    const open = await Promise.all([stream(ctx, apiKey), stream(ctx, apiKey)]);
    const closed = open.map((each) => once(each, 'close'));
    await callOnce(ctx, 'json', headers);
    await stores.keys.inactivate(id, undefined, CONTEXT);
    await Promise.all(closed);
    const { statusCode, body } = await send(`${ready.url}/mcp/json`, {
      dispatcher: ctx.dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...CALL }),
    });
    await body.dump();
    if (statusCode !== 401) throw new Error(`a revoked key was answered with ${String(statusCode)}`);
    done.revoked += 1;
    await pause(ctx, 700);
  }
}

async function stream({ ready, done }: Context, apiKey: string): Promise<ClientRequest> {
  const headers = { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' };
  const opened = request(`${ready.url}/mcp/sse`, { agent: false, headers });
  opened.on('error', () => undefined);
  opened.end();
  const [answer] = (await once(opened, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`a stream was answered with ${String(answer.statusCode)}`);
  void ended(answer);
  done.streams += 1;
  return opened;
}

function disposable(agent: Agent): Agent & AsyncDisposable {
  return Object.assign(agent, { [Symbol.asyncDispose]: () => agent.destroy() });
}
