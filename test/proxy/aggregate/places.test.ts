import { describe, expect, test } from 'vitest';
import type { LiveServer } from '../../../src/live/liveServer.ts';
import { ask, messagesOf, open, until } from '../client.ts';
import { openUpstream, parseCall, type Answer, type ReceivedRequest, type Upstream } from '../upstream.ts';
import { aggregateWorld, client, reply, server } from './world.ts';

const EXTENSION = 'io.modelcontextprotocol/tasks';
const RELATED = 'io.modelcontextprotocol/related-task';
const CAPABILITIES = {
  legacy: { tools: {}, tasks: { requests: { tools: { call: {} } } } },
  modern: { tools: {}, extensions: { [EXTENSION]: {} } },
} as const;
const STREAM = { 'Content-Type': 'text/event-stream' };

const methodsOf = ({ received }: Upstream): (string | undefined)[] =>
  received.filter(({ body }) => body.length > 0).map(({ body }) => parseCall(body).method);

/** A server whose tasks are all called `t1`, and whose requests, events and tokens are all numbered `1`: it is the server’s place that tells them apart. */
function sameIds(era: 'legacy' | 'modern', more: Readonly<Record<string, Answer>> = {}): Answer {
  const task = { taskId: 't1', status: 'working', ttl: null, ttlMs: null };
  const given =
    (result: object): Answer =>
    (res, received: ReceivedRequest) =>
      reply(res, parseCall(received.body).id, { result: { resultType: 'complete', ...result } });
  const about = Object.fromEntries(
    ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update'].map((method) => [method, given(task)]),
  );
  const made: Answer = (res, received) => {
    const { params } = parseCall(received.body);
    const asksForTask = era === 'modern' || params?.['task'] !== undefined;
    given(!asksForTask ? { content: [] } : era === 'modern' ? { ...task, resultType: 'task' } : { task })(
      res,
      received,
    );
  };
  const answers = { ...about, 'tools/call': made, ...more };
  return server({ era, tools: ['work'], capabilities: CAPABILITIES[era], answers });
}

/** What becomes of the server `a` while its client goes on. */
const CHANGES: Record<string, (before: LiveServer, other: string) => readonly [string, Partial<LiveServer>]> = {
  'has moved': (_before, other) => [other, {}],
  'was registered anew at its address': ({ url }) => [url?.href ?? '', { registeredAt: '2026-01-02T00:00:00.000Z' }],
};

describe.each(['legacy', 'modern'] as const)('%s clients', (era) => {
  describe.each([
    ['under its prefix', undefined],
    ['as the only one, whose names pass as they are', 'a'],
  ])('%s', (_how, unprefixed) => {
    const tool = unprefixed === undefined ? 'a__work' : 'work';
    const asking = era === 'legacy' ? { name: tool, task: {} } : { name: tool };

    async function setup() {
      const world = await aggregateWorld(unprefixed === undefined ? {} : { unprefixed });
      const old = await world.add('a', sameIds(era), { registeredAt: '2026-01-01T00:00:00.000Z' });
      const other = await openUpstream(sameIds(era));
      const capabilities = era === 'modern' ? { extensions: { [EXTENSION]: {} } } : {};
      const me = await client(world.gateway, era, { capabilities });
      const made = (await me.ask('tools/call', asking)).result;
      const { taskId } = (era === 'modern' ? made : made?.['task']) as { taskId: string };
      return {
        ...world,
        me,
        old,
        other,
        taskId,
        async [Symbol.asyncDispose]() {
          await world[Symbol.asyncDispose]();
          await other[Symbol.asyncDispose]();
        },
      };
    }

    test.each(Object.keys(CHANGES))('reach no task of the server that %s [aggregate-places]', async (change) => {
      await using world = await setup();
      const { gateway, me, old, other, taskId } = world;
      const { servers } = gateway;
      expect((await me.ask('tasks/get', { taskId })).result).toMatchObject({ taskId, status: 'working' });
      // Another revision of the same server at the same place changes nothing.
      const same = servers.set('a', old.url, { registeredAt: '2026-01-01T00:00:00.000Z' });
      expect((await me.ask('tasks/get', { taskId })).result).toMatchObject({ taskId, status: 'working' });
      const [url, changes] = (CHANGES[change] as (typeof CHANGES)[string])(same, other.url);
      servers.set('a', url, { registeredAt: '2026-01-01T00:00:00.000Z', ...changes });
      const lengths = [old.received.length, other.received.length];
      const methods = era === 'legacy' ? ['tasks/get', 'tasks/result', 'tasks/cancel'] : ['tasks/get', 'tasks/cancel'];
      for (const method of methods) expect((await me.ask(method, { taskId })).error).toMatchObject({ code: -32_602 });
      if (era === 'modern') {
        expect((await me.ask('tasks/update', { taskId, inputResponses: {} })).error).toMatchObject({ code: -32_602 });
      }
      const related = { name: tool, _meta: { [RELATED]: { taskId } } };
      if (era === 'legacy') expect((await me.ask('tools/call', related)).error).toMatchObject({ code: -32_602 });
      const since = [...old.received.slice(lengths[0]), ...other.received.slice(lengths[1])];
      expect(since.filter(({ body }) => body.includes('t1'))).toEqual([]);
      // The new one's own task of that number is another one.
      const again = (await me.ask('tools/call', asking)).result;
      const anew = (era === 'modern' ? again : again?.['task']) as { taskId: string };
      expect(anew.taskId).not.toBe(taskId);
      expect((await me.ask('tasks/get', { taskId: anew.taskId })).result).toMatchObject({ status: 'working' });
    });
  });
});

