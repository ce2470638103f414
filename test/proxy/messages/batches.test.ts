import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, open, until } from '../client.ts';
import { LIST } from '../fixture.ts';
import { parseCall, type Answer } from '../upstream.ts';
import { aggregateWorld, client, server } from '../aggregate/world.ts';
import { answerJson, event, INITIALIZE, legacyServer, messagesFixture, methodsOf, STREAM } from './world.ts';

const { laneTo } = messagesFixture();
const PING = { jsonrpc: '2.0', method: 'ping' };
const LOG = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } };

/** A session of a client of MCP 2025-03-26, unless another revision is named, with a server that answers by the test's code. */
async function session(answer: Answer, protocolVersion = '2025-03-26') {
  const setup = await laneTo(legacyServer(answer));
  const { gateway, upstream } = setup;
  const begun = await call(gateway, 'local', { ...INITIALIZE, params: { ...INITIALIZE.params, protocolVersion } });
  const headers = { 'mcp-session-id': String(begun.headers['mcp-session-id']) };
  return {
    gateway,
    upstream,
    headers,
    post: (messages: unknown) => call(gateway, 'local', messages, headers),
    open: (messages: unknown) =>
      open(gateway, '/mcp/local', { headers, body: JSON.stringify(messages), method: 'POST' }),
  };
}

/** Answers each request with its method. */
const byMethod: Answer = (res, { body }) => {
  const { id, method } = parseCall(body);
  answerJson(res, { jsonrpc: '2.0', id, result: { method } });
};

