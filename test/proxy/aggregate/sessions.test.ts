import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ask, errorOf, open as openStream, until } from '../client.ts';
import { parseCall, type Upstream } from '../upstream.ts';
import { sseServer } from './sseServer.ts';
import { aggregateWorld, answeredOf, client, namesOf, reply, server, textOf } from './world.ts';

const countOf = (upstream: Upstream, method: string): number =>
  upstream.received.filter(({ body, method: verb }) =>
    body.length === 0 ? verb === method : parseCall(body).method === method,
  ).length;

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list' });

test('a session goes on at another replica and after a restart, with the client’s capabilities [aggregate-sessions]', async () => {
  const sessionKey = randomBytes(32);
  await using first = await aggregateWorld({ sessionKey });
  await using second = await aggregateWorld({ sessionKey });
  const seen: unknown[] = [];
  const answers = {
    'tools/call': (res: Parameters<typeof reply>[0], { body }: { body: Buffer }) =>
      reply(res, parseCall(body).id, { result: { content: [{ type: 'text', text: 'here' }] } }),
  };
  const a = await first.add('a', server({ tools: ['x'] }));
  const there = await second.add('a', server({ tools: ['x'], answers }));
  const me = await client(first.gateway, 'legacy', { capabilities: { roots: { listChanged: true } } });
  expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('x');
  const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'a__x' } });
  for (const { gateway } of [second, first, second]) {
    const answered = await ask(gateway, '/mcp', { headers: me.headers, body });
    seen.push(textOf(answeredOf(answered, 7)));
  }
  expect(seen).toEqual(['here', 'x', 'here']);
  for (const upstream of [a, there]) {
    const begun = upstream.received
      .map(({ body: sent }) => sent.toString())
      .filter((sent) => sent.includes('"initialize"'));
    expect(begun.length).toBeGreaterThan(0);
    for (const sent of begun) expect(sent).toContain('"roots":{"listChanged":true}');
  }
});

test('a session that is opened anew does not make room for itself where the others are in use [aggregate-sessions-bounded]', async () => {
  const sessionKey = randomBytes(32);
  await using first = await aggregateWorld({ sessionKey });
  await using second = await aggregateWorld({ sessionKey, limits: { maxOpenAggregates: 1, maxAggregatesPerKey: 1 } });
  for (const world of [first, second]) await world.add('a', server({ tools: ['x'] }));
  const [busy, me] = [await client(first.gateway, 'legacy'), await client(first.gateway, 'legacy')];
  const stream = await openStream(second.gateway, '/mcp', { method: 'GET', headers: busy.headers });
  const answered = await ask(second.gateway, '/mcp', { headers: me.headers, body: LIST });
  expect(namesOf(answeredOf(answered, 7))).toEqual(['a__x']);
  stream.abort();
  await stream.ended;
});

test.each(['sse', 'shared', 'key'] as const)(
  'a session goes on after a restart beside a server of %s, which is opened anew, and hears that lists may be others [aggregate-sessions]',
  async (kind) => {
    const sessionKey = randomBytes(32);
    const programs = { command: 'x', args: [], env: {}, cwd: undefined };
    const open = async (own: string) => {
      const world = await aggregateWorld({ sessionKey });
      await world.add('a', server({ tools: ['x'] }));
      if (kind === 'sse') await world.add('own', sseServer(own).answer, { transport: 'sse' });
      else {
        const program = { ...programs, isolation: kind };
        await world.add('own', server({ tools: [own] }), { transport: 'stdio', program });
      }
      return world;
    };
    await using before = await open('old');
    const me = await client(before.gateway, 'legacy');
    expect(namesOf(await me.ask('tools/list'))).toEqual(['a__x', 'own__old']);
    expect(await me.ask('tools/call', { name: 'own__old' })).toHaveProperty('result');
    await using after = await open('new');
    const { gateway } = after;
    const stream = await openStream(gateway, '/mcp', { method: 'GET', headers: me.headers });
    await until(() => stream.text.includes('notifications/tools/list_changed'), 'the client hears of it');
    const listed = answeredOf(await ask(gateway, '/mcp', { headers: me.headers, body: LIST }), 7);
    expect(namesOf(listed)).toEqual(['a__x', 'own__new']);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'own__new' } });
    expect(answeredOf(await ask(gateway, '/mcp', { headers: me.headers, body }), 7)).toHaveProperty('result');
    stream.abort();
    await stream.ended;
  },
);

