import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { UpstreamMessage } from '../../../src/upstream/upstream.ts';
import { event, result, stream, type Script } from '../support/scriptedServer.ts';
import { ALL_LISTS, CHANGED, listen, standing } from './listener.ts';
import { manyServers, tool } from './manyServers.ts';

describe.each(['legacy', 'modern'] as const)('who listens to an aggregate of %s servers', (era) => {
  const filter = era === 'modern' ? ALL_LISTS : undefined;
  const first = era === 'modern' ? ['notifications/subscriptions/acknowledged'] : [];
  const way = era === 'modern' ? 'subscriptions/listen' : 'GET';

  test('is cut off what passes as it is once it may use less, or more, than that [aggregate-unprefixed]', async () => {
    for (const change of ['narrowed', 'joined'] as const) {
      await using many = manyServers(era);
      const from = standing();
      const offer = { tools: [tool('x')], methods: { [way]: from.open } };
      await many.add('a', offer, { prefix: '' });
      const one = many.members.all[0];
      if (one === undefined) throw new Error('there is one');
      await using listening = listen(many, filter);
      await expect.poll(() => from.isOpen).toBe(true);
      if (change === 'narrowed') {
        const grant = compileGrants(['a:x']).forServer('a');
        many.members.set('a', one.open, { prefix: '', ...(grant && { grant }) });
      } else await many.add('b', { tools: [tool('y')] });
      await listening.ended;
    }
  });

  test('hears once that servers came and went together, and what they offer [aggregate-list-changed]', async () => {
    await using many = manyServers(era);
    await many.add('a', { tools: [tool('x')] });
    await many.ask('tools/list');
    await using heard = listen(many, filter);
    await many.add('b', { tools: [tool('y')] });
    await many.add('c', { tools: [tool('z')] });
    await expect.poll(() => heard.methods).toEqual([...first, CHANGED]);
    many.members.set('b', undefined);
    await expect.poll(() => heard.methods).toEqual([...first, CHANGED, CHANGED]);
  });

  test('hears that a list of a server changed, once it would get another one [aggregate-list-changed]', async () => {
    await using many = manyServers(era);
    const aside = standing();
    let tools = [tool('x'), tool('y')];
    await many.add('a', {
      tools: [],
      capabilities: { tools: { listChanged: true } },
      methods: {
        [way]: aside.open,
        'tools/list': (seen, response) => result(seen, response, { resultType: 'complete', tools }),
      },
    });
    await many.ask('tools/list');
    await using heard = listen(many, filter);
    await expect.poll(() => aside.isOpen).toBe(true);
    aside.send({ method: CHANGED });
    aside.send({ method: 'notifications/message', params: { level: 'info', data: 1 } });
    await expect.poll(() => heard.methods).toEqual([...first, 'notifications/message']);
    tools = [tool('x')];
    for (let n = 0; n < 50; n++) aside.send({ method: CHANGED });
    await expect.poll(() => heard.methods).toEqual([...first, 'notifications/message', CHANGED]);
    expect((await many.ask('tools/list')).result?.['tools']).toHaveLength(1);
  });

  test('does not hear of what its key may not see [aggregate-list-changed]', async () => {
    await using many = manyServers(era);
    const aside = standing();
    let tools = [tool('x'), tool('hidden')];
    await many.add(
      'a',
      {
        tools: [],
        capabilities: { tools: { listChanged: true }, prompts: { listChanged: true } },
        methods: {
          [way]: aside.open,
          'tools/list': (seen, response) => result(seen, response, { resultType: 'complete', tools }),
        },
      },
      { grant: compileGrants(['a:x']).forServer('a') ?? 'all' },
    );
    await many.ask('tools/list');
    await using heard = listen(many, filter);
    await expect.poll(() => aside.isOpen).toBe(true);
    tools = [tool('x')];
    aside.send({ method: CHANGED });
    aside.send({ method: 'notifications/prompts/list_changed' });
    aside.send({ method: 'notifications/message', params: { level: 'info', data: 1 } });
    await expect.poll(() => heard.methods).toEqual([...first, 'notifications/message']);
    tools = [tool('x', { title: 'X' })];
    aside.send({ method: CHANGED });
    await expect.poll(() => heard.methods).toEqual([...first, 'notifications/message', CHANGED]);
  });

  test('hears of a server that was late [aggregate-list-changed]', async () => {
    await using many = manyServers(era);
    const waiting: (() => void)[] = [];
    await many.add('late', {
      tools: [],
      methods: {
        'tools/list': (seen, response) =>
          void waiting.push(() => result(seen, response, { resultType: 'complete', tools: [tool('x')] })),
      },
    });
    expect((await many.ask('tools/list')).result?.['tools']).toEqual([]);
    await using heard = listen(many, filter);
    for (const go of waiting.splice(0)) go();
    await expect.poll(() => heard.methods).toContain(CHANGED);
  });
});

test('a modern listener is told what is honoured, and gets updates of the server that has the resource [aggregate-subscriptions]', async () => {
  await using many = manyServers('modern');
  const resource = (uri: string) => ({ uri, name: uri });
  const [a, b] = [standing(), standing()];
  const serverA = await many.add('a', {
    resources: [resource('db://a')],
    methods: { 'subscriptions/listen': a.open },
  });
  await many.add('b', { resources: [resource('db://b')], methods: { 'subscriptions/listen': b.open } });
  await many.add('c', { tools: [] });
  await using heard = listen(many, { resourceSubscriptions: ['db://a', 'db://nowhere'], toolsListChanged: true });
  await expect.poll(() => a.isOpen && b.isOpen).toBe(true);
  await expect
    .poll(() => heard.messages[0])
    .toMatchObject({
      notification: { params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['db://a'] } } },
    });
  expect(serverA.seen.find(({ message }) => message.method === 'subscriptions/listen')?.message.params).toMatchObject({
    notifications: { resourceSubscriptions: ['db://a'] },
  });
  a.send({ method: 'notifications/resources/updated', params: { uri: 'db://a' } });
  await expect.poll(() => heard.methods.at(-1)).toBe('notifications/resources/updated');
});

