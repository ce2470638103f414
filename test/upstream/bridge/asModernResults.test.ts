import { describe, expect, test } from 'vitest';
import { LOG_LEVEL_KEY } from '../../../src/mcp/logLevels.ts';
import { answer, collect, type Behaviour } from '../../contract/upstreamWorld.ts';
import { sseWorld } from '../sse/sseWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { got, openBridge } from './asModernWorld.ts';

const world = httpWorld('legacy');

describe('what a modern client gets of a legacy server', () => {
  test('is its introduction, without what only the legacy era has [bridge-modern-client-facts]', async () => {
    await using under = await openBridge(world, {});
    expect((await got(under.upstream.ask({ method: 'server/discover' }))).result).toEqual({
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: { listChanged: true }, logging: {} },
      instructions: 'Use it well.',
      ttlMs: 0,
      cacheScope: 'private',
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'scripted', version: '7' } },
    });
    expect(under.sessions[0]?.received).toEqual([]);
  });

  test.each([
    'ping',
    'initialize',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
    'tasks/get',
    'tasks/result',
    'tasks/list',
    'tasks/cancel',
    'subscriptions/listen',
  ])('is no answer to %s, which never reaches the server [bridge-modern-client-facts]', async (method) => {
    await using under = await openBridge(world, {});
    expect((await got(under.upstream.ask({ method, params: {} }))).error).toMatchObject({ code: -32_601 });
    expect(under.sessions.flatMap(({ received }) => received)).toEqual([]);
  });

  test('is asked for without what legacy servers do not know [bridge-modern-client-facts]', async () => {
    await using under = await openBridge(world, {
      'tools/call': (request, outlet) => void outlet.send(answer(request, { params: request.params })),
    });
    const params = {
      name: 'x',
      arguments: { task: 1 },
      task: { ttl: 1 },
      inputResponses: { a: {} },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' },
        [LOG_LEVEL_KEY]: 'emergency',
        traceparent: '00-1-2-01',
      },
    };
    expect((await got(under.upstream.ask({ method: 'tools/call', params }))).result?.['params']).toEqual({
      name: 'x',
      arguments: { task: 1 },
      _meta: { traceparent: '00-1-2-01' },
    });
  });

  test.each(['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'resources/read'])(
    'by %s is complete, and not to be cached [bridge-modern-client-results]',
    async (method) => {
      await using under = await openBridge(world, {
        [method]: ({ id }, outlet) => void outlet.send({ jsonrpc: '2.0', id, result: { items: [1] } }),
      });
      expect((await got(under.upstream.ask({ method, params: {} }))).result).toEqual({
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
        items: [1],
      });
    },
  );

  test('is cached for as long as a server says that knows it, and is always complete [bridge-modern-client-results]', async () => {
    const result = { resultType: 'input_required', ttlMs: 5, cacheScope: 'public', tools: [] };
    await using under = await openBridge(world, {
      'tools/list': ({ id }, outlet) => void outlet.send({ jsonrpc: '2.0', id, result }),
    });
    const read = await got(under.upstream.ask({ method: 'tools/list' }));
    expect(read.result).toEqual({ ...result, resultType: 'complete' });
  });

  test.each([
    [
      { code: -32_002, message: 'Not found', data: { uri: 'x:y', more: 1 } },
      { uri: 'x:y', more: 1 },
    ],
    [{ code: -32_002, message: 'Not found' }, { uri: 'a:b' }],
    [{ code: -32_002, message: 'Not found', data: 'text' }, { uri: 'a:b' }],
  ])(
    'for a resource that is not there is an error with its URI: %j [bridge-modern-client-results]',
    async (error, data) => {
      await using under = await openBridge(world, {
        'resources/read': ({ id }, outlet) => void outlet.send({ jsonrpc: '2.0', id, error }),
      });
      const read = await got(under.upstream.ask({ method: 'resources/read', params: { uri: 'a:b' } }));
      expect(read.error).toEqual({ code: -32_602, message: 'Not found', data });
    },
  );

  describe('when it is large', () => {
    const text = 'ü"\\{['.repeat(100_000);
    const sse = sseWorld();
    const sending = (result: object): Behaviour => ({
      'resources/read': (request, outlet) => void outlet.send({ jsonrpc: '2.0', id: request.id, result }),
    });
    const read = async (result: object) => {
      await using under = await openBridge(sse, sending(result));
      const [message] = await collect(under.upstream.ask({ method: 'resources/read', params: { uri: 'a:b' } }));
      if (message?.kind !== 'response' || 'error' in message.response) throw new Error('it is no result');
      return message;
    };

    test('gets what it lacks without being parsed [bridge-modern-client-results]', async () => {
      const { resultBytes } = await read({ contents: [{ uri: 'a:b', text }], 'ttl\u004ds': 7 });
      expect(resultBytes?.toString('utf8')).toBe(
        `{"cacheScope":"private","resultType":"complete",${JSON.stringify({ contents: [{ uri: 'a:b', text }], ttlMs: 7 }).slice(1)}`,
      );
    });

    test('gets nothing twice, and is complete whatever the server calls it [bridge-modern-client-results]', async () => {
      const { resultBytes } = await read({
        resultType: 'odd',
        contents: [{ text }],
        _meta: { resultType: 1 },
        ttlMs: 1,
      });
      expect(resultBytes?.toString('utf8')).toBe(
        `{"cacheScope":"private","resultType":"complete",${JSON.stringify({ contents: [{ text }], _meta: { resultType: 1 }, ttlMs: 1 }).slice(1)}`,
      );
    });
  });
});
