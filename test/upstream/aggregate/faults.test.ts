import { describe, expect, test } from 'vitest';
import { Limited } from '../../../src/errors/appError.ts';
import { createRememberedLists } from '../../../src/upstream/aggregate/rememberedLists.ts';
import { result, rpcError, type Script } from '../support/scriptedServer.ts';
import { aggregateOf, TestMembers } from './aggregateOf.ts';
import { collect, manyServers, tool } from './manyServers.ts';

const namesOf = (items: unknown): unknown[] => (items as { name: unknown }[]).map(({ name }) => name);
const failuresOf = (listed: { result?: { _meta?: unknown } }): unknown =>
  (listed.result?._meta as Record<string, unknown> | undefined)?.['metamcp/servers'];
const hang: Script = () => undefined;

describe.each(['legacy', 'modern'] as const)('an aggregate of %s servers', (era) => {
  test('lists the others where one hangs, waits for it once, and says so [aggregate-one-broken]', async () => {
    const lists = createRememberedLists({ clock: () => performance.now(), waitMs: 200 });
    await using many = manyServers(era, { lists });
    await many.add('good', { tools: [tool('a')] });
    // A machine under load may take longer than the bound for the first list.
    await expect.poll(async () => namesOf((await many.ask('tools/list')).result?.['tools'])).toEqual(['good__a']);
    const stuck = await many.add('stuck', { tools: [tool('b')], methods: { 'tools/list': hang } });
    for (let n = 0; n < 20; n++) {
      const listed = await many.ask('tools/list');
      expect(namesOf(listed.result?.['tools'])).toEqual(['good__a']);
      expect(failuresOf(listed)).toEqual({ stuck: 'starting' });
    }
    // The handshake may take longer than the bound, too.
    await expect.poll(() => stuck.methods.filter((method) => method === 'tools/list')).toHaveLength(1);
  });

  test.each([
    ['refuses', (seen, response) => rpcError(seen, response, 200, { code: -32_000, message: 'no' })],
    ['answers what is no list', (seen, response) => result(seen, response, { tools: 'none' })],
    ['fails', (_seen, response) => response.writeHead(500).end('<html>')],
    ['dies', (_seen, response) => response.destroy()],
  ] as [string, Script][])('lists the others where one %s [aggregate-one-broken]', async (_what, broken) => {
    await using many = manyServers(era);
    await many.add('good', { tools: [tool('a')] });
    await many.add('bad', { tools: [tool('b')], methods: { 'tools/list': broken } });
    const listed = await many.ask('tools/list');
    expect(namesOf(listed.result?.['tools'])).toEqual(['good__a']);
    expect(failuresOf(listed)).toEqual({ bad: expect.stringMatching(/^upstream-/) as string });
  });

  test('costs one tool with a broken schema that tool only [aggregate-one-broken]', async () => {
    await using many = manyServers(era);
    await many.add('a', { tools: [tool('good'), { name: 'bad', inputSchema: 7 }, { inputSchema: {} }, tool('fine')] });
    const listed = await many.ask('tools/list');
    expect(namesOf(listed.result?.['tools'])).toEqual(['a__fine', 'a__good']);
  });

  test('keeps what a server offered last while it is down, and asks it again later [aggregate-last-known]', async () => {
    let now = 0;
    const lists = createRememberedLists({ clock: () => now });
    await using many = manyServers(era, { lists });
    let isDown = false;
    let name = 'before';
    await many.add('a', {
      tools: [],
      methods: {
        'tools/list': (seen, response) => {
          if (isDown) response.writeHead(500).end();
          else result(seen, response, { resultType: 'complete', tools: [tool(name)] });
        },
      },
    });
    const listed = async () => {
      const answer = await many.ask('tools/list');
      return [namesOf(answer.result?.['tools']), failuresOf(answer)];
    };
    expect(await listed()).toEqual([['a__before'], undefined]);
    isDown = true;
    now += 31_000;
    expect(await listed()).toEqual([['a__before'], { a: 'upstream-error' }]);
    isDown = false;
    name = 'after';
    expect(await listed()).toEqual([['a__before'], { a: 'upstream-error' }]);
    now += 1_100;
    expect(await listed()).toEqual([['a__after'], undefined]);
  });

  test('gives the error of a server that can’t be reached to who calls it, and works when it is back', async () => {
    await using many = manyServers(era);
    const server = await many.add('a', { tools: [tool('x')] });
    const { open } = many.members.all[0] ?? {};
    let isDown = true;
    many.members.set('a', async (signal) => {
      if (isDown) throw new Error('down');
      return await (open as NonNullable<typeof open>)(signal);
    });
    await expect(many.ask('tools/call', { name: 'a__x' })).rejects.toThrow('down');
    isDown = false;
    await expect(many.ask('tools/call', { name: 'a__x' })).resolves.toHaveProperty('result');
    expect(server.methods).toContain('tools/call');
  });

  test('holds no conversation that nobody uses, and opens another one when it is needed [aggregate-idle]', async () => {
    await using many = manyServers(era, { idleMs: 0, idleAfterCallMs: 0 });
    const server = await many.add('a', { tools: [tool('x')] });
    const opening = era === 'modern' ? 'server/discover' : 'initialize';
    const opened = () => server.methods.filter((method) => method === opening).length;
    await many.ask('tools/call', { name: 'a__x' });
    await expect.poll(() => many.aggregate.openConversations).toBe(0);
    const before = opened();
    await many.ask('tools/call', { name: 'a__x' });
    expect(opened()).toBe(before + 1);
    await expect.poll(() => server.connections.size).toBeLessThanOrEqual(1);
  });

  test('ends what is asked of a server that is no member any more [aggregate-members]', async () => {
    await using many = manyServers(era);
    const server = await many.add('a', { tools: [tool('x')], methods: { 'tools/call': hang } });
    await many.add('b', { tools: [tool('y')] });
    const asked = many.ask('tools/call', { name: 'a__x' });
    asked.catch(() => undefined);
    await expect.poll(() => server.methods).toContain('tools/call');
    many.members.set('a', undefined);
    await expect(asked).rejects.toMatchObject({ code: 'upstream-closed' });
    expect((await many.ask('tools/call', { name: 'a__x' })).error?.code).toBe(-32_602);
    expect((await many.ask('tools/call', { name: 'b__y' })).result).toBeDefined();
  });

  test('reads a list for the others when the client for which it was being read leaves [aggregate-one-broken]', async () => {
    const lists = createRememberedLists({ clock: () => performance.now(), waitMs: 60_000 });
    await using many = manyServers(era, { lists });
    const read = Promise.withResolvers<undefined>();
    let reads = 0;
    await many.add('a', {
      tools: [],
      methods: {
        'tools/list': (seen, response) => {
          if (++reads === 1) read.resolve(undefined);
          else result(seen, response, { resultType: 'complete', tools: [tool('x')] });
        },
      },
    });
    const other = aggregateOf(many.members, { lists });
    const left = collect(other.ask({ method: 'tools/list' })).catch(() => undefined);
    await read.promise;
    const listed = many.ask('tools/list');
    await other[Symbol.asyncDispose]();
    await left;
    expect(namesOf((await listed).result?.['tools'])).toEqual(['a__x']);
    expect(failuresOf(await listed)).toBeUndefined();
  });

  test('reads a list for the others when one client uses too much to read it [aggregate-one-broken]', async () => {
    const lists = createRememberedLists({ clock: () => 0 });
    await using many = manyServers(era, { lists });
    await many.add('a', { tools: [tool('x')] });
    const members = new TestMembers(era);
    members.set('a', () => Promise.reject(new Limited('too-many-programs', 'This API key has as many as it may.')));
    await using greedy = aggregateOf(members, { lists });
    const [refused] = await collect(greedy.ask({ method: 'tools/list' }));
    const refusal = refused?.kind === 'response' ? refused.response : {};
    expect(failuresOf(refusal as Parameters<typeof failuresOf>[0])).toEqual({ a: 'too-many-programs' });
    const listed = await many.ask('tools/list');
    expect(namesOf(listed.result?.['tools'])).toEqual(['a__x']);
    expect(failuresOf(listed)).toBeUndefined();
  });

  test('remembers no list that is larger than its bound, says so, and keeps the others [aggregate-lists-bounded]', async () => {
    const lists = createRememberedLists({ clock: () => 0, maxBytes: 40_000 });
    await using many = manyServers(era, { lists });
    await many.add('a', { tools: [tool('x')] });
    await many.add('huge', { tools: Array.from({ length: 200 }, (_, n) => tool(`${'n'.repeat(60)}${String(n)}`)) });
    const listed = await many.ask('tools/list');
    expect(namesOf(listed.result?.['tools'])).toEqual(['a__x']);
    expect(failuresOf(listed)).toEqual({ huge: 'upstream-too-large' });
  });
});