describe('an aggregate of legacy servers', () => {
  const asking =
    (id: unknown, method: string): Script =>
    (seen, response) => {
      stream(response, event({ jsonrpc: '2.0', id, method, params: { _meta: { progressToken: 7 } } }));
      replies.set(String(id), (reply) => {
        response.end(event({ jsonrpc: '2.0', id: seen.message.id, result: { content: [], reply } }));
      });
    };
  const replies = new Map<string, (reply: unknown) => void>();
  const replied: Script = (seen, response) => {
    response.writeHead(202).end();
    const { id, result: got } = JSON.parse(seen.text) as { id: unknown; result?: unknown };
    replies.get(String(id))?.(got);
  };

  test('numbers the requests of its servers so that each reply finds its server [aggregate-server-requests]', async () => {
    await using many = manyServers('legacy', {}, { elicitation: {} });
    const offer = (id: unknown) => ({
      tools: [],
      methods: { 'tools/call': asking(id, 'elicitation/create'), response: replied },
    });
    const a = await many.add('a', offer(1));
    const b = await many.add('b', offer(1));
    const ids: unknown[] = [];
    for (const server of ['a', 'b']) {
      const messages: UpstreamMessage[] = [];
      for await (const message of many.aggregate.ask({ method: 'tools/call', params: { name: `${server}__x` } })) {
        messages.push(message);
        if (message.kind !== 'request') continue;
        ids.push(message.request.id);
        await many.aggregate.tell({
          method: 'notifications/progress',
          params: {
            progress: 1,
            progressToken: (message.request.params?.['_meta'] as JsonObject)['progressToken'],
          },
        });
        await many.aggregate.reply(message.request.id, { result: { from: server } });
      }
      expect(messages.at(-1)).toMatchObject({ response: { result: { reply: { from: server } } } });
    }
    expect(new Set(ids).size).toBe(2);
    for (const server of [a, b]) {
      const progress = server.seen.find(({ message }) => message.method === 'notifications/progress');
      expect(progress?.message.params).toEqual({ progress: 1, progressToken: 7 });
    }
    await many.aggregate.reply('a__99', { result: {} });
    await many.aggregate.reply('nobody__1', { result: {} });
    await many.aggregate.reply(1, { result: {} });
  });

  test('brings the client what servers ask outside of calls, and each reply to its server [aggregate-server-requests]', async () => {
    await using many = manyServers('legacy', {}, { roots: {} });
    const replies: unknown[] = [];
    const streams = new Map<string, ServerResponse>();
    for (const server of ['a', 'b']) {
      await many.add(server, {
        tools: [],
        methods: {
          GET(_seen, response) {
            stream(response).flushHeaders();
            streams.set(server, response);
          },
          response(seen, response) {
            response.writeHead(202).end();
            replies.push([server, JSON.parse(seen.text)]);
          },
        },
      });
    }
    await using heard = listen(many);
    await expect.poll(() => streams.size).toBe(2);
    for (const response of streams.values()) response.write(event({ jsonrpc: '2.0', id: 1, method: 'roots/list' }));
    await expect.poll(() => heard.methods).toEqual(['roots/list', 'roots/list']);
    for (const message of heard.messages)
      if (message.kind === 'request') await many.aggregate.reply(message.request.id, { result: { roots: [] } });
    await expect.poll(() => replies).toHaveLength(2);
    const reply = { jsonrpc: '2.0', id: 1, result: { roots: [] } };
    expect(new Map(replies as [string, unknown][])).toEqual(
      new Map([
        ['a', reply],
        ['b', reply],
      ]),
    );
  });

  test('tells servers that are opened later the level, and what is watched, and counts who watches [aggregate-late]', async () => {
    await using many = manyServers('legacy', { idleMs: 0, idleAfterCallMs: 0 });
    const capabilities = { tools: {}, logging: {}, resources: { subscribe: true } };
    const server = await many.add('a', { capabilities, resources: [{ uri: 'db://a', name: 'a' }] });
    await many.add('b', { tools: [] });
    expect((await many.ask('logging/setLevel', { level: 'loud' })).error?.code).toBe(-32_602);
    await many.ask('logging/setLevel', { level: 'error' });
    expect(server.methods).not.toContain('logging/setLevel');
    for (let n = 0; n < 2; n++) await many.ask('resources/subscribe', { uri: 'db://a' });
    await expect.poll(() => server.methods).toContain('logging/setLevel');
    expect(many.aggregate.hasState).toBe(true);
    await many.ask('resources/unsubscribe', { uri: 'db://a' });
    expect(server.methods).not.toContain('resources/unsubscribe');
    await many.ask('resources/unsubscribe', { uri: 'db://a' });
    expect(server.methods).toContain('resources/unsubscribe');
    await expect.poll(() => many.aggregate.openConversations).toBe(0);
    expect((await many.ask('resources/subscribe', { uri: 'no://where' })).error).toBeUndefined();
  });

  test('tells its open servers of other roots', async () => {
    await using many = manyServers('legacy');
    const [a, b] = [await many.add('a', { tools: [tool('x')] }), await many.add('b', { tools: [] })];
    await many.ask('tools/call', { name: 'a__x' });
    await many.aggregate.tell({ method: 'notifications/roots/list_changed' });
    expect(a.methods).toContain('notifications/roots/list_changed');
    expect(b.methods).not.toContain('notifications/roots/list_changed');
  });
});
