import { afterAll, describe, expect, test } from 'vitest';
import { answer, collect, type Behaviour } from '../../contract/upstreamWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { asLegacyWorld } from './asLegacyWorld.ts';
import { askAsClient, CALL, inputRequired, openAsLegacy, outcomeOf } from './legacyClient.ts';

const programs = stdioWorld('modern');
afterAll(() => programs[Symbol.asyncDispose]());

const SERVER_INFO = { 'io.modelcontextprotocol/serverInfo': { name: 'scripted', version: '7' } };
const CACHING = { ttlMs: 1_000, cacheScope: 'public' };

const answering = (method: string, result: object): Behaviour => ({
  [method]: (request, outlet) => void outlet.send(answer(request, result)),
});

/** More than is parsed where nobody needs its values. */
const LONG = 'x'.repeat(300 * 1024);

describe('a result of a modern server', () => {
  test.each([
    ['tools/list', { tools: [], ...CACHING }, { tools: [] }],
    ['resources/read', { contents: [], ...CACHING, _meta: SERVER_INFO }, { contents: [] }],
    [
      'tools/call',
      { content: [], ...CACHING, _meta: { ...SERVER_INFO, mine: 1 } },
      { content: [], ...CACHING, _meta: { mine: 1 } },
    ],
    ['tools/call', { content: [], structuredContent: { a: 1 } }, { content: [], structuredContent: { a: 1 } }],
    ['tools/call', { content: [], structuredContent: [1] }, { content: [], structuredContent: { result: [1] } }],
    ['tools/call', { content: [], structuredContent: 1.5 }, { content: [], structuredContent: { result: 1.5 } }],
    ['completion/complete', { completion: { values: ['a'] } }, { completion: { values: ['a'] } }],
  ])('of %s (%j) has the legacy form, short or long [bridge-legacy-client-results]', async (method, result, legacy) => {
    for (const padding of [{}, { padding: LONG }]) {
      const behaviour = answering(method, { ...result, ...padding });
      for (const world of [asLegacyWorld(programs), undefined]) {
        await using under = await (world?.open(behaviour) ?? openAsLegacy(behaviour));
        const [message] = await collect(under.upstream.ask({ method }));
        expect(message).toMatchObject({ response: { result: { ...legacy, ...padding } } });
        expect(outcomeOf(message === undefined ? [] : [message])['result']).toEqual({ ...legacy, ...padding });
      }
    }
  });

  test('has only schemas of outputs that legacy clients can read', async () => {
    const tools = [
      { name: 'a', inputSchema: { type: 'object' }, outputSchema: { type: 'object', properties: {} } },
      { name: 'b', inputSchema: { type: 'object' }, outputSchema: { type: 'array' }, other: 12.5 },
      { name: 'c', inputSchema: { type: 'object' }, outputSchema: { anyOf: [] } },
    ];
    for (const padding of [undefined, LONG]) {
      const behaviour = answering('tools/list', { tools, nextCursor: padding ?? 'n', ...CACHING });
      await using under = await asLegacyWorld(programs).open(behaviour);
      const result = outcomeOf(await collect(under.upstream.ask({ method: 'tools/list' })))['result'];
      expect(result).toEqual({
        tools: [
          tools[0],
          { name: 'b', inputSchema: { type: 'object' }, other: 12.5 },
          { name: 'c', inputSchema: { type: 'object' } },
        ],
        nextCursor: padding ?? 'n',
      });
    }
  });

  test.each([
    ['a program', asLegacyWorld(programs)],
    ['over HTTP', asLegacyWorld(httpWorld('modern'))],
  ])(
    'of 10 MB from a server %s is passed on as bytes, and nobody parses it [bridge-legacy-client-large-results]',
    async (_name, world) => {
      // JSON.parse would not take it.
      const odd = '"odd":NaN';
      const data = 'ä"\\'.repeat(1_500_000);
      const content = `"content":[{"type":"text","text":${JSON.stringify(data)}}]`;
      const meta = `"_meta":${JSON.stringify(SERVER_INFO)}`;
      await using under = await world.open({
        'tools/call': ({ id }, outlet) =>
          outlet.sendText(
            `{"jsonrpc":"2.0","id":${String(id)},"result":{"resultType":"complete",${content},${odd},${meta}}}`,
          ),
      });
      const [message] = await collect(under.upstream.ask(CALL));
      if (message?.kind !== 'response' || message.resultBytes === undefined) throw new Error('it has no bytes');
      expect(message.resultBytes.length).toBeGreaterThan(8_000_000);
      expect(message.resultBytes.equals(Buffer.from(`{${content},${odd}}`))).toBe(true);
    },
  );

  test('that is long may ask for input, and is read where it does', async () => {
    await using under = await asLegacyWorld(programs).open(
      {
        'tools/call': (request, outlet) => {
          const { inputResponses } = request.params ?? {};
          if (inputResponses === undefined)
            void outlet.send(inputRequired(request, { a: { method: 'roots/list', params: { LONG } } }));
          else void outlet.send(answer(request, { inputResponses }));
        },
      },
      { capabilities: { roots: {} } },
    );
    const messages = await askAsClient(under.upstream, CALL, ({ params }) => ({ result: params ?? {} }));
    expect(outcomeOf(messages)['result']).toEqual({ inputResponses: { a: { LONG } } });
  });

  test.each(['task', 'x/unknown', 7])('of the kind %j is an error', async (resultType) => {
    await using under = await openAsLegacy(answering('tools/call', { resultType, taskId: '1', status: 'working' }));
    expect(outcomeOf(await collect(under.upstream.ask(CALL)))).toMatchObject({
      error: { code: -32_603, data: { code: 'unsupported-result' } },
    });
  });

  test('without a kind is complete', async () => {
    await using under = await openAsLegacy(answering('tools/call', { resultType: null, content: [] }));
    expect(outcomeOf(await collect(under.upstream.ask(CALL)))['result']).toEqual({ content: [] });
  });
});

describe('an error of a modern server', () => {
  const URI = { uri: 'a:b' };
  test.each([
    ['resources/read', { code: -32_602, message: 'none', data: URI }, { code: -32_002, message: 'none', data: URI }],
    ['resources/read', { code: -32_602, message: 'bad cursor' }, { code: -32_602, message: 'bad cursor' }],
    ['prompts/get', { code: -32_602, message: 'none', data: URI }, { code: -32_602, message: 'none', data: URI }],
    ['prompts/get', { code: 7, message: 'mine', data: [1] }, { code: 7, message: 'mine', data: [1] }],
    ['prompts/get', { code: -32_020, message: 'mismatch' }, { code: -32_603, data: { server: 'github' } }],
    ['prompts/get', { code: -32_022, message: 'version' }, { code: -32_603, data: { server: 'github' } }],
    [
      'tools/call',
      { code: -32_021, message: 'x', data: { requiredCapabilities: { sampling: {}, elicitation: { url: {} } } } },
      { code: -32_603, message: expect.stringContaining('declares sampling, elicitation.url') as string },
    ],
  ])('to %s (%j) has the legacy form [bridge-legacy-client-results]', async (method, error, legacy) => {
    await using under = await openAsLegacy({
      [method]: ({ id }, outlet) => void outlet.send({ jsonrpc: '2.0', id, error }),
    });
    expect(outcomeOf(await collect(under.upstream.ask({ method })))).toMatchObject({ error: legacy });
  });
});
