import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema, ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEverythingServer } from '../support/everythingServer.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

let gateway: TestGateway;
let stack: AsyncDisposableStack;
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const server = setUp.use(await startEverythingServer());
  gateway = setUp.use(await startTestGateway());
  await gateway.addServer('everything', server.url);
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

/** Connects the official client, which answers what a task asks, with a key of its own. */
async function connect(): Promise<{ client: Client; asked: Record<string, unknown>[] }> {
  const { apiKey } = await gateway.createKey();
  const asked: Record<string, unknown>[] = [];
  const capabilities = { elicitation: {}, tasks: { requests: { elicitation: { create: {} } } } };
  const client = new Client({ name: 'metamcp-test', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked.push(params);
    return { action: 'accept', content: { interpretation: 'snake' } };
  });
  const headers = { authorization: `Bearer ${apiKey}` };
  const url = new URL(`${gateway.url}/mcp/everything`);
  await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
  stack.defer(() => client.close());
  return { client, asked };
}

test('a task runs to its end, with a question in between, and no other key gets at it [mcp-official-clients] [mcp-task-bound-to-key]', async () => {
  const [mine, other] = [await connect(), await connect()];
  expect(mine.client.getServerCapabilities()?.tasks).toMatchObject({ cancel: {}, requests: { tools: { call: {} } } });
  expect(mine.client.getServerCapabilities()?.tasks).not.toHaveProperty('list');
  const params = { name: 'simulate-research-query', arguments: { topic: 'python', ambiguous: true } };
  const statuses = new Set<string>();
  let taskId = '';
  let report = '';
  for await (const message of mine.client.experimental.tasks.callToolStream(params, CallToolResultSchema, {
    task: {},
  })) {
    if (message.type === 'taskCreated') {
      ({ taskId } = message.task);
      for (const attempt of [
        other.client.experimental.tasks.getTask(taskId),
        other.client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema),
        other.client.experimental.tasks.cancelTask(taskId),
      ]) {
        await expect(attempt).rejects.toThrow('Task not found');
      }
    }
    if (message.type === 'taskStatus') {
      expect(message.task.taskId).toBe(taskId);
      statuses.add(message.task.status);
    }
    if (message.type === 'error') throw message.error;
    if (message.type === 'result') report = JSON.stringify(message.result);
  }
  expect(statuses).toContain('working');
  expect(report).toContain('python (snake)');
  expect(mine.asked).toMatchObject([{ _meta: { 'io.modelcontextprotocol/related-task': { taskId } } }]);
  const again = await mine.client.experimental.tasks.getTaskResult(taskId, CallToolResultSchema);
  expect(again._meta).toEqual({ 'io.modelcontextprotocol/related-task': { taskId } });
  await expect(mine.client.experimental.tasks.listTasks()).rejects.toThrow();
});
