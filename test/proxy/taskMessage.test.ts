import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, modern } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { relatedTo } from './taskServer.ts';
import { MINE, OTHER, taskWorld } from './taskWorld.ts';

const tasks = taskWorld(fixture());

describe('a message about tasks that could be read in two ways', () => {
  const R = 'io.modelcontextprotocol/related-task';
  const get = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":${params}}`;
  const related = (params: string) => `{"jsonrpc":"2.0","id":1,"method":"ping","params":${params}}`;

  test.for([
    ['an id twice', get('{"taskId":"task-1","taskId":"MINE"}')],
    ['an id twice, the other way', get('{"taskId":"MINE","taskId":"task-1"}')],
    ['an id in other case too', get('{"taskId":"MINE","TaskID":"task-1"}')],
    ['an id in other case only', get('{"taskid":"task-1"}')],
    ['an id, escaped', get('{"taskId":"MINE","t\\u0061skId":"task-1"}')],
    ['an id with a Kelvin sign', get('{"taskId":"MINE","tas\u212aId":"task-1"}')],
    [
      'params twice',
      '{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"task-1"},"params":{"taskId":"MINE"}}',
    ],
    ['the method twice', '{"jsonrpc":"2.0","id":1,"method":"tasks/get","method":"ping","params":{"taskId":"task-1"}}'],
    ['the method escaped', '{"jsonrpc":"2.0","id":1,"method":"t\\u0061sks/get","method":"ping","params":{}}'],
    ['_meta twice', related(`{"_meta":{"${R}":{"taskId":"task-1"}},"_meta":{}}`)],
    [
      '_meta escaped',
      related(`{"_meta":{"io.modelcontextprotocol/rel\\u0061ted-t\\u0061sk":{"taskId":"task-1"}},"_meta":{}}`),
    ],
    ['the relation twice', related(`{"_meta":{"${R}":{"taskId":"task-1"},"${R}":{"taskId":"MINE"}}}`)],
    ['the relation in other case', related(`{"_meta":{"${R.toUpperCase()}":{"taskId":"task-1"}}}`)],
    ['the related id twice', related(`{"_meta":{"${R}":{"taskId":"task-1","taskId":"MINE"}}}`)],
    ['the related id in other case', related(`{"_meta":{"${R}":{"taskId":"MINE","TASKID":"task-1"}}}`)],
    ['an answer’s _meta twice', `{"jsonrpc":"2.0","id":1,"result":{"_meta":{"${R}":{"taskId":"task-1"}},"_meta":{}}}`],
    ['two results', `{"jsonrpc":"2.0","id":1,"result":{"_meta":{"${R}":{"taskId":"task-1"}}},"result":{}}`],
    [
      'a watched id twice',
      '{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"taskIds":["task-1"],"taskIds":[]}}}',
    ],
    ['a batch', `[${get('{"taskId":"MINE"}')}]`],
    ['a batch with a related message', `[${related(`{"_meta":{"${R}":{"taskId":"task-1"}}}`)}]`],
    ['a batch with an answer', `[{"jsonrpc":"2.0","id":1,"result":{"_meta":{"${R}":{"taskId":"task-1"}}}}]`],
  ])('is refused: %s [mcp-task-one-reading]', async ([, body = '']) => {
    const { gateway, make, received } = await tasks();
    const mine = await make('legacy');
    received();
    const answered = await ask(gateway, '/mcp/files', { body: body.replace('MINE', mine), headers: MINE });
    expect(answered.status).toBe(400);
    expect(errorOf(answered)).toMatchObject({ code: -32_600 });
    expect(received()).toEqual([]);
  });

  test('is refused: bytes that are no UTF-8, which another parser might leave out', async () => {
    const { gateway, received } = await tasks();
    const body = Buffer.from(
      '{"jsonrpc":"2.0","id":1,"method":"ta\xffsks/get","params":{"ta\xffskId":"victim"}}',
      'latin1',
    );
    expect((await ask(gateway, '/mcp/files', { body })).status).toBe(400);
    expect(received()).toEqual([]);
  });

  test.for(['tasks/list', 'tasks/LIST', 'tasks/watch', 'Tasks/Get', 'TASKS/list'])(
    'so is a method whose answer can’t be kept to the key’s own tasks: %s [mcp-task-list-closed]',
    async (method) => {
      const { gateway, make, received } = await tasks();
      await make('legacy');
      received();
      const old = await call(gateway, 'files', { ...LIST, method, params: { taskId: 'task-1' } }, MINE);
      expect(old.status).toBe(200);
      expect(errorOf(old)).toMatchObject({ id: 1, code: -32_601 });
      const { message, headers } = modern(method);
      const answered = await call(gateway, 'files', message, { ...headers, ...MINE });
      expect(answered.status).toBe(404);
      expect(errorOf(answered)).toMatchObject({ id: 1, code: -32_601 });
      expect(received()).toEqual([]);
    },
  );
});

describe('a message of the client that says which task it belongs to', () => {
  test('has the server’s own id, if the task is the key’s own [mcp-task-related]', async () => {
    const { gateway, make, received } = await tasks();
    const mine = await make('legacy');
    received();
    const ping = (taskId: string) => ({
      ...LIST,
      method: 'ping',
      params: { _meta: { a: 1, ...relatedTo(taskId), b: 2 } },
    });
    expect((await call(gateway, 'files', ping(mine), MINE)).status).toBe(200);
    expect(received()).toEqual([ping('task-1')]);
  });

  test.for(['task-1', 'task-2', 1, null, {}])(
    'is answered as for an unknown task, when it is a request about %j [mcp-task-related]',
    async (taskId) => {
      const { gateway, make, received } = await tasks();
      await make('legacy');
      const foreign = await make('legacy', 'compute', OTHER);
      received();
      for (const id of [taskId, foreign]) {
        for (const related of [relatedTo(id), { 'io.modelcontextprotocol/related-task': id }]) {
          const message = { ...LIST, method: 'tools/call', params: { name: 'read', _meta: related } };
          expect(errorOf(await call(gateway, 'files', message, MINE))).toMatchObject({ code: -32_602 });
        }
      }
      expect(received()).toEqual([]);
    },
  );

  test('has it left out, when it is an answer or a notification about another one [mcp-task-related]', async () => {
    const { gateway, make, received } = await tasks();
    await make('legacy');
    const foreign = await make('legacy', 'compute', OTHER);
    received();
    const R = '"io.modelcontextprotocol/related-task"';
    for (const id of ['"task-1"', '"task-2"', `"${foreign}"`, '1', 'null', '{}']) {
      for (const [before, after] of [
        [`{${R}:{"taskId":${id}}}`, '{}'],
        [`{ ${R} : {"taskId":${id}} , "big":12345678901234567890}`, '{  "big":12345678901234567890}'],
        [`{"a":"\\"","b":[1], ${R}:{"x":{},"taskId":${id}},"c":1.0}`, '{"a":"\\"","b":[1],"c":1.0}'],
        [`{"a":{} ,${R}:${id} }`, '{"a":{} }'],
      ]) {
        for (const message of [
          (meta: string) => `{"jsonrpc":"2.0","id":"ask-1","result":{"action":"accept","_meta":${meta}}}`,
          (meta: string) => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"_meta":${meta}}}`,
        ]) {
          const answered = await ask(gateway, '/mcp/files', { body: message(before ?? ''), headers: MINE });
          expect(answered.status).toBe(202);
          expect(received()).toEqual([JSON.parse(message(after ?? ''))]);
        }
      }
    }
  });
});
