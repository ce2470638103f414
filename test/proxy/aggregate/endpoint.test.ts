import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import { ask, errorOf, open, until } from '../client.ts';
import { parseCall } from '../upstream.ts';
import { aggregateWorld, client, namesOf, reply, server, textOf } from './world.ts';

describe.each(['legacy', 'modern'] as const)('a %s client of /mcp', (era) => {
  test('finds the tools of all servers, of either era, and calls them [aggregate-lists] [aggregate-routes]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    await world.add('files', server({ era, tools: ['read', 'a b'] }));
    await world.add('web', server({ era, tools: ['search'] }));
    await world.add('other', server({ era: era === 'legacy' ? 'modern' : 'legacy', tools: ['cross'] }));
    const me = await client(gateway, era);
    const listed = await me.ask('tools/list');
    expect(namesOf(listed)).toEqual([
      expect.stringMatching(/^files__a_b--/),
      'files__read',
      'other__cross',
      'web__search',
    ]);
    expect(textOf(await me.ask('tools/call', { name: 'other__cross' }))).toBe('cross');
    expect(textOf(await me.ask('tools/call', { name: 'web__search' }))).toBe('search');
    expect(textOf(await me.ask('tools/call', { name: namesOf(listed)[0] }))).toBe('a b');
    expect((await me.ask('tools/call', { name: 'web__none', arguments: {} })).status).toBe(200);
    expect((await me.ask('tools/call', { name: 'none__search' })).error?.code).toBe(-32_602);
    const unknown = await me.ask('vendor/method');
    expect(unknown.error?.code).toBe(-32_601);
    expect(unknown.status).toBe(era === 'modern' ? 404 : 200);
    expect(gateway.events).toContainEqual(
      expect.objectContaining({ server: 'web', tool: 'search', method: 'tools/call', outcome: 'ok' }),
    );
  });

  test('sees what its key is granted, and no more [aggregate-grants]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    const web = await world.add('web', server({ era, tools: ['search', 'delete'] }));
    const files = await world.add('files', server({ era, tools: ['read'] }));
    gateway.keys.add('narrow', { grants: ['web:sea*'] });
    const me = await client(gateway, era, { token: 'narrow' });
    expect(namesOf(await me.ask('tools/list'))).toEqual(['web__search']);
    expect((await me.ask('tools/call', { name: 'web__delete' })).error?.code).toBe(-32_602);
    expect((await me.ask('tools/call', { name: 'files__read' })).error?.code).toBe(-32_602);
    expect(textOf(await me.ask('tools/call', { name: 'web__search' }))).toBe('search');
    expect(files.received).toEqual([]);
    expect(web.received.map(({ body }) => body.toString()).join()).not.toContain('delete');
  });

  test('narrows its own view with ?servers= [aggregate-view]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    for (const name of ['a', 'b', 'c']) await world.add(name, server({ era, tools: ['x'] }));
    gateway.keys.add('narrow', { grants: ['a', 'b'] });
    const me = await client(gateway, era, { token: 'narrow', query: '?servers=a' });
    expect(namesOf(await me.ask('tools/list'))).toEqual(['a__x']);
    expect((await me.ask('tools/call', { name: 'b__x' })).error?.code).toBe(-32_602);
    const both = await client(gateway, era, { token: 'narrow', query: '?servers=b,a' });
    expect(namesOf(await both.ask('tools/list'))).toEqual(['a__x', 'b__x']);
    gateway.servers.remove('b');
    expect(namesOf(await both.ask('tools/list'))).toEqual(['a__x']);
  });

  test('sees servers come and go, and its grants change, while it is connected [aggregate-members]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    await world.add('a', server({ era, tools: ['x'] }));
    const principal = gateway.keys.add('mine', { grants: ['a', 'b'] });
    const me = await client(gateway, era, { token: 'mine' });
    const names = async () => namesOf(await me.ask('tools/list'));
    expect(await names()).toEqual(['a__x']);
    const b = await world.add('b', server({ era, tools: ['y'] }));
    expect(await names()).toEqual(['a__x', 'b__y']);
    gateway.servers.set('b', b.url, { enabled: false });
    expect(await names()).toEqual(['a__x']);
    gateway.servers.set('b', b.url);
    expect(await names()).toEqual(['a__x', 'b__y']);
    gateway.keys.change(principal, { grants: compileGrants(['b']) });
    expect(await names()).toEqual(['b__y']);
    gateway.servers.remove('b');
    expect(await names()).toEqual([]);
  });

  test('hears of that on its stream, once [aggregate-list-changed]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    await world.add('a', server({ era, tools: ['x'] }));
    const principal = gateway.keys.add('mine', { grants: ['a', 'b'] });
    const me = await client(gateway, era, { token: 'mine' });
    await me.ask('tools/list');
    const stream = await open(gateway, '/mcp', listening(era, me.headers));
    const heard = () => stream.text.split('notifications/tools/list_changed').length - 1;
    if (era === 'modern') await until(() => stream.text.includes('acknowledged'), 'acknowledged');
    await world.add('b', server({ era, tools: ['y'] }));
    await until(() => heard() === 1, 'heard of b');
    await world.add('c', server({ era, tools: ['z'] }));
    gateway.keys.change(principal, { grants: compileGrants(['a']) });
    await until(() => heard() === 2, 'heard of the grant');
    expect(stream.text).not.toContain('prompts/list_changed');
    stream.abort();
    await stream.ended;
  });

  test('gets its call ended with the reason when the server is disabled or its key revoked [aggregate-members] [auth-revocation-cuts]', async () => {
    await using world = await aggregateWorld();
    const { gateway } = world;
    const a = await world.add('a', server({ era, tools: ['x'], answers: { 'tools/call': () => undefined } }));
    const principal = gateway.keys.add('mine');
    const me = await client(gateway, era, { token: 'mine' });
    const asked = me.ask('tools/call', { name: 'a__x' });
    await until(() => a.received.some(({ body }) => body.includes('tools/call')), 'called');
    gateway.servers.set('a', a.url, { enabled: false });
    expect((await asked).error?.data?.['code']).toBe('server-disabled');
    gateway.servers.set('a', a.url);
    const again = me.ask('tools/call', { name: 'a__x' });
    await until(() => a.received.filter(({ body }) => body.includes('tools/call')).length === 2, 'called');
    gateway.keys.revoke(principal);
    expect((await again).error?.data?.['code']).toBe('key-revoked');
  });
});