test('A task of one server is not named to another [aggregate-tasks]', async () => {
  await using world = await aggregateWorld();
  await world.add('a', sameIds('legacy'));
  const b = await world.add('b', sameIds('legacy'));
  const me = await client(world.gateway, 'legacy');
  const { taskId } = (await me.ask('tools/call', { name: 'a__work', task: {} })).result?.['task'] as { taskId: string };
  const named = await me.ask('tools/call', { name: 'b__work', _meta: { [RELATED]: { taskId } } });
  expect(named.error).toMatchObject({ code: -32_602 });
  expect(methodsOf(b)).not.toContain('tools/call');
});

test('A task of the only server is still its own when another server comes [aggregate-tasks]', async () => {
  await using world = await aggregateWorld({ unprefixed: 'a' });
  await world.add('a', sameIds('legacy'));
  const me = await client(world.gateway, 'legacy');
  const { taskId } = (await me.ask('tools/call', { name: 'work', task: {} })).result?.['task'] as { taskId: string };
  await world.add('b', sameIds('legacy'));
  expect((await me.ask('tasks/get', { taskId })).result).toMatchObject({ taskId, status: 'working' });
});

test('What a client watches at a server is not asked of another one in its place [aggregate-places] [aggregate-late]', async () => {
  const offer = () => {
    const listed: Answer = (res, { body }) =>
      reply(res, parseCall(body).id, { result: { resources: [{ uri: 'db://secret', name: 's' }] } });
    const empty: Answer = (res, { body }) => reply(res, parseCall(body).id, { result: {} });
    const none: Answer = (res, { body }) => reply(res, parseCall(body).id, { result: { resourceTemplates: [] } });
    const answers = {
      'resources/list': listed,
      'resources/templates/list': none,
      'resources/subscribe': empty,
      'resources/unsubscribe': empty,
    };
    return server({ tools: ['x'], capabilities: { tools: {}, resources: { subscribe: true } }, answers });
  };
  await using world = await aggregateWorld();
  const old = await world.add('a', offer());
  const me = await client(world.gateway, 'legacy');
  expect((await me.ask('resources/subscribe', { uri: 'db://secret' })).error).toBeUndefined();
  world.gateway.servers.set('a', old.url);
  await me.ask('tools/call', { name: 'a__x' });
  const subscribed = (one: Upstream) => methodsOf(one).filter((method) => method === 'resources/subscribe').length;
  expect(subscribed(old)).toBe(2);
  const other = await world.add('a', offer());
  await me.ask('tools/call', { name: 'a__x' });
  expect((await me.ask('resources/unsubscribe', { uri: 'db://secret' })).error).toBeUndefined();
  expect(methodsOf(other)).toContain('tools/call');
  expect(other.received.filter(({ body }) => body.includes('db://secret'))).toEqual([]);
  expect((await me.ask('resources/subscribe', { uri: 'db://secret' })).error).toBeUndefined();
  expect(subscribed(other)).toBe(1);
});

test('A modern client watches no task of the server that came in place of another [aggregate-places]', async () => {
  const listening: Answer = (res, { body }) => {
    const { id, params } = parseCall(body);
    const { notifications } = params as { notifications: Record<string, unknown> };
    asked.push(notifications['taskIds']);
    res.writeHead(200, STREAM);
    const acknowledged = { method: 'notifications/subscriptions/acknowledged', params: { notifications } };
    const status = { method: 'notifications/tasks', params: { taskId: 't1', status: 'working' } };
    for (const one of [acknowledged, status]) {
      const meta = { 'io.modelcontextprotocol/subscriptionId': id };
      res.write(`data: ${JSON.stringify({ jsonrpc: '2.0', ...one, params: { ...one.params, _meta: meta } })}\n\n`);
    }
  };
  const asked: unknown[] = [];
  await using world = await aggregateWorld({ unprefixed: 'a' });
  const { gateway } = world;
  await world.add('a', sameIds('modern', { 'subscriptions/listen': listening }));
  const capabilities = { extensions: { [EXTENSION]: {} } };
  const me = await client(gateway, 'modern', { capabilities });
  const made = (await me.ask('tools/call', { name: 'work' })).result as { taskId: string };
  const listen = async () => {
    const request = {
      jsonrpc: '2.0',
      id: 'l',
      method: 'subscriptions/listen',
      params: {
        notifications: { taskIds: [made.taskId] },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': capabilities,
        },
      },
    };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' };
    return open(gateway, '/mcp', { headers: { ...me.headers, ...headers }, body: JSON.stringify(request) });
  };
  const first = await listen();
  await until(() => first.text.includes('notifications/tasks'), 'the status');
  expect(asked).toEqual([['t1']]);
  expect(messagesOf(first.text)).toMatchObject([
    { params: { notifications: { taskIds: [made.taskId] } } },
    { params: { taskId: made.taskId } },
  ]);
  first.abort();
  await first.ended;
  await world.add('a', sameIds('modern', { 'subscriptions/listen': listening }));
  const second = await listen();
  await until(() => asked.length === 2, 'the new server is asked');
  expect(asked[1]).toEqual([]);
  second.abort();
  await second.ended;
});

