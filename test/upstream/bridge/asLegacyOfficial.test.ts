import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerRequest } from '../../../src/mcp/jsonRpc.ts';
import { asLegacy } from '../../../src/upstream/bridge/asLegacy.ts';
import { listTools } from '../../../src/upstream/catalogue.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { startFixtureServer, type FixtureServer } from '../../support/fixtureServer.ts';
import { WATCHED_RESOURCE } from '../../support/fixture/state.ts';
import { collect } from '../../contract/upstreamWorld.ts';
import { connect } from '../support/connect.ts';
import { askAsClient, EVERYTHING, outcomeOf, requestsIn } from './legacyClient.ts';

let server: FixtureServer;
let upstream: Upstream;

beforeAll(async () => {
  server = await startFixtureServer();
  upstream = asLegacy(await connect(server.url, { era: 'modern' }), { capabilities: EVERYTHING });
});
afterAll(async () => {
  await upstream[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** Replies as a user does who agrees to everything. */
function agree({ method, params }: ServerRequest) {
  if (method === 'roots/list') return { result: { roots: [{ uri: 'file:///home' }] } };
  if (method === 'elicitation/create') {
    const { properties } = params?.['requestedSchema'] as { properties: Record<string, { type: string }> };
    const content = Object.fromEntries(
      Object.entries(properties).map(([name, { type }]) => [name, type === 'boolean' ? true : 'Ada']),
    );
    return { result: { action: 'accept', content } };
  }
  return { result: { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } } };
}

const call = (name: string, args: object = {}) =>
  askAsClient(upstream, { method: 'tools/call', params: { name, arguments: args } }, agree);

describe('the official server of the modern era, for a legacy client', () => {
  test.each([
    ['test_sampling', { prompt: 'Say' }, 'LLM response: Paris', ['sampling/createMessage']],
    ['test_input_required_result_elicitation', {}, 'Hello, Ada!', ['elicitation/create']],
    ['test_input_required_result_list_roots', {}, 'Roots: file:///home', ['roots/list']],
    ['test_input_required_result_request_state', {}, 'state-ok', ['elicitation/create']],
    [
      'test_input_required_result_multiple_inputs',
      {},
      '{"type":"text","text":"Paris"} Ada (1 roots)',
      ['elicitation/create', 'sampling/createMessage', 'roots/list'],
    ],
    [
      'test_input_required_result_multi_round',
      {},
      'Your favorite color is Ada',
      ['elicitation/create', 'elicitation/create'],
    ],
  ])('runs %s to its end', async (name, args, text, methods) => {
    const messages = await call(name, args);
    expect(outcomeOf(messages)['result']).toEqual({ content: [{ type: 'text', text }] });
    expect(requestsIn(messages).map(({ method }) => method)).toEqual(methods);
  });

  test('asks a client for nothing that declares nothing', async () => {
    const bare = asLegacy(await connect(server.url, { era: 'modern' }), { capabilities: {} });
    try {
      const request = { method: 'tools/call', params: { name: 'test_missing_capability', arguments: {} } };
      const messages = await askAsClient(bare, request, agree);
      expect(messages.map(({ kind }) => kind)).toEqual(['response']);
      expect(outcomeOf(messages)).toMatchObject({
        error: { code: -32_603, message: expect.stringContaining('declares sampling') as string },
      });
    } finally {
      await bare[Symbol.asyncDispose]();
    }
  });

  test('logs as its level says, and tells of progress', async () => {
    await collect(upstream.ask({ method: 'logging/setLevel', params: { level: 'debug' } }));
    const logged = await call('test_tool_with_logging');
    expect(logged.filter(({ kind }) => kind === 'notification').length).toBeGreaterThanOrEqual(3);
    const request = {
      method: 'tools/call',
      params: { name: 'test_tool_with_progress', arguments: {}, _meta: { progressToken: 7 } },
    };
    const progress = (await askAsClient(upstream, request, agree)).flatMap((message) =>
      message.kind === 'notification' ? [message.notification.params] : [],
    );
    expect(progress.map((params) => params?.['progress'])).toEqual([0, 50, 100]);
    expect(progress.map((params) => params?.['progressToken'])).toEqual([7, 7, 7]);
  });

  test('tells of lists and watched resources on one stream', async () => {
    await collect(upstream.ask({ method: 'resources/subscribe', params: { uri: WATCHED_RESOURCE } }));
    const controller = new AbortController();
    const seen = new Set<string>();
    const listening = (async () => {
      for await (const message of upstream.listen({ signal: controller.signal })) {
        if (message.kind === 'notification') seen.add(message.notification.method);
      }
    })();
    await expect
      .poll(() => {
        server.state.updateWatchedResource();
        server.state.toggleTool();
        return [...seen].toSorted();
      })
      .toEqual(['notifications/resources/updated', 'notifications/tools/list_changed']);
    controller.abort();
    await listening;
  });

  test('lists its tools, reads its resources, and knows what is not there', async () => {
    expect((await listTools(upstream)).items.length).toBeGreaterThan(10);
    const read = async (uri: string) =>
      outcomeOf(await collect(upstream.ask({ method: 'resources/read', params: { uri } })));
    expect(Object.keys((await read('test://static-text'))['result'] as object)).toEqual(['contents']);
    expect(await read('test://nowhere')).toMatchObject({ error: { code: -32_002, data: { uri: 'test://nowhere' } } });
  });

  test('is cancelled by its client', async () => {
    const controller = new AbortController();
    const request = {
      method: 'tools/call',
      params: { name: 'test_wait_until_cancelled', arguments: { id: 'bridge' } },
    };
    const asked = collect(upstream.ask(request, { signal: controller.signal })).catch(() => undefined);
    await expect.poll(() => server.state.waiting.has('bridge')).toBe(true);
    controller.abort();
    await asked;
    await expect.poll(() => server.state.cancelled.has('bridge')).toBe(true);
  });
});
