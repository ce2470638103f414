import { describe, expect, test } from 'vitest';
import { call, errorOf, modern } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { echoJson } from './upstream.ts';

const { gatewayTo } = fixture();
const ADD = modern('tools/call', { name: 'add', arguments: { a: 1 } });
const META_VERSION = 'io.modelcontextprotocol/protocolVersion';

async function refused(message: unknown, headers: Record<string, string | undefined>) {
  const { gateway, upstream } = await gatewayTo(echoJson);
  const answered = await call(gateway, 'files', message, headers);
  expect(upstream.received).toHaveLength(0);
  expect(answered.status).toBe(400);
  return errorOf(answered);
}

describe('headers that lie about a modern body', () => {
  test.for([
    ['another revision', { 'mcp-protocol-version': '2027-01-01' }],
    ['a legacy revision', { 'mcp-protocol-version': '2025-11-25' }],
    ['no revision', { 'mcp-protocol-version': undefined }],
    ['another method', { 'mcp-method': 'tools/list' }],
    ['no method', { 'mcp-method': undefined }],
    ['the method in other letters', { 'mcp-method': 'Tools/Call' }],
    ['another name', { 'mcp-name': 'delete' }],
    ['no name', { 'mcp-name': undefined }],
    ['another name in base64', { 'mcp-name': '=?base64?ZGVsZXRl?=' }],
    ['bad base64', { 'mcp-name': '=?base64?YWRk=?=' }],
    ['base64 of bad UTF-8', { 'mcp-name': '=?base64?/w==?=' }],
  ] as const)('%s is -32020 [mcp-header-mismatch-400]', async ([, headers]) => {
    expect(await refused(ADD.message, { ...ADD.headers, ...headers })).toMatchObject({ id: 1, code: -32_020 });
  });

  test('initialize with a modern revision in the header is -32020 [mcp-header-mismatch-400]', async () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } };
    expect(await refused(message, { 'mcp-protocol-version': '2026-07-28' })).toMatchObject({ code: -32_020 });
  });

  test('a modern header without the envelope is -32602 [mcp-envelope-400]', async () => {
    expect(await refused(LIST, { 'mcp-protocol-version': '2026-07-28' })).toMatchObject({ id: 1, code: -32_602 });
  });

  test('an envelope without the client capabilities is -32602 [mcp-envelope-400]', async () => {
    const message = { ...LIST, params: { _meta: { [META_VERSION]: '2026-07-28' } } };
    expect(await refused(message, ADD.headers)).toMatchObject({ code: -32_602 });
  });

  test('an envelope whose revision is not text is -32602', async () => {
    const message = { ...LIST, params: { _meta: { [META_VERSION]: 7 } } };
    expect(await refused(message, ADD.headers)).toMatchObject({ code: -32_602 });
  });

  test('a batch with a modern message is -32600 [mcp-batch-by-era]', async () => {
    expect(await refused([ADD.message], {})).toMatchObject({ code: -32_600 });
  });
});

describe('what passes', () => {
  test('a name in base64 that is the body’s [mcp-header-mismatch-400]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const { message, headers } = modern('tools/call', { name: 'größe' });
    const encoded = `=?base64?${Buffer.from('größe').toString('base64')}?=`;
    expect((await call(gateway, 'files', message, { ...headers, 'mcp-name': encoded })).status).toBe(200);
    expect(upstream.received[0]?.headers['mcp-name']).toBe(encoded);
  });

  test('a resource by its URI, mirrored in Mcp-Name', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const { message, headers } = modern('resources/read', { uri: 'file:///a' });
    expect((await call(gateway, 'files', message, headers)).status).toBe(200);
  });

  test('a revision that the gateway does not know is for the server to judge [mcp-version-is-servers-choice]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const { message, headers } = modern('server/discover');
    const newer = JSON.parse(JSON.stringify(message).replace('2026-07-28', '2031-01-01')) as unknown;
    await call(gateway, 'files', newer, { ...headers, 'mcp-protocol-version': '2031-01-01' });
    expect(upstream.received).toHaveLength(1);
  });

  test('a modern notification without the envelope, known by its header', async () => {
    const { gateway, upstream } = await gatewayTo((res) => res.writeHead(202).end());
    const message = { jsonrpc: '2.0', method: 'notifications/progress', params: { requestId: 1 } };
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'notifications/progress' };
    expect((await call(gateway, 'files', message, headers)).status).toBe(202);
    expect(upstream.received[0]?.headers['mcp-method']).toBe('notifications/progress');
  });

  test('a legacy request with headers of the modern era, which are not trusted and not passed on [mcp-mirrored-headers]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'delete', 'mcp-param-x': '1' };
    expect((await call(gateway, 'files', LIST, headers)).status).toBe(200);
    expect(Object.keys(upstream.received[0]?.headers ?? {})).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^mcp-/)]),
    );
  });

  test('a legacy revision that the gateway does not know is for the server to judge [mcp-version-is-servers-choice]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    await call(gateway, 'files', LIST, { 'mcp-protocol-version': 'bogus' });
    expect(upstream.received[0]?.headers['mcp-protocol-version']).toBe('bogus');
  });
});
