import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, modern, open, until, type OpenAnswer } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { relatedTo, statusOf, taskServer } from './taskServer.ts';
import { KNOWS_TASKS, MINE, OTHER, resultOf, taskWorld, type Tasks } from './taskWorld.ts';
import { parseCall } from './upstream.ts';

const resources = fixture();
const { gatewayTo } = resources;
const tasks = taskWorld(resources);
const STATUS = 'notifications/tasks/status';
const ELICIT = { jsonrpc: '2.0', id: 'ask-1', method: 'elicitation/create' };

/** Opens the stream of a legacy client. */
async function standing({ gateway, server }: Tasks, headers = MINE): Promise<OpenAnswer> {
  const stream = await open(gateway, '/mcp/files', { headers: { ...headers, accept: 'text/event-stream' } });
  await until(() => server.stream !== undefined, 'the stream is open');
  return stream;
}

function send({ server }: Tasks, ...messages: unknown[]): void {
  for (const message of messages) server.stream?.write(`id: e\ndata: ${JSON.stringify(message)}\n\n`);
}

function notify(method: string, params: unknown): unknown {
  return { jsonrpc: '2.0', method, params };
}

describe('the stream of a legacy client', () => {
  test('names its own tasks as it knows them, and keeps silent on others [mcp-task-streams]', async () => {
    const world = await tasks();
    const mine = await world.make('legacy');
    await world.make('legacy', 'compute', OTHER);
    const stream = await standing(world);
    send(world, notify(STATUS, statusOf('task-2')), notify(STATUS, statusOf('task-1')), notify('notifications/x', {}));
    await until(() => stream.text.includes('notifications/x'), 'all came');
    expect(messagesOf(stream.text)).toEqual([notify(STATUS, statusOf(mine)), notify('notifications/x', {})]);
    // The client resumes after what it did not get.
    expect(stream.text.match(/^id: e$/gm)).toHaveLength(3);
    expect(stream.text).not.toContain('task-');
    stream.abort();
  });

  test('has what the server asks about a task answered with the server’s own id [mcp-task-streams]', async () => {
    const world = await tasks();
    const mine = await world.make('legacy');
    const stream = await standing(world);
    send(world, { ...ELICIT, params: { message: 'Sure?', _meta: { ...relatedTo('task-1'), more: 1 } } });
    await until(() => stream.text.endsWith('\n\n'), 'the question');
    expect(messagesOf(stream.text)).toEqual([
      { ...ELICIT, params: { message: 'Sure?', _meta: { ...relatedTo(mine), more: 1 } } },
    ]);
    world.received();
    const result = (taskId: unknown) => ({ action: 'accept', _meta: { ...relatedTo(taskId), more: 2 } });
    const answer = { jsonrpc: '2.0', id: 'ask-1', result: result(mine) };
    expect((await call(world.gateway, 'files', answer, MINE)).status).toBe(202);
    expect(world.received()).toEqual([{ ...answer, result: result('task-1') }]);
    stream.abort();
  });

  test('gets, for a task that is not known to be its own, an id that serves for the answer and nothing else', async () => {
    const sessionKey = randomBytes(32);
    const first = await tasks({ sessionKey });
    const mine = await first.make('legacy');
    const replica = await tasks({ sessionKey }, first.server);
    replica.gateway.servers.set('files', first.upstream.url);
    first.received();
    const stream = await standing(replica);
    send(replica, { ...ELICIT, params: { _meta: relatedTo('task-1') } });
    await until(() => stream.text.endsWith('\n\n'), 'the question');
    const [{ params }] = messagesOf(stream.text) as [{ params: { _meta: Record<string, { taskId: string }> } }];
    const { taskId = '' } = Object.values(params._meta)[0] ?? {};
    expect(taskId).toMatch(/^[\w-]{40,}$/);
    expect(errorOf(await replica.about('legacy', 'tasks/result', taskId))).toMatchObject({ code: -32_602 });
    const ping = { ...LIST, method: 'ping', params: { _meta: relatedTo(taskId) } };
    expect(errorOf(await call(replica.gateway, 'files', ping, MINE))).toMatchObject({ code: -32_602 });
    expect(first.received()).toEqual([]);
    const answer = { jsonrpc: '2.0', id: 'ask-1', result: { _meta: relatedTo(taskId) } };
    await call(replica.gateway, 'files', answer, MINE);
    expect(first.received()).toEqual([{ ...answer, result: { _meta: relatedTo('task-1') } }]);
    await call(replica.gateway, 'files', answer, OTHER);
    expect(first.received()).toEqual([{ ...answer, result: { _meta: {} } }]);
    // Once the client has named its task here, this replica knows it too.
    await replica.about('legacy', 'tasks/get', mine);
    send(replica, notify(STATUS, statusOf('task-1')));
    await until(() => stream.text.includes(STATUS), 'the status');
    expect(messagesOf(stream.text)[1]).toEqual(notify(STATUS, statusOf(mine)));
    stream.abort();
  });

  test('of a key that has lost the tool, keeps silent on its tasks', async () => {
    const world = await tasks();
    await world.make('legacy');
    world.gateway.keys.add('mine', { grants: ['files:read'] });
    const stream = await standing(world);
    send(world, notify(STATUS, statusOf('task-1')), notify('notifications/x', {}));
    await until(() => stream.text.includes('notifications/x'), 'all came');
    expect(messagesOf(stream.text)).toEqual([notify('notifications/x', {})]);
    stream.abort();
  });

  test('does not make a task that is replayed on it its own', async () => {
    const world = await tasks();
    await world.make('legacy', 'compute', OTHER);
    const stream = await standing(world);
    send(world, { jsonrpc: '2.0', id: 1, result: { task: statusOf('task-1') } });
    await until(() => stream.text.endsWith('\n\n'), 'the answer');
    world.received();
    const [{ result }] = messagesOf(stream.text) as [{ result: { task: { taskId: string } } }];
    expect(errorOf(await world.about('legacy', 'tasks/get', result.task.taskId))).toMatchObject({ code: -32_602 });
    expect(world.received()).toEqual([]);
    stream.abort();
  });

  test('passes what has nothing to do with tasks as it came, whatever it is', async () => {
    const world = await tasks();
    const stream = await standing(world);
    const text =
      ': hello\n\ndata: no message\n\nid: 1\nevent: x\ndata: {"jsonrpc":"2.0",\ndata: "method":"notifications/x"}\n\n';
    world.server.stream?.end(text);
    await stream.ended;
    expect(stream.text).toBe(text);
    expect(stream.complete).toBe(true);
  });
});