describe('a batch of MCP 2025-03-26 [mcp-batch-by-era]', () => {
  test('is answered with an array of the responses', async () => {
    const { post, upstream } = await session(byMethod);
    const roots = { jsonrpc: '2.0', method: 'notifications/roots/list_changed' };
    const big = '123456789012345678901';
    const text = `[${JSON.stringify(LIST)},${JSON.stringify(roots)},{"jsonrpc":"2.0","id":"x","method":"prompts/list"},{"jsonrpc":"2.0","id":"${big}","method":"resources/list"}]`;
    const answered = await post(JSON.parse(text));
    expect([answered.status, answered.headers['content-type']]).toEqual([200, 'application/json']);
    const responses = JSON.parse(answered.text) as { id: unknown; result: unknown }[];
    expect(responses.toSorted((a, b) => String(a.id).localeCompare(String(b.id)))).toEqual([
      { jsonrpc: '2.0', id: 1, result: { method: 'tools/list' } },
      { jsonrpc: '2.0', id: big, result: { method: 'resources/list' } },
      { jsonrpc: '2.0', id: 'x', result: { method: 'prompts/list' } },
    ]);
    expect(methodsOf(upstream.received)).toContain('notifications/roots/list_changed');
  });

  test('of notifications and responses alone is accepted', async () => {
    const { post, upstream } = await session(byMethod);
    const answered = await post([
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      { jsonrpc: '2.0', id: 7, result: {} },
    ]);
    expect([answered.status, answered.text]).toEqual([202, '']);
    expect(methodsOf(upstream.received)).toContain('notifications/roots/list_changed');
  });

  test('is an event stream once a server sends anything else, with each response once', async () => {
    const { post } = await session((res, received) => {
      const { id, method } = parseCall(received.body);
      if (method !== 'tools/call') byMethod(res, received);
      else res.writeHead(200, STREAM).end(event(LOG) + event({ jsonrpc: '2.0', id, result: { content: [] } }));
    });
    const answered = await post([
      LIST,
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'a' } },
      { ...PING, id: 3 },
    ]);
    expect(answered.headers['content-type']).toBe('text/event-stream');
    const ids = messagesOf(answered.text).map((message) => (message as { id?: number }).id ?? 'log');
    expect(ids.toSorted()).toEqual([1, 2, 3, 'log']);
  });

  test('has an error for the request that fails, and responses to the others', async () => {
    const { post } = await session((res, received) => {
      if (parseCall(received.body).method === 'tools/list') res.writeHead(500).end();
      else byMethod(res, received);
    });
    const answered = await post([LIST, { jsonrpc: '2.0', id: 2, method: 'prompts/list' }]);
    expect(answered.status).toBe(200);
    const responses = JSON.parse(answered.text) as { id: number; error?: { data: { code: string } } }[];
    expect(responses.toSorted((a, b) => a.id - b.id)).toMatchObject([
      { id: 1, error: { code: -32_603, data: { code: 'upstream-error' } } },
      { id: 2, result: { method: 'prompts/list' } },
    ]);
  });

  test('goes on without the request that its client cancels, in it or beside it', async () => {
    const {
      post,
      open: begin,
      upstream,
    } = await session((res, received) => {
      if (parseCall(received.body).method !== 'tools/call') byMethod(res, received);
    });
    const hang = (id: number) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'hang' } });
    const cancelled = (requestId: number) => ({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    });
    const answered = await post([hang(1), cancelled(1), { ...PING, id: 2 }, { ...LIST, id: 3 }]);
    expect((JSON.parse(answered.text) as { id: number }[]).map(({ id }) => id).toSorted()).toEqual([2, 3]);
    const other = begin([hang(4)]);
    await until(() => methodsOf(upstream.received).at(-1) === 'tools/call', 'the server has it');
    expect((await post(cancelled(4))).status).toBe(202);
    const stream = await other;
    await stream.ended;
    expect([stream.complete, messagesOf(stream.text)]).toEqual([true, []]);
    await until(() => methodsOf(upstream.received).includes('notifications/cancelled'), 'the server knows');
  });

  test('asks a server some requests at a time', async () => {
    const waiting: (() => void)[] = [];
    let isHeld = true;
    const { post } = await session((res, received) => {
      if (isHeld && parseCall(received.body).method === 'tools/list') waiting.push(() => byMethod(res, received));
      else byMethod(res, received);
    });
    const answer = post(Array.from({ length: 200 }, (_, id) => ({ ...LIST, id })));
    await until(() => waiting.length === 16, 'the first ones');
    // More would be there before this one, which comes behind them.
    for (let n = 0; n < 5; n++)
      expect((await post({ jsonrpc: '2.0', id: n, method: 'prompts/list' })).status).toBe(200);
    expect(waiting).toHaveLength(16);
    isHeld = false;
    for (const go of waiting) go();
    const responses = JSON.parse((await answer).text) as { id: number }[];
    expect(new Set(responses.map(({ id }) => id)).size).toBe(200);
  });

  test.each([
    ['in a session of a later revision', [LIST], '2025-06-18', 'MCP 2025-03-26'],
    ['with "initialize"', [LIST, { ...INITIALIZE, id: 9 }], '2025-03-26', '"initialize"'],
    ['without a message', [], '2025-03-26', 'empty batch'],
    ['of more than 1,000 messages', Array.from({ length: 1_001 }, (_, id) => ({ ...LIST, id })), '2025-03-26', '1000'],
    ['with something else', [LIST, 7], '2025-03-26', 'JSON-RPC'],
  ])('%s is refused', async (_name, messages, version, words) => {
    const { post, upstream } = await session(byMethod, version);
    const refused = await post(messages);
    expect(refused.status).toBe(messages.length > 1_000 ? 413 : 400);
    expect(errorOf(refused)).toMatchObject({ code: -32_600, message: expect.stringContaining(words) as string });
    expect(methodsOf(upstream.received)).not.toContain('tools/list');
  });

  test('needs a session', async () => {
    const { gateway } = await session(byMethod);
    const refused = await call(gateway, 'local', [LIST]);
    expect([refused.status, errorOf(refused).data?.code]).toEqual([400, 'session-required']);
  });

  test('reaches the servers of all that a key may use [aggregate-routes]', async () => {
    await using world = await aggregateWorld();
    await world.add('a', server({ tools: ['x'] }));
    await world.add('b', server({ tools: ['y'] }));
    const me = await client(world.gateway, 'legacy', { protocolVersion: '2025-03-26' });
    const of = (id: number, name: string) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name } });
    const body = JSON.stringify([of(1, 'a__x'), of(2, 'b__y'), of(3, 'c__z')]);
    const answered = await ask(world.gateway, '/mcp', { headers: me.headers, body });
    const responses = JSON.parse(answered.text) as { id: number }[];
    expect(responses.toSorted((a, b) => a.id - b.id)).toMatchObject([
      { id: 1, result: { content: [{ text: 'x' }] } },
      { id: 2, result: { content: [{ text: 'y' }] } },
      { id: 3, error: { code: -32_602 } },
    ]);
  });
});
