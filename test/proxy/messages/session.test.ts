import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, open, until } from '../client.ts';
import { LIST } from '../fixture.ts';
import { echoJson, parseCall } from '../upstream.ts';
import { beginSession, FACTS, initialize, legacyServer, messagesFixture, methodsOf, STREAM } from './world.ts';

const { laneTo } = messagesFixture();
const lane = () => laneTo(legacyServer(echoJson));

describe('initialize', () => {
  test('is answered with what the server says of itself, and with a session of the gateway’s own [mcp-session-id-opaque]', async () => {
    const { gateway, upstream } = await lane();
    const answered = await initialize(gateway);
    expect(answered.status).toBe(200);
    expect(JSON.parse(answered.text)).toEqual({
      jsonrpc: '2.0',
      id: 0,
      result: { ...FACTS, protocolVersion: '2025-06-18' },
    });
    expect(answered.headers['mcp-session-id']).toMatch(/^[\x21-\x7E]+$/);
    expect(answered.headers['mcp-session-id']).not.toBe('upstream-1');
    expect(parseCall(upstream.received[0]?.body ?? Buffer.from('{}')).params).toMatchObject({
      capabilities: { sampling: {} },
      clientInfo: { name: 'test client', version: '2' },
    });
  });

  test('opens no session when the server can’t be reached [proxy-upstream-failure-502]', async () => {
    const { gateway } = await laneTo((res) => res.destroy());
    const answered = await initialize(gateway);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ id: 0 });
    expect(answered.headers['mcp-session-id']).toBeUndefined();
    await until(() => gateway.register.size === 0, 'nothing is left');
  });

  test('that the client does not wait for leaves no session', async () => {
    const { gateway, upstream } = await laneTo(() => undefined);
    const answer = open(gateway, '/mcp/local', { body: JSON.stringify({ ...LIST, method: 'initialize' }) });
    answer.catch(() => undefined);
    await until(() => upstream.received.length === 1, 'the server was asked');
    gateway.servers.remove('local');
    await answer;
    await until(() => gateway.register.size === 0, 'nothing is left');
  });
});

describe('a session', () => {
  test('shares one session at the server, which got to know it once', async () => {
    const { gateway, upstream } = await lane();
    const headers = await beginSession(gateway);
    await call(gateway, 'local', { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
    const answers = await Promise.all([1, 2, 3].map((id) => call(gateway, 'local', { ...LIST, id }, headers)));
    expect(answers.map(({ text }) => (JSON.parse(text) as { id: unknown }).id)).toEqual([1, 2, 3]);
    expect(methodsOf(upstream.received).slice(0, 2)).toEqual(['initialize', 'notifications/initialized']);
    expect(methodsOf(upstream.received).filter((method) => method === 'tools/list')).toHaveLength(3);
    expect(upstream.received).toHaveLength(5);
    expect(upstream.received.at(-1)?.headers['mcp-session-id']).toBe('upstream-1');
  });

  test('ends with DELETE, at the server too, and is unknown then [mcp-session-delete]', async () => {
    const { gateway, upstream } = await lane();
    const headers = await beginSession(gateway);
    expect((await ask(gateway, '/mcp/local', { method: 'DELETE', headers })).status).toBe(200);
    expect(methodsOf(upstream.received).at(-1)).toBe('DELETE');
    const answered = await call(gateway, 'local', LIST, headers);
    expect(answered.status).toBe(404);
    expect(errorOf(answered)).toMatchObject({ code: -32_001, data: { code: 'session-not-found' } });
    await until(() => gateway.register.size === 0, 'nothing is left');
  });

  test('of another key, of none, or of a server that has changed is refused [mcp-session-bound-to-key]', async () => {
    const { gateway, upstream } = await lane();
    gateway.keys.add('other');
    const headers = await beginSession(gateway);
    expect((await call(gateway, 'local', LIST, { ...headers, authorization: 'Bearer other' })).status).toBe(404);
    const without = await call(gateway, 'local', LIST);
    expect(without.status).toBe(400);
    expect(errorOf(without)).toMatchObject({ id: 1, code: -32_000, data: { code: 'session-required' } });
    gateway.servers.set('local', upstream.url, { transport: 'stdio' });
    expect((await call(gateway, 'local', LIST, headers)).status).toBe(404);
    await until(() => gateway.register.size === 0, 'nothing is left of the old server');
  });

  test('that is not used ends, one with an open stream does not', async () => {
    const { gateway, upstream } = await laneTo(
      legacyServer((res, { method }) => {
        if (method === 'GET') res.writeHead(200, STREAM).flushHeaders();
      }),
      { limits: { sessionIdleMs: 60_000 } },
    );
    const [idle, used] = [await beginSession(gateway), await beginSession(gateway)];
    const stream = await open(gateway, '/mcp/local', { headers: used });
    gateway.advance(60_000);
    await until(() => methodsOf(upstream.received).includes('DELETE'), 'the session at the server ended');
    expect((await call(gateway, 'local', LIST, idle)).status).toBe(404);
    expect(gateway.register.size).toBe(2);
    stream.abort();
  });

  test('ends when its key is revoked [auth-revocation-cuts]', async () => {
    const { gateway, upstream } = await lane();
    const principal = gateway.keys.add('mine');
    await beginSession(gateway, { authorization: 'Bearer mine' });
    gateway.keys.revoke(principal);
    await until(() => methodsOf(upstream.received).includes('DELETE'), 'the session at the server ended');
    await until(() => gateway.register.size === 0, 'nothing is left');
  });

  test('counts as a stream of its key: no key holds more than its share', async () => {
    const { gateway } = await laneTo(legacyServer(echoJson), { limits: { maxStandingPerKey: 2 } });
    await beginSession(gateway);
    await beginSession(gateway);
    const answered = await initialize(gateway);
    expect(answered.status).toBe(429);
    expect(errorOf(answered)).toMatchObject({ id: 0, data: { code: 'too-many-streams' } });
  });
});
