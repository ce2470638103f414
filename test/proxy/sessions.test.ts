import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { fc, test as propertyTest } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { createSessionTokens } from '../../src/proxy/sessionTokens.ts';
import { ask, call, errorOf, modern } from './client.ts';
import { fixture, LIST, type Setup } from './fixture.ts';
import type { TestGatewayOptions } from './gateway.ts';
import { parseCall, type Answer } from './upstream.ts';

const { gatewayTo } = fixture();
const INITIALIZE = { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25' } };

/** A legacy server with one session, `upstream-1`, which it names on every answer. */
const oneSession: Answer = (res, { body, headers, method }) => {
  const { id, method: called } = body.length === 0 ? {} : parseCall(body);
  const named = headers['mcp-session-id'];
  if (called !== 'initialize' && named !== 'upstream-1') {
    res
      .writeHead(404, { 'Content-Type': 'application/json' })
      .end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001}}');
    return;
  }
  const head = { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'upstream-1' };
  if (method === 'DELETE') res.writeHead(204).end();
  else res.writeHead(200, head).end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
};

const RESULT = JSON.stringify({ jsonrpc: '2.0', id: LIST.id, result: {} });

interface Opened extends Setup {
  readonly token: string;
  /** Makes the server answer otherwise from now on. */
  answerWith(next: Answer): void;
}

async function opened(options?: TestGatewayOptions): Promise<Opened> {
  let answer = oneSession;
  const setup = await gatewayTo((res, received) => answer(res, received), options);
  const answered = await call(setup.gateway, 'files', INITIALIZE);
  return { ...setup, token: String(answered.headers['mcp-session-id']), answerWith: (next) => (answer = next) };
}

describe('a legacy session', () => {
  test('is named to the client by a token that tells nothing, and to the server by its own id [mcp-session-id-opaque]', async () => {
    const { gateway, upstream, token } = await opened();
    expect(token).toMatch(/^[\x21-\x7E]+$/);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('upstream-1');
    const answered = await call(gateway, 'files', LIST, { 'mcp-session-id': token });
    expect(answered.status).toBe(200);
    expect(upstream.received[1]?.headers['mcp-session-id']).toBe('upstream-1');
    expect(answered.headers['mcp-session-id']).toBe(token);
  });

  test('goes on through another replica, or the gateway started again [mcp-session-survives-restart]', async () => {
    const sessionKey = randomBytes(32);
    const { token, upstream } = await opened({ sessionKey });
    const { gateway } = await gatewayTo(oneSession, { sessionKey });
    gateway.servers.set('files', upstream.url);
    expect((await call(gateway, 'files', LIST, { 'mcp-session-id': token })).status).toBe(200);
  });

  test('is unknown under another session key [mcp-session-unknown-404]', async () => {
    const { token, upstream } = await opened();
    const { gateway } = await gatewayTo(oneSession);
    gateway.servers.set('files', upstream.url);
    const answered = await call(gateway, 'files', LIST, { 'mcp-session-id': token });
    expect(answered.status).toBe(404);
    expect(errorOf(answered)).toMatchObject({ code: -32_001, data: { code: 'session-not-found' } });
  });

  test('is unknown to another key and on another server [mcp-session-bound-to-key]', async () => {
    const { gateway, upstream, token } = await opened();
    gateway.keys.add('other');
    gateway.servers.set('twin', upstream.url);
    const byOther = { 'mcp-session-id': token, authorization: 'Bearer other' };
    for (const method of ['POST', 'GET', 'DELETE']) {
      const asked = { method, headers: byOther, ...(method === 'POST' ? { body: JSON.stringify(LIST) } : {}) };
      expect((await ask(gateway, '/mcp/files', asked)).status).toBe(404);
    }
    expect((await call(gateway, 'twin', LIST, { 'mcp-session-id': token })).status).toBe(404);
    expect(upstream.received).toHaveLength(1);
  });

  test('is not reached by the server’s own id', async () => {
    const { gateway, upstream } = await opened();
    expect((await call(gateway, 'files', LIST, { 'mcp-session-id': 'upstream-1' })).status).toBe(404);
    expect(upstream.received).toHaveLength(1);
  });

  test('takes what is under way in it along when it ends, and nothing of other sessions [mcp-session-delete]', async () => {
    const { gateway, token, answerWith } = await opened();
    const other = String((await call(gateway, 'files', INITIALIZE)).headers['mcp-session-id']);
    const slow: ServerResponse[] = [];
    answerWith((res, received) => {
      if (received.method === 'POST') slow.push(res);
      else oneSession(res, received);
    });
    const headers = { 'mcp-session-id': token };
    const begun = [token, other].map((each) => call(gateway, 'files', LIST, { 'mcp-session-id': each }));
    await expect.poll(() => slow.length).toBe(2);
    expect((await ask(gateway, '/mcp/files', { method: 'DELETE', headers })).status).toBe(204);
    expect(await begun[0]).toMatchObject({ status: 404 });
    for (const res of slow) res.writeHead(200, { 'Content-Type': 'application/json' }).end(RESULT);
    expect(await begun[1]).toMatchObject({ status: 200 });
  });

  test('ends with DELETE, and is 404 when the server says so [mcp-session-delete] [mcp-session-unknown-404]', async () => {
    const { gateway, token, answerWith } = await opened();
    expect((await ask(gateway, '/mcp/files', { method: 'DELETE', headers: { 'mcp-session-id': token } })).status).toBe(
      204,
    );
    answerWith((res) => res.writeHead(404, { 'Content-Type': 'text/html' }).end('<p>'));
    const answered = await call(gateway, 'files', LIST, { 'mcp-session-id': token });
    expect(answered.status).toBe(404);
    expect(errorOf(answered)).toMatchObject({ id: 1, code: -32_001 });
  });

  test('is 404 also when the server says 400 and means the session [mcp-session-unknown-404]', async () => {
    const { gateway, token, answerWith } = await opened();
    answerWith((res) =>
      res
        .writeHead(400, { 'Content-Type': 'application/json' })
        .end(
          '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}',
        ),
    );
    const answered = await call(gateway, 'files', LIST, { 'mcp-session-id': token });
    expect(answered.status).toBe(404);
    expect(errorOf(answered)).toMatchObject({ code: -32_001 });
  });

  test('another 400 passes as it is', async () => {
    const { gateway, token, answerWith } = await opened();
    const text = '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Unsupported protocol version"},"id":null}';
    answerWith((res) => res.writeHead(400, { 'Content-Type': 'application/json' }).end(text));
    const answered = await call(gateway, 'files', LIST, { 'mcp-session-id': token });
    expect(answered.status).toBe(400);
    expect(answered.text).toBe(text);
  });

  test('is not told to another server that takes the name, and goes on after changes that leave it where it is', async () => {
    const { gateway, upstream, token } = await opened();
    const named = { 'mcp-session-id': token };
    gateway.servers.set('files', `${upstream.url}?key=2`, { headers: { 'x-new': '1' } });
    expect((await call(gateway, 'files', LIST, named)).status).toBe(200);

    const { upstream: taker } = await gatewayTo(oneSession);
    gateway.servers.remove('files');
    gateway.servers.set('files', taker.url);
    const answered = await call(gateway, 'files', LIST, named);
    expect(answered.status).toBe(404);
    expect(errorOf(answered)).toMatchObject({ data: { code: 'session-not-found' } });
    expect(taker.received).toHaveLength(0);
  });

  test('does not go along with initialize [mcp-initialize-without-session]', async () => {
    const { gateway, upstream, token } = await opened();
    const answered = await call(gateway, 'files', INITIALIZE, { 'mcp-session-id': token });
    expect(answered.status).toBe(200);
    expect(upstream.received[1]?.headers).not.toHaveProperty('mcp-session-id');
    expect((await call(gateway, 'files', INITIALIZE, { 'mcp-session-id': 'stale' })).status).toBe(200);
  });

  test('does not exist in the modern era [mcp-modern-no-session]', async () => {
    const { gateway, upstream } = await gatewayTo((res) =>
      res
        .writeHead(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'x' })
        .end('{"jsonrpc":"2.0","id":1,"result":{}}'),
    );
    const { message, headers } = modern('tools/list');
    const answered = await call(gateway, 'files', message, {
      ...headers,
      'mcp-session-id': 'stale',
      'last-event-id': '7',
    });
    expect(answered.status).toBe(200);
    expect(answered.headers).not.toHaveProperty('mcp-session-id');
    expect(upstream.received[0]?.headers).not.toHaveProperty('mcp-session-id');
    expect(upstream.received[0]?.headers).not.toHaveProperty('last-event-id');
  });
});

