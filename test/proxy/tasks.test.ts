import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../src/access/grants.ts';
import { ask, call, errorOf, modern, until, type WholeAnswer } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { relatedTo, statusOf, taskServer } from './taskServer.ts';
import { ERAS, KNOWS_TASKS, MINE, OTHER, resultOf, taskWorld } from './taskWorld.ts';
import { parseCall } from './upstream.ts';

const setup = fixture();
const { gatewayTo } = setup;
const tasks = taskWorld(setup);
const ANSWERS = ERAS.flatMap((era) => [[era, 'JSON', false] as const, [era, 'an event stream', true] as const]);

describe('a task of a server', () => {
  test.for(ANSWERS)(
    'is named to the %s client by an id that tells nothing, in %s [mcp-task-id-opaque]',
    async ([era, , sse]) => {
      const { server, make, about, upstream } = await tasks();
      server.sse = sse;
      const taskId = await make(era);
      expect(taskId).toMatch(/^[\w-]{40,}$/);
      expect(Buffer.from(taskId, 'base64url').toString('latin1')).not.toContain('task-1');
      for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
        const answered = await about(era, method, taskId);
        expect(resultOf(answered)).toEqual({ ...statusOf(taskId), resultType: 'complete' });
        if (sse) expect(answered.text).toMatch(/^id: e1\n/);
      }
      const _meta = relatedTo(taskId);
      if (era === 'legacy') {
        const whole = { content: [], secret: 'compute', _meta };
        expect(resultOf(await about(era, 'tasks/result', taskId))).toEqual(whole);
      }
      for (const { headers, body } of upstream.received.slice(1)) {
        expect(parseCall(body).params).toMatchObject({ taskId: 'task-1' });
        expect(headers['mcp-name']).toBe(era === 'modern' ? 'task-1' : undefined);
      }
    },
  );

  test.for(ERAS)('is known to another replica, and to the gateway started again, in the %s era', async (era) => {
    const sessionKey = randomBytes(32);
    const { make, upstream } = await tasks({ sessionKey });
    const taskId = await make(era);
    const later = await tasks({ sessionKey });
    later.gateway.servers.set('files', upstream.url);
    expect(resultOf(await later.about(era, 'tasks/get', taskId))).toMatchObject({ taskId });
  });

  test('whose id is no header value is named to a modern server in base64', async () => {
    const { make, about, upstream } = await tasks(
      {},
      taskServer(() => ' tâche 1 '),
    );
    expect((await about('modern', 'tasks/get', await make('modern'))).status).toBe(200);
    expect(upstream.received[1]?.headers['mcp-name']).toBe('=?base64?IHTDomNoZSAxIA==?=');
  });

  test.for([3_500, 5_000])('whose id is too long for a header can’t be used: %d characters', async (length) => {
    const { make, about, received } = await tasks(
      {},
      taskServer(() => 'x'.repeat(length)),
    );
    const taskId = await make('legacy');
    expect(taskId.length).toBe(length);
    received();
    expect(errorOf(await about('legacy', 'tasks/get', taskId))).toMatchObject({ code: -32_602 });
    expect(received()).toEqual([]);
  });

  test('leaves what else is in the messages as it is, byte for byte [mcp-bytes-unchanged]', async () => {
    const rest = ' "big":12345678901234567890, "float":1.0, "text":"\\u00e9\\/", "odd" : [ ] ';
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(`{"jsonrpc":"2.0","id":1,"result":{ "task" : {"taskId":"t"},${rest}}}`);
    });
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","task":{},"arguments":{${rest}}}}`;
    const { text } = await ask(gateway, '/mcp/files', { body });
    const { taskId } = resultOf({ text, headers: {} } as WholeAnswer)['task'] as { taskId: string };
    expect(text).toBe(`{"jsonrpc":"2.0","id":1,"result":{ "task" : {"taskId":"${taskId}"},${rest}}}`);
    const update = (id: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"tasks/update","params":{ "taskId":"${id}","inputResponses":{${rest}}}}`;
    await ask(gateway, '/mcp/files', { body: update(taskId) });
    expect(upstream.received.map((received) => received.body.toString())).toEqual([body, update('t')]);
  });
});

describe('a task that is not the key’s own', () => {
  const METHODS = ['tasks/get', 'tasks/result', 'tasks/cancel', 'tasks/update'];
  const NOT_FOUND = { code: -32_602, message: 'Failed to retrieve task: Task not found' };

  const OF_ERAS = { legacy: METHODS, modern: METHODS.filter((method) => method !== 'tasks/result') };

  test.for(ERAS.flatMap((era) => OF_ERAS[era].map((method) => [era, method] as const)))(
    'is unknown to it, whatever id it tries, in the %s era: %s [mcp-task-bound-to-key]',
    async ([era, method]) => {
      const { gateway, upstream, make, about, received } = await tasks();
      const mine = await make(era);
      const foreign = await make(era, 'compute', OTHER);
      gateway.servers.set('twin', upstream.url);
      const session = await call(gateway, 'files', { ...LIST, method: 'initialize', params: {} }, MINE);
      const asSession = await call(gateway, 'files', LIST, { ...MINE, 'mcp-session-id': mine });
      expect(errorOf(asSession)).toMatchObject({ code: -32_001 });
      received();
      const hostile = [
        foreign,
        ...['task-1', 'task-2', 'task-99', '', 'x'.repeat(4_000)],
        ...[mine.slice(0, -1), mine.slice(1), `${mine}=`, `${mine}A`, mine.toLowerCase()],
        String(session.headers['mcp-session-id']),
      ];
      const answers = new Set<string>();
      for (const taskId of hostile) {
        const answered = await about(era, method, taskId);
        expect(answered.status).toBe(200);
        expect(errorOf(answered)).toEqual({ id: 1, ...NOT_FOUND, data: undefined });
        answers.add(JSON.stringify([answered.text, { ...answered.headers, date: '', 'x-request-id': '' }]));
      }
      expect(answers.size).toBe(1);
      expect(received()).toEqual([]);
      expect(resultOf(await about(era, method, mine))).toBeDefined();
    },
  );

  test.for([undefined, null, 1, ' ', ' task-1', {}, ['task-1'], { taskId: 'task-1' }, true])(
    'nor is %j an id',
    async (taskId) => {
      const { make, about, received } = await tasks();
      await make('legacy');
      received();
      expect(errorOf(await about('legacy', 'tasks/get', taskId))).toMatchObject(NOT_FOUND);
      expect(received()).toEqual([]);
    },
  );

  test('is unknown without params, and to a notification', async () => {
    const { gateway, make, received } = await tasks();
    await make('legacy');
    received();
    for (const params of [undefined, null, [], ['task-1'], 'task-1', {}]) {
      const answered = await call(gateway, 'files', { ...LIST, method: 'tasks/result', params }, MINE);
      expect(errorOf(answered)).toMatchObject(NOT_FOUND);
    }
    const silent = { jsonrpc: '2.0', method: 'tasks/cancel', params: { taskId: 'task-1' } };
    expect((await call(gateway, 'files', silent, MINE)).status).toBe(202);
    expect(received()).toEqual([]);
  });

  test('a huge id is unknown, and the body’s bound holds', async () => {
    const { about, received } = await tasks();
    expect(errorOf(await about('legacy', 'tasks/get', 'x'.repeat(8_000_000)))).toMatchObject(NOT_FOUND);
    expect((await about('legacy', 'tasks/get', 'x'.repeat(17 * 1024 * 1024))).status).toBe(413);
    expect(received()).toEqual([]);
  });

  test.for(ERAS)('it is unknown at another server, and at the same one elsewhere, in the %s era', async (era) => {
    const { gateway, upstream, make, about, received } = await tasks();
    const taskId = await make(era);
    received();
    gateway.servers.set('twin', upstream.url);
    const twin = modern('tasks/get', { taskId }, 1, KNOWS_TASKS);
    const atTwin = await call(gateway, 'twin', twin.message, { ...twin.headers, ...MINE });
    expect(errorOf(atTwin)).toMatchObject(NOT_FOUND);
    const url = new URL(upstream.url);
    gateway.servers.set('files', `${url.origin}/elsewhere`);
    expect(errorOf(await about(era, 'tasks/get', taskId))).toMatchObject(NOT_FOUND);
    expect(received()).toEqual([]);
    gateway.servers.set('files', url.href);
    expect(resultOf(await about(era, 'tasks/get', taskId))).toMatchObject({ taskId });
  });

  test('it is unknown under another session key', async () => {
    const { make, upstream } = await tasks();
    const taskId = await make('legacy');
    const stranger = await tasks();
    stranger.gateway.servers.set('files', upstream.url);
    expect(errorOf(await stranger.about('legacy', 'tasks/get', taskId))).toMatchObject(NOT_FOUND);
  });
});

describe('a modern client', () => {
  test.for(['tasks/get', 'tasks/update', 'tasks/cancel', 'subscriptions/listen'])(
    'that does not declare tasks is told so, whatever task it names: %s [mcp-task-undeclared]',
    async (method) => {
      const { gateway, make, received } = await tasks();
      const mine = await make('modern');
      received();
      for (const taskId of [mine, 'task-1']) {
        const params = method === 'subscriptions/listen' ? { notifications: { taskIds: [taskId] } } : { taskId };
        const { message, headers } = modern(method, params);
        const answered = await call(gateway, 'files', message, { ...headers, ...MINE });
        expect(answered.status).toBe(400);
        expect(errorOf(answered)).toMatchObject({
          code: -32_021,
          data: { requiredCapabilities: { extensions: { 'io.modelcontextprotocol/tasks': {} } } },
        });
      }
      expect(received()).toEqual([]);
    },
  );

  test('finds no method of tasks that the extension has removed [mcp-task-undeclared]', async () => {
    const { make, about, received } = await tasks();
    const taskId = await make('modern');
    received();
    for (const method of ['tasks/result', 'tasks/list']) {
      const answered = await about('modern', method, taskId);
      expect([answered.status, errorOf(answered)?.code]).toEqual([404, -32_601]);
    }
    expect(received()).toEqual([]);
  });
});

describe('a task of a tool that the key has lost', () => {
  test.for(ERAS)('is unknown until it has the tool again, in the %s era [mcp-task-tool-granted]', async (era) => {
    const { gateway, make, about, received } = await tasks();
    gateway.keys.add('narrow', { keyId: 'k', grants: ['files:compute', 'files:read'] });
    const narrow = { authorization: 'Bearer narrow' };
    const [compute, read] = [await make(era, 'compute', narrow), await make(era, 'read', narrow)];
    expect(resultOf(await about(era, 'tasks/get', compute, narrow))).toMatchObject({ taskId: compute });
    gateway.keys.add('narrow', { keyId: 'k', grants: ['files:read'] });
    received();
    for (const method of ['tasks/get', era === 'legacy' ? 'tasks/result' : 'tasks/update', 'tasks/cancel']) {
      expect(errorOf(await about(era, method, compute, narrow))).toMatchObject({ code: -32_602 });
    }
    expect(received()).toEqual([]);
    expect(resultOf(await about(era, 'tasks/get', read, narrow))).toMatchObject({ taskId: read });
    gateway.keys.add('narrow', { keyId: 'k', grants: ['files'] });
    expect(resultOf(await about(era, 'tasks/get', compute, narrow))).toMatchObject({ taskId: compute });
  });

  test('has the call cut that waits for its result; another one goes on [mcp-task-tool-granted]', async () => {
    const { gateway, upstream, server, make, about } = await tasks();
    const principal = gateway.keys.add('mine');
    const [compute, read] = [await make('legacy', 'compute'), await make('legacy', 'read')];
    server.isSlow = true;
    const waiting = about('legacy', 'tasks/result', compute);
    const other = about('legacy', 'tasks/result', read);
    await until(() => upstream.received.length === 4, 'both wait');
    gateway.keys.change(principal, { grants: compileGrants(['files:read']) });
    expect(errorOf(await waiting)).toMatchObject({ data: { code: 'key-access-changed' } });
    expect(gateway.register.size).toBe(1);
    gateway.keys.revoke(principal);
    expect(errorOf(await other)).toMatchObject({ data: { code: 'key-revoked' } });
    await until(() => upstream.received.length === 6, 'the server was told of both');
    expect(parseCall(upstream.received[4]?.body ?? Buffer.of())).toMatchObject({ method: 'notifications/cancelled' });
  });

  test('is no call of the tool where calls are counted', async () => {
    const { gateway, make, about } = await tasks();
    await about('legacy', 'tasks/get', await make('legacy'));
    await until(() => gateway.events.length === 2, 'both ended');
    expect(gateway.events).toMatchObject([{ tool: 'compute' }, { method: 'tasks/get', tool: undefined }]);
  });
});

test.for([false, true])(
  'a server’s list of tasks is not offered, in a stream: %j [mcp-task-list-closed]',
  async (sse) => {
    const capabilities = (tasksOffered: unknown) => ({ tools: {}, tasks: tasksOffered });
    const { gateway } = await gatewayTo((res) => {
      const offered = capabilities({ list: {}, cancel: {}, requests: { tools: { call: {} } } });
      const text = JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        result: { capabilities: offered, serverInfo: { name: 's' } },
      });
      res.writeHead(200, { 'Content-Type': sse ? 'text/event-stream' : 'application/json' });
      res.end(sse ? `data: ${text}\n\n` : text);
    });
    const answered = await call(gateway, 'files', { ...LIST, method: 'initialize', params: {} });
    expect(resultOf(answered)).toEqual({
      capabilities: capabilities({ cancel: {}, requests: { tools: { call: {} } } }),
      serverInfo: { name: 's' },
    });
  },
);
