import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { apps, skills, tasks } from './extensionFeatures.ts';
import { callTool, expectOfEra, listed, notificationsOf, textOf, type Feature, type Trial } from './trial.ts';

const WATCHED = 'test://watched-resource';

/** Begins to hear what the server sends by itself, does something, and waits for the notification. */
async function heard(
  { client }: Trial,
  filter: JsonObject,
  method: string,
  cause: () => Promise<unknown>,
  capabilities?: JsonObject,
): Promise<JsonObject> {
  const listening = new AbortController();
  if (client.era === 'modern') expect(await client.listen(filter, listening.signal, capabilities)).toEqual(filter);
  const before = client.received.length;
  const isIt = (one: JsonObject): boolean => one['method'] === method;
  const message = client.until((messages) => messages.slice(before), isIt);
  // What another client has changed a moment ago may be undone by this one: then there is nothing to hear of, but the next time.
  for (let isHeard = false; !isHeard;) {
    await cause();
    isHeard = await Promise.race([message.then(() => true), delay(1_000, false)]);
  }
  listening.abort();
  return (await message)[0] ?? {};
}

export const FEATURES = {
  async tools(trial) {
    const { client, named } = trial;
    expect(await listed(trial, 'tools/list', 'tools', 'name')).toContain(named('test_simple_text'));
    const called = await callTool(trial, 'test_simple_text');
    expectOfEra(trial, called.result);
    expect(textOf(called)).toContain('simple text');
    expect((await callTool(trial, 'test_error_handling')).result).toMatchObject({ isError: true });
    const unknown = await client.request('tools/call', { name: named('test_unknown'), arguments: {} });
    expect(unknown.error?.code ?? (unknown.result?.['isError'] === true && -32_602)).toBe(-32_602);
  },

  async resources(trial) {
    expect(await listed(trial, 'resources/list', 'resources', 'uri')).toContain('test://static-text');
    const { result } = await trial.client.request('resources/read', { uri: 'test://static-text' });
    expectOfEra(trial, result);
    expect(result).toMatchObject({ contents: [{ uri: 'test://static-text', mimeType: 'text/plain' }] });
    const { error } = await trial.client.request('resources/read', { uri: 'test://nothing' });
    // MCP 2025-11-25, server/resources, Error Handling; MCP 2026-07-28, server/resources, Error Handling. The fixture does not keep to the first.
    const legacyCode = trial.serverEra === 'legacy' ? -32_602 : -32_002;
    expect(error).toMatchObject({ code: trial.client.era === 'modern' ? -32_602 : legacyCode });
  },

  async templates(trial) {
    const templates = await listed(trial, 'resources/templates/list', 'resourceTemplates', 'uriTemplate');
    expect(templates).toContain('test://template/{id}/data');
    const { result } = await trial.client.request('resources/read', { uri: 'test://template/123/data' });
    expect(result).toMatchObject({ contents: [{ uri: 'test://template/123/data', mimeType: 'application/json' }] });
  },

  async prompts(trial) {
    const { client, named } = trial;
    expect(await listed(trial, 'prompts/list', 'prompts', 'name')).toContain(named('test_prompt_with_arguments'));
    const name = named('test_prompt_with_arguments');
    const { result } = await client.request('prompts/get', { name, arguments: { arg1: 'one', arg2: 'two' } });
    expectOfEra(trial, result);
    expect(JSON.stringify(result)).toContain("arg1='one', arg2='two'");
  },

  async completion({ client, named }) {
    const ref = { type: 'ref/prompt', name: named('test_prompt_with_arguments') };
    const argument = { name: 'arg1', value: 'par' };
    const { result } = await client.request('completion/complete', { ref, argument });
    expect(result?.['completion']).toMatchObject({ values: ['paris', 'park', 'party'] });
    const template = { type: 'ref/resource', uri: 'test://template/{id}/data' };
    const ofTemplate = await client.request('completion/complete', {
      ref: template,
      argument: { name: 'id', value: '12' },
    });
    expect(ofTemplate.result?.['completion']).toMatchObject({ values: ['123', '124'] });
  },

  async progress(trial) {
    const progressToken = `token-${randomUUID()}`;
    const before = trial.client.received.length;
    const called = await callTool(trial, 'test_tool_with_progress', {}, { meta: { progressToken } });
    expect(textOf(called)).toContain('progress');
    const reports = notificationsOf(trial.client.received.slice(before), 'notifications/progress');
    expect(reports.map(({ progressToken: of, progress }) => [of, progress])).toEqual([
      [progressToken, 0],
      [progressToken, 50],
      [progressToken, 100],
    ]);
  },

  async logging(trial) {
    const { client } = trial;
    const level = (name: string): JsonObject =>
      client.era === 'modern' ? { 'io.modelcontextprotocol/logLevel': name } : {};
    const set = async (name: string): Promise<void> => {
      if (client.era === 'legacy')
        expect((await client.request('logging/setLevel', { level: name })).error).toBeUndefined();
    };
    const logged = async (name: string): Promise<readonly unknown[]> => {
      await set(name);
      const before = client.received.length;
      await callTool(trial, 'test_logging_tool', {}, { meta: level(name) });
      return notificationsOf(client.received.slice(before), 'notifications/message').map((params) => params['level']);
    };
    expect(await logged('info')).toEqual(['info', 'error']);
    expect(await logged('error')).toEqual(['error']);
    if (client.era === 'legacy') return;
    const before = client.received.length;
    await callTool(trial, 'test_logging_tool');
    expect(notificationsOf(client.received.slice(before), 'notifications/message')).toEqual([]);
  },

  async cancellation(trial) {
    const { client, named } = trial;
    const id = randomUUID();
    const cancelling = new AbortController();
    const before = client.received.length;
    const call = client.once(
      'tools/call',
      { name: named('test_wait_until_cancelled'), arguments: { id } },
      { signal: cancelling.signal, meta: { progressToken: id } },
    );
    const refused = expect(call).rejects.toThrow('cancelled');
    await client.until(
      (all) => all.slice(before),
      ({ method }) => method === 'notifications/progress',
    );
    cancelling.abort();
    await refused;
    await expect.poll(async () => textOf(await callTool(trial, 'test_was_cancelled', { id }))).toBe('true');
  },

  async sampling(trial) {
    expect(textOf(await callTool(trial, 'test_sampling', { prompt: 'The capital of France?' }))).toBe(
      'LLM response: Paris',
    );
  },

  async 'elicitation by form'(trial) {
    const asked = await callTool(trial, 'test_elicitation', { message: 'Who are you?' });
    expect(textOf(asked)).toContain('action=accept');
    expect(textOf(asked)).toContain('Ada');
  },

  async 'elicitation by URL'(trial) {
    expect(textOf(await callTool(trial, 'test_url_elicitation'))).toBe('Page: accept');
  },

  async roots(trial) {
    expect(textOf(await callTool(trial, 'test_input_required_result_list_roots'))).toBe('Roots: file:///square');
  },

  async 'several inputs'(trial) {
    const called = await callTool(trial, 'test_input_required_result_multiple_inputs');
    expect(textOf(called)).toContain('Ada (1 roots)');
  },

  async 'changes of lists'(trial) {
    for (const [filter, trigger, method] of [
      [{ toolsListChanged: true }, 'test_trigger_tool_change', 'notifications/tools/list_changed'],
      [{ promptsListChanged: true }, 'test_trigger_prompt_change', 'notifications/prompts/list_changed'],
      [{ resourcesListChanged: true }, 'test_trigger_resource_change', 'notifications/resources/list_changed'],
    ] as const) {
      // A program has a process for each kind of client of a key: the one that is listed is that of clients that declare nothing.
      await heard(trial, filter, method, () => callTool(trial, trigger, {}, { capabilities: {} }), {});
    }
  },

  async subscriptions(trial) {
    const { client } = trial;
    if (client.era === 'legacy') {
      expect((await client.request('resources/subscribe', { uri: WATCHED })).error).toBeUndefined();
    }
    const updated = await heard(trial, { resourceSubscriptions: [WATCHED] }, 'notifications/resources/updated', () =>
      callTool(trial, 'test_trigger_resource_update'),
    );
    expect(updated['params']).toMatchObject({ uri: WATCHED });
    if (client.era === 'legacy') {
      expect((await client.request('resources/unsubscribe', { uri: WATCHED })).error).toBeUndefined();
    }
  },

  async resumption({ client, named }) {
    const { result } = await client.loseAndResume(
      'tools/call',
      { name: named('test_tool_with_progress'), arguments: {} },
      { meta: { progressToken: randomUUID() } },
    );
    expect(JSON.stringify(result)).toContain('Tool with progress executed');
  },

  async batches({ client, named }) {
    const name = named('test_simple_text');
    const [tools, called, pong] = await client.batch([
      { method: 'tools/list', params: {} },
      { method: 'tools/call', params: { name, arguments: {} } },
      { method: 'ping', params: {} },
    ]);
    expect(JSON.stringify(tools?.result)).toContain(name);
    expect(JSON.stringify(called?.result)).toContain('simple text');
    expect(pong?.result).toBeDefined();
  },

  tasks,
  apps,
  skills,
} satisfies Record<string, Feature>;

export type FeatureName = keyof typeof FEATURES;
