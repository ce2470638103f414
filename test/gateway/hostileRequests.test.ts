import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

let gateway: TestGateway;
let admin: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  admin = (await gateway.createKey({ scopes: ['servers:read', 'servers:write', 'keys:read'] })).apiKey;
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly allow: string | null;
  readonly body: Record<string, unknown>;
}

async function ask(method: string, path: string, body?: string): Promise<Answer> {
  const answer = await fetch(gateway.url + path, {
    method,
    headers: {
      authorization: `Bearer ${admin}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    allow: answer.headers.get('allow'),
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** Sends bytes as they are. @returns the first line of the answer */
async function sendRaw(request: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(request);
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return first.toString('latin1').split('\r\n', 1)[0] ?? '';
}

const cursor = (text: string): string => Buffer.from(text).toString('base64url');
const ANY_KEY = '00000000-0000-7000-8000-000000000000';
const newServer = (description: string): string =>
  `{"name":"odd","url":"http://127.0.0.1:9/mcp","description":${description}}`;

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const bracketed = JSON.stringify({ name: `\\"${'['.repeat(5_000)}` });

describe('what makes no sense is the caller’s fault and no bug', () => {
  it.each([
    ['a name with a NUL', 'GET', '/api/v1/mcp/servers/%00', undefined, 404, 'server-not-found'],
    ['a name that is not UTF-8', 'GET', '/api/v1/mcp/servers/%E0%A4%A', undefined, 404, 'server-not-found'],
    ['a cursor with a NUL', 'GET', `/api/v1/mcp/servers?cursor=${cursor('a\0b')}`, undefined, 400, 'page-invalid'],
    [
      'a cursor before Christ',
      'GET',
      `/api/v1/keys?cursor=${cursor(`-271821-04-20T00:00:00.000Z ${ANY_KEY}`)}`,
      undefined,
      400,
      'page-invalid',
    ],
    ['a NUL in a text', 'POST', '/api/v1/mcp/servers', newServer('"a\\u0000b"'), 400, 'request-invalid'],
    ['half a surrogate pair', 'POST', '/api/v1/mcp/servers', newServer('"a\\ud800b"'), 400, 'request-invalid'],
    ['a body that nests deeper than anyone writes', 'POST', '/api/v1/mcp/servers', nested(5_000), 400, 'json-too-deep'],
    ['brackets within a text, which nest nothing', 'POST', '/api/v1/mcp/servers', bracketed, 400, 'request-invalid'],
  ])('%s', async (_name, method, path, body, status, code) => {
    expect(await ask(method, path, body)).toMatchObject({ status, body: { code } });
  });

  it.each(['http://[/api/v1/keys', 'http://a:b:c/api/v1/keys'])('the target %s', async (target) => {
    expect(await sendRaw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`)).toContain(' 400 ');
  });
});

it('a method that a resource does not take is 405, with those that it takes [http-405-allow]', async () => {
  expect(await ask('PATCH', '/api/v1/mcp/servers')).toMatchObject({
    status: 405,
    allow: expect.stringContaining('POST') as unknown,
    body: { code: 'method-not-allowed' },
  });
});

describe('strangers', () => {
  it.each(['/api/v1/auth/token', '/health'])('can’t make %s read a large body [http-413-bounded]', async (path) => {
    const method = path === '/health' ? 'GET' : 'POST';
    const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    // Only a part is sent: the answer must not wait for the rest.
    expect(await sendRaw(`${head}Content-Length: 16000000\r\n\r\n{`)).toContain(' 413 ');
    const chunk = `2000\r\n${' '.repeat(0x2000)}\r\n`;
    expect(await sendRaw(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk}`)).toContain(' 413 ');
  });
});

describe('a server’s secrets', () => {
  const url = 'http://127.0.0.1:9/mcp';
  const register = (name: string) => gateway.addServer(name, url, { Authorization: 'Bearer of-the-server' });
  const put = (name: string, body: object) => ask('PUT', `/api/v1/mcp/servers/${name}`, JSON.stringify(body));

  it('do not follow it to another address, where another host could read them [auth-secrets-stay]', async () => {
    await register('moved');
    for (const moved of [
      'http://127.0.0.1:10/mcp',
      'http://localhost:9/mcp',
      'https://127.0.0.1:9/mcp',
      'http://127.0.0.1:9/mcp/2',
      'http://127.0.0.1:9/mcp/',
      'http://127.0.0.1:9/',
      'http://127.0.0.1:9/MCP',
      'http://127.0.0.1:9/mcp;x',
      'http://127.0.0.1:9//mcp',
      'http://127.0.0.1:9/mcp/%2e%2e/other',
      'http://127.0.0.1:9/mcp%2F',
    ]) {
      expect(await put('moved', { url: moved }), moved).toMatchObject({
        status: 400,
        body: { code: 'server-secrets-needed', data: { headers: ['Authorization'], env: [] } },
      });
    }
    expect(await ask('GET', '/api/v1/mcp/servers/moved')).toMatchObject({ body: { url, has_secrets: true } });
    expect(await put('moved', { url: 'http://127.0.0.1:10/mcp', headers: {} })).toMatchObject({
      status: 200,
      body: { has_secrets: false },
    });
  });

  it('follow it when they are given anew, though they are the same', async () => {
    await register('anew');
    const headers = { authorization: 'Bearer of-the-server' };
    expect(await put('anew', { url: 'http://127.0.0.1:10/mcp', headers })).toMatchObject({ status: 200 });
  });

  it('stay while only the query changes, or how the same address is written, and never bar a server without any', async () => {
    await register('same');
    for (const same of [
      `${url}?page=2`,
      `${url}#here`,
      'HTTP://127.0.0.1:9/mcp',
      'http://127.1:9/mcp',
      'http://127.0.0.1:9/x/../mcp',
      'http://127.0.0.1:9/%2e/%6d%63p',
    ]) {
      expect(await put('same', { url: same }), same).toMatchObject({ status: 200, body: { has_secrets: true } });
    }
    await gateway.addServer('bare', url);
    expect(await put('bare', { url: 'http://127.0.0.1:10/mcp' })).toMatchObject({ status: 200 });
    await gateway.stores.servers.remove('bare', undefined, TEST_CONTEXT);
  });
});
