import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/errors/appError.ts';
import { ask, call, errorOf } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { MemoryKeys } from '../calls/memory.ts';
import { echoJson } from './upstream.ts';

const { gatewayTo } = fixture();
const body = JSON.stringify(LIST);

describe('Host and Origin', () => {
  test.for(['localhost', 'localhost:1234', 'a.localhost', '127.0.0.1:80', '10.1.2.3', '[::1]:9', '[2001:db8::1]'])(
    'the host %s is allowed [mcp-dns-rebinding-403]',
    async (host) => {
      const { gateway } = await gatewayTo(echoJson);
      expect((await ask(gateway, '/mcp/files', { body, headers: { host } })).status).toBe(200);
    },
  );

  test.for(['evil.example.com', 'localhost.evil.example.com', '127.0.0.1.evil.example.com', 'xn--localhost'])(
    'the host %s is refused before authentication [mcp-dns-rebinding-403]',
    async (host) => {
      const { gateway } = await gatewayTo(echoJson);
      const answered = await ask(gateway, '/mcp/files', { body, headers: { host, authorization: undefined } });
      expect(answered.status).toBe(403);
      expect(errorOf(answered)).toMatchObject({ id: null, code: -32_000, data: { code: 'host-not-allowed' } });
    },
  );

  test('a configured host is allowed, on every port', async () => {
    const hosts = { allowedHosts: ['mcp.example.com'], allowedOrigins: [] };
    const { gateway } = await gatewayTo(echoJson, { hosts });
    for (const host of ['mcp.example.com', 'MCP.example.com:8443']) {
      expect((await ask(gateway, '/mcp/files', { body, headers: { host } })).status).toBe(200);
    }
  });

  test.for(['http://localhost:5173', 'https://127.0.0.1', 'http://[::1]:3000', 'https://app.example.com'])(
    'a page of %s may read the answer',
    async (origin) => {
      const hosts = { allowedHosts: [], allowedOrigins: ['https://app.example.com'] };
      const { gateway } = await gatewayTo(echoJson, { hosts });
      const answered = await ask(gateway, '/mcp/files', { body, headers: { origin } });
      expect(answered.status).toBe(200);
      expect(answered.headers['access-control-allow-origin']).toBe(origin);
      expect(answered.headers['access-control-expose-headers']).toContain('Mcp-Session-Id');
      expect(answered.headers['vary']).toBe('Origin');
    },
  );

  test.for([
    'https://evil.example.com',
    'null',
    'http://localhost.evil.example.com',
    'file://',
    'http://localhost:5173/x',
    'http://127.0.0.1.evil.example.com',
  ])('a page of %s is refused before authentication [mcp-dns-rebinding-403]', async (origin) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const answered = await ask(gateway, '/mcp/files', { body, headers: { origin, authorization: undefined } });
    expect(answered.status).toBe(403);
    expect(answered.headers['access-control-allow-origin']).toBeUndefined();
    expect(upstream.received).toHaveLength(0);
  });

  test('a preflight is answered without a credential and allows the headers of MCP', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const headers = {
      origin: 'http://localhost:5173',
      authorization: undefined,
      'access-control-request-headers': 'authorization,mcp-session-id,mcp-param-region,x-evil',
    };
    const answered = await ask(gateway, '/mcp/files', { method: 'OPTIONS', headers });
    expect(answered.status).toBe(204);
    const allowed = String(answered.headers['access-control-allow-headers']).split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'mcp-session-id', 'mcp-param-region', 'last-event-id']),
    );
    expect(allowed).not.toContain('x-evil');
  });

  test('an error can be read by the page of an allowed origin', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const headers = { origin: 'http://localhost:5173', authorization: undefined };
    const answered = await ask(gateway, '/mcp/files', { body, headers });
    expect(answered.status).toBe(401);
    expect(answered.headers['access-control-allow-origin']).toBe('http://localhost:5173');
  });
});

describe('credentials', () => {
  test('no credential is 401 with a plain challenge [http-401-plain-challenge] [mcp-credential-every-request]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const answered = await ask(gateway, '/mcp/files', { body, headers: { authorization: undefined } });
    expect(answered.status).toBe(401);
    expect(answered.headers['www-authenticate']).toBe('Bearer');
    expect(errorOf(answered)).toMatchObject({ id: null, data: { code: 'key-invalid' } });
  });

  test('a credential without the scope mcp is 403 [http-403-insufficient-scope]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    gateway.keys.add('reader', { scopes: new Set(['servers:read']) });
    const answered = await ask(gateway, '/mcp/files', { body, headers: { authorization: 'Bearer reader' } });
    expect(answered.status).toBe(403);
    expect(answered.headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="mcp"');
  });

  test('X-API-Key works as well', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const headers = { authorization: undefined, 'x-api-key': 'good' };
    expect((await ask(gateway, '/mcp/files', { body, headers })).status).toBe(200);
  });

  test('authentication that has to wait works, and its failure is told', async () => {
    const keys = new MemoryKeys();
    keys.add('good');
    const { gateway } = await gatewayTo(echoJson, {
      authenticate: async (headers) => {
        await new Promise((resolve) => setImmediate(resolve));
        if (headers.authorization === 'Bearer down') throw new Unavailable('database-unavailable', 'No database.');
        return keys.authenticate(headers);
      },
    });
    expect((await call(gateway, 'files', LIST)).status).toBe(200);
    expect((await call(gateway, 'files', LIST, { authorization: 'Bearer bad' })).status).toBe(401);
    expect((await call(gateway, 'files', LIST, { authorization: 'Bearer down' })).status).toBe(503);
  });

  test('a bug in a part is answered with 500 and tells nothing [http-500-tells-nothing]', async () => {
    const { gateway } = await gatewayTo(echoJson, {
      authenticate: () => {
        throw new TypeError('secret detail');
      },
    });
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(500);
    expect(answered.text).not.toContain('secret');
  });
});

