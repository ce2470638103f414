import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import { openUpstream } from '../../../src/upstream/open.ts';
import { createUpstreamAgents } from '../../../src/upstream/http/agents.ts';
import { heapBytes } from '../../support/heapBytes.ts';
import { ask, messagesOf, open, until } from '../client.ts';
import type { TestGateway } from '../gateway.ts';
import { parseCall, type Answer, type ReceivedRequest } from '../upstream.ts';
import { counted } from './countedUpstream.ts';
import { aggregateWorld, client, reply, server, textOf, type AggregateClient } from './world.ts';

/** Longer than a client that works needs to come back. */
const SOON_MS = 11_000;
const IDLE_MS = 31 * 60_000;
const SESSIONS = 500;
/** What an idle session may hold that has called a tool. */
const HELD_BYTES = 2_048;

const CLIENT = { clientInfo: { name: 'metamcp', version: '1' }, capabilities: {} };

/** The server `a` with everything that a session may have set there, and what it got. */
async function parkedWorld() {
  const opened = new AsyncDisposableStack();
  const agents = opened.use(createUpstreamAgents());
  let parked = 0;
  const world = opened.use(
    await aggregateWorld({
      // A second server, which shows when the session is parked.
      openStdio: async ({ server: at, client: facts, ...rest }) => {
        const options = { agents, client: { ...CLIENT, ...facts }, ...rest };
        return counted(await openUpstream({ ...at, transport: 'http' }, options), () => parked++);
      },
    }),
  );
  const { gateway } = world;
  const streams: ServerResponse[] = [];
  const forgotten = new Set<string>();
  let onCall: (() => void) | undefined;
  const empty: Answer = (res, { body }) => reply(res, parseCall(body).id, { result: {} });
  const a = await world.add(
    'a',
    server({
      tools: ['x'],
      capabilities: { tools: {}, logging: {}, resources: { subscribe: true } },
      answers: {
        'resources/list': (res, { body }) =>
          reply(res, parseCall(body).id, { result: { resources: [{ uri: 'db://a', name: 'a' }] } }),
        'tools/call': (res, { body, headers }) => {
          const { id, params } = parseCall(body);
          const result = { content: [{ type: 'text', text: 'x' }] };
          const stream = `id: 7\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`;
          if (forgotten.has(String(headers['mcp-session-id']))) res.writeHead(404).end();
          else if (onCall !== undefined) onCall();
          else if (params?.['arguments'] === undefined) reply(res, id, { result });
          else res.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream);
        },
        'resources/subscribe': empty,
        'resources/unsubscribe': empty,
        'logging/setLevel': empty,
        GET: (res) => {
          res.writeHead(200, { 'content-type': 'text/event-stream' });
          // What happened while nobody listened.
          res.write(`data: ${UPDATED}\n\n`);
          streams.push(res);
        },
      },
    }),
  );
  await world.add('probe', server({ tools: ['x'] }), { transport: 'stdio' });
  const me = await client(gateway, 'legacy');
  const of = (method: string): ReceivedRequest[] =>
    a.received.filter(({ body, method: verb }) =>
      body.length === 0 ? verb === method : parseCall(body).method === method,
    );
  return {
    gateway,
    a,
    me,
    streams,
    /** The server knows a session no more. */
    forget: (session: string) => forgotten.add(session),
    /** Calls at the server have no answer from now on; settles with the first one. */
    hold: () => new Promise<void>((resolve) => (onCall = resolve)),
    of,
    sessionsOf: (method: string) => of(method).map(({ headers }) => headers['mcp-session-id']),
    /** Lets the session be idle until it is parked. */
    async park() {
      await me.ask('tools/call', { name: 'probe__x' });
      const before = parked;
      await until(() => {
        gateway.advance(SOON_MS);
        return parked > before;
      }, 'it is parked');
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

const UPDATED = JSON.stringify({
  jsonrpc: '2.0',
  method: 'notifications/resources/updated',
  params: { uri: 'db://a' },
});

describe('a session of /mcp that has called tools, once it is idle', () => {
  test('holds 2 KB at most [aggregate-sessions-parked]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    const a = await world.add('a', server({ tools: ['x'] }));
    const clients: AggregateClient[] = [];
    /** A few at a time: connections take memory, too. */
    const forAll = async (work: (one: AggregateClient) => Promise<unknown>): Promise<void> => {
      for (let at = 0; at < SESSIONS; at += 20) await Promise.all(clients.slice(at, at + 20).map(work));
    };
    const use = async (one: AggregateClient): Promise<void> => {
      expect(textOf(await one.ask('tools/call', { name: 'a__x' }))).toBe('x');
    };
    const held = (): number => {
      a.received.length = 0;
      gateway.events.length = 0;
      return heapBytes();
    };
    while (clients.length < SESSIONS) clients.push(await client(gateway, 'legacy'));
    await forAll(use);
    gateway.advance(IDLE_MS);
    await until(() => gateway.register.size === 0, 'they are over');
    // What the clients of this test hold, and what is made once: code, connections, pools.
    const without = held();
    await forAll(use);
    gateway.advance(SOON_MS);
    await expect.poll(held, { timeout: 60_000 }).toBeLessThan(without + SESSIONS * HELD_BYTES);
    expect(gateway.register.size).toBe(SESSIONS);
  });

  test('keeps its session at the server, the level and what it watches there, until it ends [aggregate-sessions-parked]', async () => {
    await using world = await parkedWorld();
    const { me, park, of, sessionsOf, gateway } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await me.ask('logging/setLevel', { level: 'debug' });
    await me.ask('resources/subscribe', { uri: 'db://a' });
    await park();
    const begun = of('initialize').length;
    const [session] = sessionsOf('tools/call');
    expect(session).toMatch(/^own-/);
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('x');
    await park();
    await me.ask('logging/setLevel', { level: 'error' });
    await park();
    await me.ask('resources/unsubscribe', { uri: 'db://a' });
    for (const method of ['tools/call', 'logging/setLevel', 'resources/unsubscribe']) {
      expect(new Set(sessionsOf(method))).toEqual(new Set([session]));
    }
    expect(of('resources/subscribe')).toHaveLength(1);
    expect(of('logging/setLevel')).toHaveLength(2);
    await park();
    expect((await ask(gateway, '/mcp', { method: 'DELETE', headers: me.headers })).status).toBe(200);
    expect(sessionsOf('DELETE').filter((id) => id === session)).toEqual([session]);
    expect(of('initialize')).toHaveLength(begun);
    await until(() => gateway.register.size === 0, 'nothing is held');
  });

  test('gets what its server sent meanwhile, on the stream that it opens then [aggregate-sessions-parked]', async () => {
    await using world = await parkedWorld();
    const { me, park, gateway, streams, sessionsOf } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await me.ask('resources/subscribe', { uri: 'db://a' });
    await park();
    const stream = await open(gateway, '/mcp', { method: 'GET', headers: me.headers });
    await until(() => messagesOf(stream.text).length === 1, 'what happened meanwhile');
    expect(sessionsOf('GET')).toEqual([sessionsOf('resources/subscribe')[0]]);
    // Who listens is not idle.
    gateway.advance(SOON_MS);
    streams[0]?.write(`data: ${UPDATED}\n\n`);
    await until(() => messagesOf(stream.text).length === 2, 'what happens now');
    expect(messagesOf(stream.text)).toEqual([JSON.parse(UPDATED), JSON.parse(UPDATED)]);
    stream.abort();
    await stream.ended;
    await park();
    await me.ask('tools/call', { name: 'a__x' });
    expect(new Set(sessionsOf('tools/call')).size).toBe(1);
  });

  test.each([
    ['its idle time', (gateway: TestGateway) => gateway.advance(IDLE_MS)],
    ['the end of its key', (gateway: TestGateway) => gateway.keys.revoke({ keyId: 'key-of-good' })],
  ] as const)('ends at its servers with %s [aggregate-sessions-parked]', async (_name, end) => {
    await using world = await parkedWorld();
    const { me, park, gateway, sessionsOf } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await park();
    end(gateway);
    await until(() => gateway.register.size === 0, 'nothing is held');
    expect(sessionsOf('DELETE')).toContain(sessionsOf('tools/call')[0]);
  });

  test('goes on when servers beside it change, and ends where its server changes or goes away [aggregate-sessions-parked]', async () => {
    await using world = await parkedWorld();
    const { me, park, gateway, of, sessionsOf, a } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await park();
    const [session] = sessionsOf('tools/call');
    gateway.servers.set('b', a.url);
    gateway.servers.remove('b');
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('x');
    expect(sessionsOf('tools/call')).toEqual([session, session]);
    await park();
    // Its headers, its place, …: another revision knows nothing of the session.
    gateway.servers.set('a', a.url);
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('x');
    const [, , other] = sessionsOf('tools/call');
    expect(other).not.toBe(session);
    await park();
    const asked = of('tools/call').length;
    gateway.servers.remove('a');
    expect(await me.ask('tools/call', { name: 'a__x' })).toMatchObject({ error: { code: -32_602 } });
    expect(of('tools/call')).toHaveLength(asked);
  });

  test('ends at a server that its key may not use any more [aggregate-sessions-parked]', async () => {
    await using world = await parkedWorld();
    const { me, park, gateway, sessionsOf } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await park();
    const [session] = sessionsOf('tools/call');
    gateway.keys.change({ keyId: 'key-of-good' }, { grants: compileGrants(['probe']) });
    await until(() => sessionsOf('DELETE').includes(session), 'the session is ended there');
    gateway.keys.change({ keyId: 'key-of-good' }, { grants: compileGrants(['*']) });
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('x');
    expect(sessionsOf('tools/call')[1]).not.toBe(session);
  });

  test('begins another session at a server that has forgotten its own, with what it had set there [aggregate-sessions-parked] [proxy-session-lost-state]', async () => {
    await using world = await parkedWorld();
    const { me, park, sessionsOf, forget } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await me.ask('logging/setLevel', { level: 'error' });
    await me.ask('resources/subscribe', { uri: 'db://a' });
    await park();
    const [session] = sessionsOf('tools/call');
    forget(String(session));
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('x');
    const now = sessionsOf('tools/call').at(-1);
    expect(now).not.toBe(session);
    expect(sessionsOf('resources/subscribe')).toEqual([session, now]);
    expect(sessionsOf('logging/setLevel')).toEqual([session, now]);
  });

  test('gives an answer whose stream broke off to its client that comes back then [aggregate-sessions-parked] [mcp-resume-last-event-id]', async () => {
    await using world = await parkedWorld();
    const { me, park, gateway, sessionsOf, streams } = world;
    await me.ask('tools/call', { name: 'a__x' });
    const { text } = await me.ask('tools/call', { name: 'a__x', arguments: {} });
    await park();
    // The event is of the server, in its session there: only that knows it.
    const [, event = ''] = /^id: (.+)$/m.exec(text) ?? [];
    const rest = open(gateway, '/mcp', { method: 'GET', headers: { ...me.headers, 'last-event-id': event } });
    await until(() => streams.length === 1, 'the server is asked for the rest');
    expect(sessionsOf('GET')).toEqual([sessionsOf('tools/call')[0]]);
    streams[0]?.end();
    expect((await rest).status).toBe(200);
  });

  test('may be ended while it is parked, and while a call runs after that [aggregate-sessions-parked]', async () => {
    await using world = await parkedWorld();
    const { me, park, gateway, sessionsOf, hold } = world;
    await me.ask('tools/call', { name: 'a__x' });
    await park();
    const running = hold();
    const body = JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'a__x' } });
    const gone = new AbortController();
    const headers = {
      ...(me.headers as Record<string, string>),
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const called = fetch(`${gateway.url}/mcp`, { method: 'POST', headers, body, signal: gone.signal });
    called.catch(() => undefined);
    await running;
    gateway.advance(SOON_MS);
    expect((await ask(gateway, '/mcp', { method: 'DELETE', headers: me.headers })).status).toBe(200);
    gone.abort();
    await until(() => gateway.register.size === 0, 'nothing is held');
    const [session] = sessionsOf('tools/call');
    expect(sessionsOf('DELETE').filter((id) => id === session)).toEqual([session]);
    expect((await me.send({ jsonrpc: '2.0', id: 1, method: 'ping' })).status).toBe(404);
  });
});