test('only the answer to the call makes the task the key’s own [mcp-task-bound-to-key]', async () => {
  const { gateway, upstream } = await gatewayTo((res, { body }) => {
    const messages = [
      notify('notifications/progress', { progress: 1, _meta: relatedTo('foreign-1') }),
      { jsonrpc: '2.0', id: 99, result: { task: statusOf('foreign-2') } },
      { jsonrpc: '2.0', id: '1', result: { task: statusOf('foreign-3') } },
      { jsonrpc: '2.0', id: 1, method: 'x', result: { task: statusOf('foreign-4') } },
      { jsonrpc: '2.0', id: parseCall(body).id, result: { task: statusOf('own'), taskId: 'foreign-5' } },
    ];
    res.writeHead(200, { 'Content-Type': 'text/event-stream' });
    res.end(messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join(''));
  });
  const make = { ...LIST, method: 'tools/call', params: { name: 'compute', task: {} } };
  const { text } = await call(gateway, 'files', make);
  const ids = [...text.matchAll(/"taskId":"([^"]*)"/g)].map(([, id]) => id);
  expect(ids).toHaveLength(6);
  for (const [index, taskId] of ids.entries()) {
    const answered = await call(gateway, 'files', { ...LIST, method: 'tasks/cancel', params: { taskId } });
    if (index === 4) expect(answered.text).not.toContain('-32602');
    else expect(errorOf(answered)).toMatchObject({ code: -32_602 });
  }
  expect(upstream.received).toHaveLength(2);
});