describe('servers', () => {
  test.for(['unknown', 'other', 'files%2f', 'FILES', '../files', 'files/x', '__proto__'])(
    'the server %s is not found',
    async (name) => {
      const { gateway, upstream } = await gatewayTo(echoJson);
      gateway.servers.set('other', upstream.url);
      gateway.keys.add('narrow', { grants: ['files'] });
      const answered = await ask(gateway, `/mcp/${name}`, { body, headers: { authorization: 'Bearer narrow' } });
      expect(answered.status).toBe(404);
      expect(errorOf(answered)).toMatchObject({ data: { code: 'server-not-found' } });
    },
  );

  test('a server that is unknown and one that is not granted answer the same [auth-grants-closed]', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    gateway.servers.set('other', upstream.url);
    gateway.keys.add('narrow', { grants: ['files'] });
    const headers = { authorization: 'Bearer narrow' };
    const [other, unknown] = [
      await call(gateway, 'other', LIST, headers),
      await call(gateway, 'unknown', LIST, headers),
    ];
    expect(other.text).toBe(unknown.text);
  });

  test('a disabled server says so to a key that may use it, and only to that', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    gateway.servers.set('files', upstream.url, { enabled: false });
    gateway.keys.add('narrow', { grants: ['other'] });
    const answered = await call(gateway, 'files', LIST);
    expect(answered.status).toBe(503);
    expect(errorOf(answered)).toMatchObject({ data: { code: 'server-disabled' } });
    expect((await call(gateway, 'files', LIST, { authorization: 'Bearer narrow' })).status).toBe(404);
  });

  test('/mcp alone is all servers together', async () => {
    const { gateway } = await gatewayTo(echoJson);
    for (const path of ['/mcp', '/mcp/', '/mcp?x=1']) {
      const answered = await ask(gateway, path, { body });
      expect(answered.status).toBe(400);
      expect(errorOf(answered).data?.code).toBe('session-required');
    }
  });

  test('a query and a slash at the end change nothing', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    expect((await ask(gateway, '/mcp/files/?server=other', { body })).status).toBe(200);
    expect(upstream.received[0]?.url).toBe('/mcp');
  });

  test('a call that has ended counts no more', async () => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    gateway.servers.set('files', upstream.url, { limits: { maxInFlight: 1 } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let id = 0; id < 5; id++) {
      expect((await ask(gateway, '/mcp/files', { body, agent })).status).toBe(200);
    }
    agent.destroy();
  });

  test('a server with as many calls in flight as it may is 503 with Retry-After [http-503-retry-after]', async () => {
    const { gateway, upstream } = await gatewayTo(() => undefined);
    gateway.servers.set('files', upstream.url, { limits: { maxInFlight: 1 } });
    const first = call(gateway, 'files', LIST).catch(() => undefined);
    await expect.poll(() => upstream.received.length).toBe(1);
    const answered = await call(gateway, 'files', { ...LIST, id: 2 });
    expect(answered.status).toBe(503);
    expect(answered.headers['retry-after']).toBe('1');
    expect(errorOf(answered)).toMatchObject({ id: 2, data: { code: 'server-busy' } });
    await gateway.register[Symbol.asyncDispose]();
    await first;
  });
});

describe('the exchange itself', () => {
  test.for(['PUT', 'PATCH', 'HEAD', 'TRACE'])(
    '%s is 405 and says what is possible [http-405-allow]',
    async (method) => {
      const { gateway } = await gatewayTo(echoJson);
      const answered = await ask(gateway, '/mcp/files', { method });
      expect(answered.status).toBe(405);
      expect(answered.headers['allow']).toBe('GET, POST, DELETE, OPTIONS');
    },
  );

  test.for([undefined, 'application/json', 'text/event-stream', 'text/html'])(
    'POST that accepts %s is 406 [mcp-accept-406]',
    async (accept) => {
      const { gateway } = await gatewayTo(echoJson);
      const answered = await ask(gateway, '/mcp/files', { body, headers: { accept } });
      expect(answered.status).toBe(406);
      expect(errorOf(answered)).toMatchObject({ id: null, code: -32_000 });
    },
  );

  test.for(['*/*', 'text/event-stream;q=0.5, application/json', 'APPLICATION/JSON, text/*'])(
    'POST that accepts %s passes',
    async (accept) => {
      const { gateway, upstream } = await gatewayTo(echoJson);
      expect((await ask(gateway, '/mcp/files', { body, headers: { accept } })).status).toBe(200);
      expect(upstream.received[0]?.headers.accept).toBe('application/json, text/event-stream');
    },
  );

  test('GET that does not accept an event stream is 406 [mcp-accept-406]', async () => {
    const { gateway } = await gatewayTo(echoJson);
    expect((await ask(gateway, '/mcp/files', { headers: { accept: 'application/json' } })).status).toBe(406);
  });

  test.for([
    undefined,
    'text/plain',
    'application/json; charset=utf-16',
    'application/json;charset=utf-7',
    'text/json',
  ])('POST of %s is 415 [http-415-json-only]', async (type) => {
    const { gateway, upstream } = await gatewayTo(echoJson);
    const answered = await ask(gateway, '/mcp/files', { body, headers: { 'content-type': type } });
    expect(answered.status).toBe(415);
    expect(upstream.received).toHaveLength(0);
  });

  test('POST of JSON with UTF-8 named passes', async () => {
    const { gateway } = await gatewayTo(echoJson);
    const headers = { 'content-type': 'application/json; charset="UTF-8"' };
    expect((await ask(gateway, '/mcp/files', { body, headers })).status).toBe(200);
  });
});
