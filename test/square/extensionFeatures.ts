import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { SKILLS_EXTENSION } from '../../src/mcp/extensions.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { RELATED_TASK, TASKS_EXTENSION } from '../../src/mcp/taskNames.ts';
import { callTool, textOf, type Feature, type Trial } from './trial.ts';

function extensionsOf({ client }: Trial): JsonObject {
  const { extensions } = client.facts['capabilities'] as { readonly extensions?: JsonObject };
  return extensions ?? {};
}

async function done({ client }: Trial, method: string, params: JsonObject): Promise<JsonObject> {
  const { result, error } = await client.request(method, params);
  expect(error).toBeUndefined();
  return result ?? {};
}

/** Asks for a task until it has a status, and gives it. */
async function taskWith(trial: Trial, taskId: unknown, status: string): Promise<JsonObject> {
  const get = () => done(trial, 'tasks/get', { taskId });
  await expect.poll(async () => (await get())['status']).toBe(status);
  return await get();
}

export const tasks: Feature = async (trial) =>
  await (trial.client.era === 'modern' ? tasksOfExtension(trial) : tasksOf2025(trial));

/** SEP-2663. */
async function tasksOfExtension(trial: Trial): Promise<void> {
  expect(extensionsOf(trial)).toHaveProperty([TASKS_EXTENSION]);
  const begin = async (name: string, args: JsonObject): Promise<unknown> => {
    const { result } = await callTool(trial, name, args);
    expect(result).toMatchObject({ resultType: 'task', status: 'working' });
    return result?.['taskId'];
  };
  const computed = await taskWith(trial, await begin('slow_compute', { seconds: 0.05, label: 'it' }), 'completed');
  expect(JSON.stringify(computed['result'])).toContain('Computed it');

  const taskId = await begin('confirm_delete', { filename: 'a.txt' });
  expect(await taskWith(trial, taskId, 'input_required')).toHaveProperty('inputRequests.confirm');
  const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } };
  await done(trial, 'tasks/update', { taskId, inputResponses });
  expect(JSON.stringify((await taskWith(trial, taskId, 'completed'))['result'])).toContain('Deleted a.txt');

  const cancelled = await begin('slow_compute', { seconds: 600 });
  await done(trial, 'tasks/cancel', { taskId: cancelled });
  await taskWith(trial, cancelled, 'cancelled');
}

/** MCP 2025-11-25, basic/utilities/tasks. */
async function tasksOf2025(trial: Trial): Promise<void> {
  const { client, named } = trial;
  expect(client.facts).toHaveProperty('capabilities.tasks.requests.tools.call');
  const begin = async (name: string, args: JsonObject): Promise<unknown> => {
    const params = { name: named(name), arguments: args, task: { ttl: 60_000 } };
    const { task } = (await done(trial, 'tools/call', params)) as { readonly task?: JsonObject };
    expect(task).toMatchObject({ status: 'working' });
    return task?.['taskId'];
  };
  const taskId = await begin('slow_compute', { seconds: 0.05, label: 'it' });
  const result = await done(trial, 'tasks/result', { taskId });
  expect(JSON.stringify(result)).toContain('Computed it');
  expect(result['_meta']).toMatchObject({ [RELATED_TASK]: { taskId } });
  await taskWith(trial, taskId, 'completed');
  // Ids of tasks are sealed for their key, and nobody can list them (docs/adr/0018).
  expect(client.facts).not.toHaveProperty('capabilities.tasks.list');
  expect((await client.request('tasks/list')).error).toMatchObject({ code: -32_601 });

  const cancelled = await begin('test_wait_until_cancelled', { id: 'a task' });
  await done(trial, 'tasks/cancel', { taskId: cancelled });
  await taskWith(trial, cancelled, 'cancelled');
}

/** MCP Apps (SEP-1865): a tool names its interface, which is a resource, and learns whether the client shows it. */
export const apps: Feature = async (trial) => {
  const { tools } = (await done(trial, 'tools/list', {})) as { readonly tools?: readonly JsonObject[] };
  const tool = tools?.find(({ name }) => name === trial.named('test_app'));
  const { ui } = tool?.['_meta'] as { readonly ui: { readonly resourceUri: string } };
  expect(ui.resourceUri).toMatch(/^ui:\/\/.*\/clock$/);
  expect(await done(trial, 'resources/read', { uri: ui.resourceUri })).toMatchObject({
    contents: [{ uri: ui.resourceUri, mimeType: 'text/html;profile=mcp-app', text: expect.stringContaining('Clock') }],
  });
  expect(textOf(await callTool(trial, 'test_app'))).toBe('shown');
};

interface Skill {
  readonly uri: string;
  readonly frontmatter: { readonly name: string };
  readonly resources: readonly { readonly uri: string; readonly digest: string }[];
}

/** SEP-2640. */
export const skills: Feature = async (trial) => {
  expect(extensionsOf(trial)).toHaveProperty([SKILLS_EXTENSION]);
  const all: Skill[] = [];
  let cursor: unknown;
  do {
    const page = await done(trial, 'skills/list', cursor === undefined ? {} : { cursor });
    all.push(...(page['skills'] as readonly Skill[]));
    cursor = page['nextCursor'];
  } while (cursor !== undefined);
  expect(all.map(({ frontmatter }) => frontmatter.name).sort()).toEqual(['git-workflow', 'refunds']);
  const refunds = all.find(({ frontmatter }) => frontmatter.name === 'refunds');
  expect((await done(trial, 'skills/get', { uri: refunds?.uri }))['skill']).toEqual(refunds);
  for (const { uri, digest } of refunds?.resources ?? []) {
    const { contents } = (await done(trial, 'resources/read', { uri })) as {
      readonly contents?: readonly JsonObject[];
    };
    const text = String(contents?.[0]?.['text']);
    expect(`sha256:${createHash('sha256').update(text).digest('hex')}`).toBe(digest);
  }
};
