import { expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import { parseCall } from '../upstream.ts';
import { aggregateWorld, client, reply, server } from './world.ts';

const TASKS = { tasks: { requests: { tools: { call: {} } } } };

test('A task of a tool that a key may not use any more is unknown to it [mcp-task-bound-to-key]', async () => {
  await using world = await aggregateWorld();
  const { gateway } = world;
  const answers = {
    'tools/call': (res: Parameters<typeof reply>[0], { body }: { body: Buffer }) =>
      reply(res, parseCall(body).id, { result: { task: { taskId: 't1', status: 'working' } } }),
    'tasks/get': (res: Parameters<typeof reply>[0], { body }: { body: Buffer }) =>
      reply(res, parseCall(body).id, { result: { taskId: 't1', status: 'working' } }),
  };
  await world.add('a', server({ tools: ['work', 'rest'], capabilities: { tools: {}, ...TASKS }, answers }));
  const key = gateway.keys.add('narrow', { grants: ['a'] });
  const me = await client(gateway, 'legacy', { token: 'narrow' });
  const made = await me.ask('tools/call', { name: 'a__work', task: {} });
  const { taskId } = made.result?.['task'] as { taskId: string };
  expect((await me.ask('tasks/get', { taskId })).result).toMatchObject({ taskId, status: 'working' });
  gateway.keys.change(key, { grants: compileGrants(['a:work']) });
  expect((await me.ask('tasks/get', { taskId })).result).toMatchObject({ taskId });
  gateway.keys.change(key, { grants: compileGrants(['a:rest']) });
  expect((await me.ask('tasks/get', { taskId })).error).toMatchObject({ code: -32_602 });
});