describe('session tokens', () => {
  const key = randomBytes(32);
  const clock = (): number => 1_700_000_000_000;
  const fresh = () => createSessionTokens({ key, clock });
  const text = fc.string({ unit: 'grapheme', maxLength: 200 });

  propertyTest.prop([text, text, text])('what was sealed is opened by another instance', (keyId, place, upstreamId) => {
    const { token } = fresh().seal(keyId, place, upstreamId);
    expect(fresh().open(token)).toEqual({ token, keyId, place, upstreamId, issuedAt: clock() });
  });

  propertyTest.prop([fc.nat(), fc.integer({ min: 1, max: 63 })])(
    'one changed character is found [mcp-session-id-opaque]',
    (at, by) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const { token } = fresh().seal('key', 'server', 'session');
      const index = at % token.length;
      const changed = alphabet[(alphabet.indexOf(token[index] ?? '') + by) % 64] ?? '';
      expect(fresh().open(token.slice(0, index) + changed + token.slice(index + 1))).toBeUndefined();
    },
  );

  propertyTest.prop([fc.string()])('nothing else is opened', (token) => {
    expect(fresh().open(token)).toBeUndefined();
  });

  test('a token in another spelling is not opened', () => {
    const { token } = fresh().seal('key', 'server', 'session');
    for (const other of [`${token}=`, ` ${token}`, `${token}\n`, token.replaceAll('-', '+'), `${token}A`]) {
      if (other !== token) expect(fresh().open(other)).toBeUndefined();
    }
    expect(fresh().open('A'.repeat(100_000))).toBeUndefined();
  });

  test('two seals of the same session differ', () => {
    const tokens = fresh();
    expect(tokens.seal('a', 'b', 'c').token).not.toBe(tokens.seal('a', 'b', 'c').token);
  });
});