test('a session is its key’s and its view’s alone [aggregate-sessions] [mcp-session-bound-to-key]', async () => {
  await using world = await aggregateWorld();
  const { gateway } = world;
  await world.add('a', server({ tools: ['x'] }));
  gateway.keys.add('other');
  const me = await client(gateway, 'legacy');
  const stolen = { ...me.headers, authorization: 'Bearer other' };
  expect((await ask(gateway, '/mcp', { headers: stolen, body: LIST })).status).toBe(404);
  expect((await ask(gateway, '/mcp?servers=a', { headers: me.headers, body: LIST })).status).toBe(404);
  expect((await ask(gateway, '/mcp/a', { headers: me.headers, body: LIST })).status).toBe(404);
  const without = await ask(gateway, '/mcp', { body: LIST });
  expect([without.status, errorOf(without).code]).toEqual([400, -32_000]);
});

test('DELETE ends a session, and those that it had at servers [aggregate-sessions]', async () => {
  await using world = await aggregateWorld();
  const { gateway } = world;
  const a = await world.add('a', server({ tools: ['x'] }));
  const me = await client(gateway, 'legacy');
  await me.ask('tools/call', { name: 'a__x' });
  const ended = await ask(gateway, '/mcp', { method: 'DELETE', headers: me.headers });
  expect(ended.status).toBe(200);
  expect(countOf(a, 'DELETE')).toBe(countOf(a, 'initialize'));
  expect(gateway.register.size).toBe(0);
  expect((await ask(gateway, '/mcp', { headers: me.headers, body: LIST })).status).toBe(404);
  expect((await ask(gateway, '/mcp', { method: 'DELETE', headers: me.headers })).status).toBe(404);
});

test('500 abandoned sessions leave nothing, here and at the servers, and go on when their clients come back [aggregate-sessions-idle]', async () => {
  await using world = await aggregateWorld();
  const { gateway } = world;
  const a = await world.add('a', server({ tools: ['x'] }));
  const sessions = await Promise.all(Array.from({ length: 500 }, () => client(gateway, 'legacy')));
  await Promise.all(sessions.slice(0, 50).map((one) => one.ask('tools/call', { name: 'a__x' })));
  // What holds memory alone is forgotten soon; what holds a session at a server may hold something for its client.
  gateway.advance(11_000);
  await until(() => gateway.register.size <= 51, 'those that hold nothing');
  gateway.advance(30 * 60_000);
  await until(() => gateway.register.size === 0, 'all of them');
  expect(countOf(a, 'DELETE')).toBe(countOf(a, 'initialize'));
  expect(namesOf(await (sessions[499] ?? sessions[0])!.ask('tools/list'))).toEqual(['a__x']);
  expect(textOf(await sessions[0]!.ask('tools/call', { name: 'a__x' }))).toBe('x');
});

test('a session carries its client’s capabilities, within a bound, and speaks the client’s revision [aggregate-sessions]', async () => {
  await using world = await aggregateWorld();
  const initialize = async (params: object) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'initialize', params });
    return await ask(world.gateway, '/mcp', { body });
  };
  const long = await initialize({ capabilities: { experimental: { x: 'y'.repeat(5_000) } } });
  expect([long.status, errorOf(long).data?.code]).toEqual([400, 'client-too-long']);
  for (const [requested, spoken] of [
    ['2025-06-18', '2025-06-18'],
    ['1999-01-01', '2025-11-25'],
  ]) {
    const begun = await initialize({ protocolVersion: requested, capabilities: {} });
    expect(answeredOf(begun, 7).result).toMatchObject({
      protocolVersion: spoken,
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: 'metamcp' },
    });
  }
});
