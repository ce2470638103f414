import { afterEach, describe, expect, test } from 'vitest';
import { checkMirroredHeaders } from '../../src/mcp/mirroredHeaders.ts';
import { checkParamHeaders } from '../../src/mcp/paramHeaderCheck.ts';
import { findParamHeaders } from '../../src/mcp/toolParamHeaders.ts';
import type { JsonObject } from '../../src/mcp/jsonRpc.ts';
import { aggregateWorld, client, reply, type AggregateWorld } from './aggregate/world.ts';
import { parseCall, type Answer, type Upstream } from './upstream.ts';

const schemaWith = (header: string): JsonObject => ({
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': header },
    count: { type: 'integer', 'x-mcp-header': 'Count' },
  },
});

/** A modern server with one tool, which compares all headers of a call with its body, as it must. */
function strictServer(tool: { header: string }): Answer {
  return (res, { body, headers }) => {
    const { id, method = '', params = {} } = parseCall(body);
    const schema = schemaWith(tool.header);
    const complete = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
    const found = findParamHeaders(schema);
    const args = (params['arguments'] ?? {}) as JsonObject;
    const fault =
      checkMirroredHeaders('request', method, params, headers) ??
      (method === 'tools/call' && found.valid ? checkParamHeaders(found.headers, args, headers) : undefined);
    if (fault !== undefined) {
      res.writeHead(400, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_020, message: fault.message } }));
    } else if (method === 'server/discover') {
      const facts = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} } };
      reply(res, id, { result: { ...complete, ...facts } });
    } else if (method === 'tools/list') {
      reply(res, id, { result: { ...complete, tools: [{ name: 'go', inputSchema: schema }] } });
    } else reply(res, id, { result: { resultType: 'complete', content: [{ type: 'text', text: 'gone' }] } });
  };
}

interface Way {
  readonly query: string;
  readonly tool: string;
  /** The call goes as bytes only behind another one. */
  readonly isSecond?: boolean;
  /** Whose headers the server gets: only as bytes the client's. */
  readonly isBytes?: boolean;
}

/** Each lane, with each kind of transport: the server on stdio is played by one over HTTP, behind the messages lane. */
const WAYS: Readonly<Record<string, Way>> = {
  'bytes to HTTP': { query: '/http', tool: 'go', isBytes: true },
  'messages to a program': { query: '/local', tool: 'go' },
  'a member over HTTP, as messages': { query: '?servers=http,local', tool: 'http__go' },
  'a member over HTTP, as bytes': { query: '?servers=http,local', tool: 'http__go', isSecond: true, isBytes: true },
  'a member that is a program': { query: '?servers=http,other', tool: 'other__go' },
  'the only member': { query: '?servers=local', tool: 'go' },
  'a member without a prefix': { query: '?servers=http,local', tool: 'go' },
};

const GOOD: readonly (readonly [args: JsonObject, headers: Record<string, string>])[] = [
  [{ region: 'eu' }, { 'mcp-param-region': 'eu' }],
  [{ region: ' Zürich ' }, { 'mcp-param-region': '=?base64?IFrDvHJpY2gg?=' }],
  [{ count: 42 }, { 'MCP-PARAM-COUNT': '42.0' }],
  [{ region: null }, {}],
  [{}, { 'mcp-param-of-nobody': 'x' }],
];

const BAD: typeof GOOD = [
  [{ region: 'eu' }, {}],
  [{ region: 'eu' }, { 'mcp-param-region': 'EU' }],
  [{}, { 'mcp-param-region': 'eu' }],
  [{ region: 'eu' }, { 'mcp-param-region': '=?base64?!?=' }],
  [{ count: 42 }, { 'mcp-param-count': '43' }],
  [{ count: 42 }, { 'mcp-param-count': '0x2a' }],
  [{}, { 'mcp-name': 'other' }],
  [{}, { 'mcp-name': '=?base64?!?=' }],
  [{}, { 'mcp-method': 'tools/list' }],
];

let world: AggregateWorld;
afterEach(() => world[Symbol.asyncDispose]());

async function start({ query, tool, isSecond = false }: Way) {
  world = await aggregateWorld({ unprefixed: 'local' });
  const definition = { header: 'Region' };
  const upstreams: Upstream[] = [
    await world.add('http', strictServer(definition)),
    await world.add('local', strictServer(definition), { transport: 'stdio' }),
    await world.add('other', strictServer(definition), { transport: 'stdio' }),
  ];
  const me = await client(world.gateway, 'modern', { query });
  const call = (args: JsonObject, headers: Record<string, string>) =>
    me.ask('tools/call', { name: tool, arguments: args }, headers);
  if (isSecond) expect((await call({}, {})).status).toBe(200);
  const calls = () =>
    upstreams.flatMap(({ received }) => received).filter(({ body }) => body.includes('"tools/call"')).length;
  return { call, calls, definition, me };
}

describe.each(Object.entries(WAYS))('%s', (_name, way) => {
  test.each(GOOD)('a call with %j and the headers %j passes [mcp-mirrored-headers]', async (args, headers) => {
    const { call } = await start(way);
    expect(await call(args, headers)).toMatchObject({ status: 200, result: { content: [{ text: 'gone' }] } });
  });

  test.each(BAD)(
    'a call with %j and the headers %j is 400 with -32020 [mcp-header-mismatch-400]',
    async (args, headers) => {
      const { call, calls } = await start(way);
      const before = calls();
      expect(await call(args, headers)).toMatchObject({ status: 400, error: { code: -32_020 } });
      // Only as bytes may it be the server that refuses it.
      if (way.isBytes !== true) expect(calls()).toBe(before);
    },
  );

  test('a tool that has changed is called with the headers that it has now [mcp-mirrored-headers]', async () => {
    const { call, definition, me } = await start(way);
    expect((await call({ region: 'eu' }, { 'mcp-param-region': 'eu' })).status).toBe(200);
    definition.header = 'Place';
    // Its client learns of the change as from any server: by a refusal, or by the list.
    expect((await call({ region: 'eu' }, { 'mcp-param-region': 'eu' })).status).toSatisfy((status) =>
      way.isBytes === true ? status === 400 : [200, 400].includes(status as number),
    );
    world.gateway.advance(31_000);
    await me.ask('tools/list');
    expect(await call({ region: 'eu' }, { 'mcp-param-place': 'eu' })).toMatchObject({ status: 200 });
  });
});

describe.each(['/http', '?servers=http,local'])('a legacy client at a modern server (%s)', (query) => {
  test('has its call sent again once, with the headers that the tool has now [mcp-mirrored-headers]', async () => {
    world = await aggregateWorld();
    const definition = { header: 'Region' };
    const upstream = await world.add('http', strictServer(definition));
    await world.add('local', strictServer(definition), { transport: 'stdio' });
    const me = await client(world.gateway, 'legacy', { query });
    const name = query === '/http' ? 'go' : 'http__go';
    const calls = () => upstream.received.filter(({ body }) => body.includes('"tools/call"'));
    const go = () => me.ask('tools/call', { name, arguments: { region: 'eu' } });
    expect(await go()).toMatchObject({ status: 200, result: { content: [{ text: 'gone' }] } });
    expect(calls().map(({ headers }) => headers['mcp-param-region'])).toEqual(['eu']);
    definition.header = 'Place';
    expect(await go()).toMatchObject({ status: 200, result: { content: [{ text: 'gone' }] } });
    expect(calls().map(({ headers }) => headers['mcp-param-place'])).toEqual([undefined, undefined, 'eu']);
  });
});