test('tasks of the client pass as they are, both ways [mcp-task-client-own]', async () => {
  const world = await tasks();
  const { gateway, upstream, server } = world;
  // Even one that has the same id as a task of the server.
  await world.make('legacy');
  const stream = await standing(world);
  const asked = ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/list'].map(
    (method) => `data: {"jsonrpc":"2.0","id":"q","method":"${method}","params":{ "taskId" : "task-1" }}\n\n`,
  );
  const sampling = `data: {"jsonrpc":"2.0","id":"s","method":"sampling/createMessage","params":{"task":{ "ttl":1 }}}\n\n`;
  server.stream?.write(asked.join('') + sampling);
  await until(() => stream.text.includes('sampling'), 'all came');
  expect(stream.text).toBe(asked.join('') + sampling);
  const sent = [
    '{"jsonrpc":"2.0","method":"notifications/tasks/status","params":{ "taskId":"task-1","status":"working"}}',
    '{"jsonrpc":"2.0","id":"s","result":{ "task":{"taskId":"task-1","status":"working"}}}',
    '{"jsonrpc":"2.0","id":"q","result":{ "taskId":"task-1","status":"completed"}}',
    '{"jsonrpc":"2.0","id":"q","result":{ "tasks":[{"taskId":"task-1"}]}}',
    '{"jsonrpc":"2.0","id":"q","error":{"code":-32602, "message":"Task not found"}}',
  ];
  for (const body of sent) expect((await ask(gateway, '/mcp/files', { body, headers: MINE })).status).toBe(202);
  expect(upstream.received.slice(2).map(({ body }) => body.toString())).toEqual(sent);
  stream.abort();
});

describe('a modern client', () => {
  const LISTEN = 'subscriptions/listen';
  const ack = (taskIds: string[]) => notify('notifications/subscriptions/acknowledged', { notifications: { taskIds } });

  test('is told of the tasks that it watches, and of no others [mcp-task-streams]', async () => {
    const server = taskServer();
    const { gateway, upstream } = await gatewayTo((res, received) => {
      if (!received.body.includes(LISTEN)) {
        server.answer(res, received);
        return;
      }
      const events = [
        ack(['task-1', 'task-2', 'task-3']),
        notify('notifications/tasks', { ...statusOf('task-3'), result: { secret: 3 } }),
        notify('notifications/tasks', { ...statusOf('task-1'), status: 'completed', result: { content: [] } }),
      ];
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    });
    const make = modern('tools/call', { name: 'compute' }, 1, KNOWS_TASKS);
    const ids: string[] = [];
    for (const _ of [1, 2])
      ids.push(String(resultOf(await call(gateway, 'files', make.message, make.headers))['taskId']));
    const listen = modern(LISTEN, { notifications: { taskIds: ids, toolsListChanged: true } }, 'l', KNOWS_TASKS);
    const stream = await open(gateway, '/mcp/files', { headers: listen.headers, body: JSON.stringify(listen.message) });
    await until(() => stream.text.includes('completed'), 'the status');
    expect(parseCall(upstream.received.at(-1)?.body ?? Buffer.of()).params).toMatchObject({
      notifications: { taskIds: ['task-1', 'task-2'], toolsListChanged: true },
    });
    expect(messagesOf(stream.text)).toEqual([
      ack(ids),
      notify('notifications/tasks', { ...statusOf(ids[0] ?? ''), status: 'completed', result: { content: [] } }),
    ]);
    stream.abort();
  });

  test('can’t watch a task that is not its own [mcp-task-bound-to-key]', async () => {
    const { gateway, make, received } = await tasks();
    const [mine, foreign] = [await make('modern'), await make('modern', 'compute', OTHER)];
    received();
    for (const name of ['taskIds', 'tasksStatus']) {
      for (const taskIds of [
        ['task-1'],
        [mine, foreign],
        [mine, 'task-2'],
        'task-1',
        { 0: 'task-1' },
        [[mine]],
        [null],
      ]) {
        const { message, headers } = modern(LISTEN, { notifications: { [name]: taskIds } }, 1, KNOWS_TASKS);
        const answered = await call(gateway, 'files', message, { ...headers, ...MINE });
        expect(errorOf(answered)).toMatchObject({ id: 1, code: -32_602 });
      }
    }
    expect(received()).toEqual([]);
  });

  test('that has not said that it knows tasks can’t use one that is made all the same', async () => {
    const { gateway, upstream } = await gatewayTo((res, { body }) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(
        JSON.stringify({ jsonrpc: '2.0', id: parseCall(body).id, result: { resultType: 'task', ...statusOf('t') } }),
      );
    });
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { extensions: { 'com.example/tasks': {} } } };
    const make = modern('tools/call', { name: 'compute', arguments: { task: 1 } }, 1, meta);
    const { taskId } = resultOf(await call(gateway, 'files', make.message, make.headers));
    const get = modern('tasks/get', { taskId }, 1, KNOWS_TASKS);
    expect(errorOf(await call(gateway, 'files', get.message, get.headers))).toMatchObject({ code: -32_602 });
    expect(upstream.received).toHaveLength(1);
  });
});
