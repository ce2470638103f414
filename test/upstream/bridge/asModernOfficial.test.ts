import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOG_LEVEL_KEY } from '../../../src/mcp/logLevels.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { startFixtureServer, type FixtureServer } from '../../support/fixtureServer.ts';
import { connect } from '../support/connect.ts';
import { bridged, call, got, repeat } from './asModernWorld.ts';

const textOf = (result: JsonObject | undefined): string => JSON.stringify(result?.['content']);

/** The official SDK's server in the legacy era, as modern clients get it. */
describe('the official legacy server over Streamable HTTP, for modern clients', () => {
  let server: FixtureServer;
  let upstream: Upstream;
  beforeAll(async () => {
    server = await startFixtureServer();
    const open = (capabilities: JsonObject) => connect(server.url, { era: 'legacy', capabilities });
    upstream = bridged(await open({}), { open });
  });
  afterAll(async () => {
    await upstream[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('asks for a sample and for a form [bridge-modern-client-input]', async () => {
    const sampling = { name: 'test_sampling', arguments: { prompt: 'What?' } };
    const asked = await call(upstream, sampling);
    expect(Object.values(asked.inputs)).toMatchObject([{ method: 'sampling/createMessage' }]);
    const message = { role: 'assistant', content: { type: 'text', text: 'forty-two' }, model: 'm' };
    expect(textOf((await repeat(upstream, asked, () => message, sampling)).result)).toContain('forty-two');

    const eliciting = { name: 'test_elicitation', arguments: { message: 'Who?' } };
    const form = await call(upstream, eliciting);
    expect(Object.values(form.inputs)).toMatchObject([{ method: 'elicitation/create', params: { message: 'Who?' } }]);
    const accepted = { action: 'accept', content: { username: 'ada', email: 'ada@example.com' } };
    expect(textOf((await repeat(upstream, form, () => accepted, eliciting)).result)).toContain('ada');
  });

  test('tells a client that can’t be asked so [bridge-modern-client-capabilities]', async () => {
    const params = { name: 'test_sampling', arguments: { prompt: 'What?' } };
    const { result, error, requestState } = await call(upstream, params, { capabilities: {} });
    expect(requestState).toBeUndefined();
    expect(result?.['isError'] ?? error).toBeDefined();
  });

  test('logs, and tells of progress [bridge-modern-client-logs] [bridge-modern-client-progress]', async () => {
    const logged = await call(upstream, { name: 'test_tool_with_logging', _meta: { [LOG_LEVEL_KEY]: 'info' } });
    expect(logged.messages.length).toBeGreaterThan(1);
    expect((await call(upstream, { name: 'test_tool_with_logging' })).messages).toHaveLength(1);
    const progress = await call(upstream, { name: 'test_tool_with_progress', _meta: { progressToken: 'p' } });
    expect(progress.messages.slice(0, -1)).toMatchObject(
      [0, 50, 100].map((step) => ({ notification: { params: { progressToken: 'p', progress: step } } })),
    );
  });

  test('lists, reads and fails as the modern era has it [bridge-modern-client-results]', async () => {
    const list = await got(upstream.ask({ method: 'tools/list', params: {} }));
    expect(list.result).toMatchObject({ resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
    const read = await got(upstream.ask({ method: 'resources/read', params: { uri: 'test://static-text' } }));
    expect(read.result).toMatchObject({ resultType: 'complete', ttlMs: 0 });
    const missing = await got(upstream.ask({ method: 'resources/read', params: { uri: 'test://nowhere' } }));
    expect(missing.error).toMatchObject({ code: -32_602 });
  });

  test('tells of a list that changes, and of a resource that is watched [bridge-modern-client-listening]', async () => {
    const controller = new AbortController();
    const heard: unknown[] = [];
    const filter = { toolsListChanged: true, resourceSubscriptions: ['test://watched-resource'] };
    const listening = (async () => {
      for await (const message of upstream.listen({ signal: controller.signal, filter })) {
        if (message.kind === 'notification') heard.push(message.notification.method);
      }
    })();
    await expect.poll(() => heard).toEqual(['notifications/subscriptions/acknowledged']);
    await call(upstream, { name: 'test_trigger_tool_change' }, { capabilities: {} });
    await expect.poll(() => heard).toContain('notifications/tools/list_changed');
    controller.abort(new Error('enough'));
    await listening;
  });
});
