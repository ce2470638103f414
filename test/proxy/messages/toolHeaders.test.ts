import { describe, expect, test } from 'vitest';
import { call, errorOf } from '../client.ts';
import { parseCall } from '../upstream.ts';
import { answerJson, messagesFixture, methodsOf, modernServer } from './world.ts';

const { laneTo } = messagesFixture();

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

const schema = (header: string) => ({
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': header },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
    deep: { type: 'object', properties: { on: { type: 'boolean', 'x-mcp-header': 'Deep-On' } } },
  },
});

/** A modern server with one tool, whose schema may change. */
async function world() {
  const tool = { header: 'Region' };
  const { gateway, upstream } = await laneTo(
    modernServer((res, { body }) => {
      const { id, method } = parseCall(body);
      const lists = { tools: [{ name: 'go', inputSchema: schema(tool.header) }], ttlMs: 0, cacheScope: 'private' };
      const result = method === 'tools/list' ? lists : { content: [] };
      answerJson(res, { jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } });
    }),
  );
  const ask = (method: string, params: Record<string, unknown>, headers: Record<string, string>) =>
    call(
      gateway,
      'local',
      { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: META } },
      {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': method,
        ...(typeof params['name'] === 'string' && { 'mcp-name': params['name'] }),
        ...headers,
      },
    );
  return {
    tool,
    upstream,
    list: () => ask('tools/list', {}, {}),
    go: (args: object, headers: Record<string, string> = {}, name = 'go') =>
      ask('tools/call', { name, arguments: args }, headers),
  };
}

describe('a tool call of a modern client [mcp-header-mismatch-400]', () => {
  test.each<[object, Record<string, string>]>([
    [{ region: 'eu' }, { 'mcp-param-region': 'eu' }],
    [{ region: ' Zürich ' }, { 'mcp-param-region': '=?base64?IFrDvHJpY2gg?=' }],
    [
      { region: 'eu', count: 42 },
      { 'MCP-PARAM-REGION': 'eu', 'mcp-param-count': '42.0' },
    ],
    [{ deep: { on: true } }, { 'mcp-param-deep-on': 'true' }],
    [{}, {}],
    [{ region: null }, {}],
    [{}, { 'mcp-param-of-nobody': 'x' }],
  ])('with the arguments %j and the headers %j passes', async (args, headers) => {
    const { go } = await world();
    expect((await go(args, headers)).status).toBe(200);
  });

  test.each<[object, Record<string, string>]>([
    [{ region: 'eu' }, {}],
    [{ region: 'eu' }, { 'mcp-param-region': 'us' }],
    [{ region: 'eu' }, { 'mcp-param-region': 'EU' }],
    [{}, { 'mcp-param-region': 'eu' }],
    [{ region: null }, { 'mcp-param-region': 'eu' }],
    [{ region: 'eu' }, { 'mcp-param-region': '=?base64?!?=' }],
    [{ region: 'ä' }, { 'mcp-param-region': 'ä' }],
    [{ count: 42 }, { 'mcp-param-count': '43' }],
    [{ count: 42 }, { 'mcp-param-count': 'forty-two' }],
    [{ deep: { on: true } }, { 'mcp-param-deep-on': 'false' }],
  ])('with the arguments %j and the headers %j is refused, and never reaches the server', async (args, headers) => {
    const { go, upstream } = await world();
    const answered = await go(args, headers);
    expect(answered.status).toBe(400);
    expect(errorOf(answered)).toMatchObject({ code: -32_020 });
    expect(methodsOf(upstream.received)).not.toContain('tools/call');
  });

  test('is compared with the tool as it is after a change', async () => {
    const { go, list, tool } = await world();
    expect((await go({ region: 'eu' }, { 'mcp-param-region': 'eu' })).status).toBe(200);
    tool.header = 'Place';
    await list();
    expect((await go({ region: 'eu' }, { 'mcp-param-place': 'eu' })).status).toBe(200);
    expect((await go({ region: 'eu' }, { 'mcp-param-region': 'eu' })).status).toBe(400);
  });

  test('of a tool that does not exist costs no list each', async () => {
    const { go, upstream } = await world();
    for (let n = 0; n < 5; n++) expect((await go({}, {}, 'nobody')).status).toBe(200);
    // One is the lane's. The Upstream over HTTP, which stands behind it here, looks for the tool at each call.
    expect(methodsOf(upstream.received).filter((method) => method === 'tools/list')).toHaveLength(1 + 5);
  });
});
