import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { bindTasks } from '../../src/proxy/tasks/boundTasks.ts';
import type { Call } from '../../src/proxy/call.ts';
import type { Message } from '../../src/proxy/message.ts';
import { sealTasks } from '../../src/proxy/tasks/taskAnswer.ts';
import { createTaskIds } from '../../src/proxy/tasks/taskIds.ts';
import { readTasks } from '../../src/proxy/tasks/taskMessage.ts';

const RELATED = 'io.modelcontextprotocol/related-task';
const owner = { keyId: 'key', place: 'place' };
const ids = createTaskIds(randomBytes(32));
const tasks = { owner, grant: 'all' as const, named: new Map(), subject: undefined, makingTool: undefined };
// What of a call the ids of tasks depend on.
const call = { era: 'legacy', id: 1, grant: 'all' } as unknown as Call;

/** A message around the id of a task, with all that writing JSON anew would change. */
function around(id: string): string {
  return (
    `{ "jsonrpc":"2.0", "id":9007199254740993,\r\n"result":{"x":1e400, "_meta":{"${RELATED}":` +
    `{ "n":1.0, "taskId" : "${id}", "m":-0, "m":[9007199254740993], "s":"\\ud800\\/" }, "n":1E5}, "content":[]} }`
  );
}

test('the id of a task is replaced in a message of a server, and no other byte [mcp-numbers-keep-their-text]', () => {
  const id = ids.made(owner, 'tool', 'task-1') ?? '';
  const text = around('task-1');
  expect(sealTasks(text, JSON.parse(text), call, tasks, ids)).toBe(around(id));
});

test('and in a message of a client', () => {
  const id = ids.made(owner, 'tool', 'task-1') ?? '';
  const text = around(id).replace('"m":-0, ', '');
  const message: Message = {
    era: 'legacy',
    kind: 'response',
    id: 1,
    awaited: [],
    method: undefined,
    tools: [],
    onlyTools: false,
  };
  const read = readTasks(message, JSON.parse(text), Buffer.from(text), text);
  if (read === undefined || 'status' in read) throw new Error('the message is about a task');
  const bound = bindTasks('POST', { ...message, tasks: read }, owner, 'all', ids);
  expect(bound && 'bytes' in bound && bound.bytes?.toString()).toBe(text.replace(id, 'task-1'));
});