describe.each([
  ['under its prefix', undefined, 'a__ask'],
  ['as the only one, whose names pass as they are', 'a', 'ask'],
])('what a client holds of a server %s', (_how, unprefixed, tool) => {
  /** A server that asks in each call, with the same id and the same token; the call is answered with what it gets first. */
  function asking(): { readonly answer: Answer; readonly got: unknown[] } {
    const got: unknown[] = [];
    const pending: ((outcome: unknown) => void)[] = [];
    const base = server({ tools: ['ask', 'plain'] });
    return {
      got,
      answer(res, received) {
        const message = received.body.length === 0 ? undefined : parseCall(received.body);
        if (message?.method === 'tools/call' && message.params?.['name'] === 'ask') {
          const params = { message: 'Who?', _meta: { progressToken: 1 } };
          res.writeHead(200, STREAM);
          res.write(
            `id: 1\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'elicitation/create', params })}\n\n`,
          );
          pending.push((outcome) => {
            const result = { content: [], outcome };
            res.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id: message.id, result })}\n\n`);
          });
          return;
        }
        if (message?.method === 'notifications/progress') got.push(message.params?.['progressToken']);
        if (message !== undefined && message.method === undefined) {
          const { result } = JSON.parse(received.body.toString()) as { result: unknown };
          got.push(result);
          pending.shift()?.(result);
        }
        base(res, received);
      },
    };
  }

  test.each(['messages', 'bytes'])(
    'is nothing to another one in its place: its requests, tokens and events (as %s) [aggregate-places]',
    async (lane) => {
      await using world = await aggregateWorld(unprefixed === undefined ? {} : { unprefixed });
      const { gateway } = world;
      const [old, other] = [asking(), asking()];
      await world.add('a', old.answer);
      const me = await client(gateway, 'legacy', { capabilities: { elicitation: {} } });
      const call = (id: number) => {
        const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: tool } });
        return open(gateway, '/mcp', { headers: me.headers, body });
      };
      const plain = () => me.ask('tools/call', { name: tool.replace('ask', 'plain') });
      if (lane === 'bytes') await plain();
      const first = await call(1);
      await until(() => first.text.includes('elicitation'), 'the old one asks');
      const asked = requestIn(first.text);
      const event = /^id: (a.*)$/m.exec(first.text)?.[1] ?? 'a/1';
      await world.add('a', other.answer);
      if (lane === 'bytes') await plain();
      const second = await call(2);
      await until(() => second.text.includes('elicitation'), 'the new one asks');
      const anew = requestIn(second.text);
      expect([anew.id, anew.params._meta.progressToken]).not.toEqual([asked.id, asked.params._meta.progressToken]);
      const progress = (progressToken: unknown) =>
        me.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } });
      await progress(asked.params._meta.progressToken);
      await me.send({ jsonrpc: '2.0', id: asked.id, result: { action: 'accept', content: { of: 'old' } } });
      const resumed = await ask(gateway, '/mcp', { method: 'GET', headers: { ...me.headers, 'last-event-id': event } });
      if (lane === 'bytes') expect(resumed.status).toBe(400);
      await progress(anew.params._meta.progressToken);
      await me.send({ jsonrpc: '2.0', id: anew.id, result: { action: 'accept', content: { of: 'new' } } });
      await second.ended;
      expect(messagesOf(second.text).at(-1)).toMatchObject({ result: { outcome: { content: { of: 'new' } } } });
      expect(other.got).toEqual([1, { action: 'accept', content: { of: 'new' } }]);
      expect(old.got).toEqual([]);
      first.abort();
      await first.ended;
    },
  );
});

interface Asked {
  readonly id: unknown;
  readonly params: { readonly _meta: { readonly progressToken: unknown } };
}

function requestIn(text: string): Asked {
  const [found] = messagesOf(text).filter(
    (message) => (message as { method?: string }).method === 'elicitation/create',
  );
  return found as Asked;
}