/** What opens the stream for what comes outside of requests. */
function listening(era: 'legacy' | 'modern', headers: Readonly<Record<string, string | undefined>>) {
  if (era === 'legacy') return { method: 'GET', headers: { ...headers, accept: 'text/event-stream' } };
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const notifications = { toolsListChanged: true, promptsListChanged: true };
  const params = { notifications, _meta: meta };
  return {
    headers: { ...headers, 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'subscriptions/listen', params }),
  };
}

test('a client that begins with a server that its key can’t use is told [aggregate-view]', async () => {
  await using world = await aggregateWorld();
  await world.add('a', server({ tools: ['x'] }));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} });
  const answered = await ask(world.gateway, '/mcp?servers=a,typo', { body });
  expect(answered.status).toBe(404);
  expect(errorOf(answered)).toMatchObject({ message: expect.stringContaining('"typo"') as string });
  for (const query of [
    '?server=a',
    '?servers=a&server=a',
    '?servers=',
    '?servers=A',
    '?servers=a,,b',
    `?servers=${'a,'.repeat(200)}a`,
  ]) {
    expect((await ask(world.gateway, `/mcp${query}`, { body })).status).toBe(400);
  }
  expect((await ask(world.gateway, '/mcp/?servers=a', { body })).status).toBe(200);
});

test('a modern client finds out what is there [aggregate-facts]', async () => {
  await using world = await aggregateWorld();
  await world.add('a', server({ era: 'modern', tools: ['x'], capabilities: { tools: {}, completions: {} } }));
  const me = await client(world.gateway, 'modern');
  expect((await me.ask('server/discover')).result).toMatchObject({
    supportedVersions: ['2026-07-28'],
    capabilities: { tools: { listChanged: true }, completions: {} },
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'metamcp' } },
  });
});

test('the one server without a prefix is passed through as it is, where it is alone [aggregate-unprefixed]', async () => {
  await using world = await aggregateWorld({ unprefixed: 'a' });
  const { gateway } = world;
  await world.add(
    'a',
    server({
      tools: ['x.y z'],
      answers: { 'vendor/own': (res, { body }) => reply(res, parseCall(body).id, { result: { own: true } }) },
    }),
  );
  gateway.keys.add('one', { grants: ['a'] });
  const me = await client(gateway, 'legacy', { token: 'one' });
  expect(namesOf(await me.ask('tools/list'))).toEqual(['x.y z']);
  expect((await me.ask('vendor/own')).result).toEqual({ own: true });
  await world.add('b', server({ tools: ['x'] }));
  const all = await client(gateway, 'legacy');
  expect(namesOf(await all.ask('tools/list'))).toEqual(['b__x', 'x.y z']);
  expect(textOf(await all.ask('tools/call', { name: 'x.y z' }))).toBe('x.y z');
  expect((await all.ask('vendor/own')).error?.code).toBe(-32_601);
});

test.each(['legacy', 'modern'] as const)(
  'a %s key with tools of the one server without a prefix finds those tools, and nothing else [auth-grants-closed] [aggregate-unprefixed]',
  async (era) => {
    await using world = await aggregateWorld({ unprefixed: 'a' });
    const { gateway } = world;
    const capabilities = { tools: {}, resources: {}, prompts: {} };
    const upstream = await world.add('a', server({ era, tools: ['open', 'closed'], capabilities }));
    gateway.keys.add('narrow', { grants: ['a:open'] });
    const me = await client(gateway, era, { token: 'narrow' });
    expect(namesOf(await me.ask('tools/list'))).toEqual(['open']);
    expect(textOf(await me.ask('tools/call', { name: 'open' }))).toBe('open');
    const closed = await me.ask('tools/call', { name: 'closed' });
    expect(closed).toMatchObject({ status: 200, error: { code: -32_602, message: 'Unknown tool: closed' } });
    expect((await me.ask('resources/list')).result?.['resources']).toEqual([]);
    expect((await me.ask('prompts/list')).result?.['prompts']).toEqual([]);
    expect((await me.ask('resources/read', { uri: 'a://b' })).error?.message).toBe('Resource not found');
    expect((await me.ask('vendor/own')).error?.code).toBe(-32_601);
    const asked = upstream.received.map(({ body }) => (body.length === 0 ? undefined : parseCall(body).method));
    for (const method of ['resources/read', 'vendor/own']) expect(asked).not.toContain(method);
  },
);

test('clients of both eras, who find the same, get it as their era has it [aggregate-lists]', async () => {
  await using world = await aggregateWorld();
  world.gateway.keys.add('none', { grants: [] });
  for (const era of ['legacy', 'modern', 'legacy'] as const) {
    const { result } = await (await client(world.gateway, era, { token: 'none' })).ask('tools/list');
    expect(result).toEqual(
      era === 'legacy' ? { tools: [] } : expect.objectContaining({ resultType: 'complete', tools: [] }),
    );
  }
});
