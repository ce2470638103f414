import { once } from 'node:events';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryRegister } from '../calls/memory.ts';
import { createApi } from '../../src/api/app.ts';
import { problemSchema } from '../../src/api/problem.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import { FrontResponse } from '../../src/front/frontResponse.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { createRepeatedLog } from '../../src/logging/repeatedLog.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';

// What holds for every resource, beyond what the OpenAPI document says of each.

const SERVERS = '/api/v1/mcp/servers';

let gateway: TestGateway;
let admin: string;

beforeAll(async () => {
  gateway = await startTestGateway({ env: { SERVER_ALLOWED_ORIGINS: 'https://app.example.com' } });
  admin = (await gateway.createKey({ scopes: ['servers:read', 'servers:write', 'keys:read', 'audit:read'] })).apiKey;
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Sends any headers at all, as fetch does not. */
async function ask(
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
  url = gateway.url,
): Promise<Answered> {
  const sent = request(url + path, { method, headers, agent: false });
  sent.on('error', () => undefined);
  sent.end(body);
  // `response` carries the one message.
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await json(answer) };
}

function expectProblem({ status, headers, body }: Answered, expected: [number, string]): void {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = problemSchema.parse(body);
  expect([status, problem.status, problem.code]).toEqual([expected[0], ...expected]);
}

describe('a request', () => {
  it.each([
    ['a foreign host', { host: 'evil.example.com' }, 'host-not-allowed'],
    ['a page of a foreign origin', { origin: 'https://evil.example.com' }, 'origin-not-allowed'],
  ])('of %s is refused before authentication [mcp-dns-rebinding-403]', async (_what, headers, code) => {
    expectProblem(await ask(SERVERS, { headers }), [403, code]);
  });

  it('of a page of an allowed origin is answered so that the page can read it, errors included', async () => {
    const origin = 'https://app.example.com';
    for (const headers of [{ origin }, { origin, 'x-api-key': admin }]) {
      expect((await ask(SERVERS, { headers })).headers['access-control-allow-origin']).toBeOneOf([origin, '*']);
    }
  });

  it('with its credential in the URL has none [auth-not-in-url]', async () => {
    for (const name of ['api_key', 'access_token', 'token', 'key', 'x-api-key', 'authorization']) {
      expectProblem(await ask(`${SERVERS}?${name}=${admin}`), [401, 'credential-missing']);
    }
  });

  it('for what is not there is told so [http-problem]', async () => {
    expectProblem(await ask('/api/v1/nothing'), [404, 'no-such-resource']);
  });

  it('with a method that the resource does not take learns which it takes [http-405-allow]', async () => {
    for (const headers of [{}, { 'x-api-key': admin }]) {
      const answered = await ask(SERVERS, { method: 'PATCH', headers });
      expectProblem(answered, [405, 'method-not-allowed']);
      expect(answered.headers.allow?.split(', ').sort()).toEqual(['GET', 'HEAD', 'POST']);
    }
  });

  it('never makes or changes a key [auth-http-changes-no-keys]', async () => {
    const { id } = await gateway.createKey();
    const last = await gateway.stores.events.end();
    const body = Buffer.from('{"name":"other","status":"inactive","scopes":["servers:exec"],"grants":["*"]}');
    const headers = {
      'x-api-key': admin,
      'content-type': 'application/json',
      'content-length': String(body.length),
    };
    for (const path of ['/api/v1/keys', `/api/v1/keys/${id}`, `/api/v1/keys/${id}/history`]) {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        expect((await ask(path, { method, headers, body })).status).toBe(405);
      }
    }
    expect(await gateway.stores.events.end()).toBe(last);
  });

  it.each([
    ['declared', { 'content-length': String(64 * 1024 * 1024) }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('with a body of 64 MiB, %s, is refused [http-413-bounded]', async (_how, framing) => {
    const headers = { 'x-api-key': admin, 'content-type': 'application/json', ...framing };
    const answered = await ask(SERVERS, { method: 'POST', headers, body: Buffer.alloc(64 * 1024 * 1024, 0x20) });
    expectProblem(answered, [413, 'body-too-large']);
  });

  it('is answered so that no cache keeps the answer, a token above all [http-no-store]', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify({ api_key: admin }));
    const token = await ask('/api/v1/auth/token', { method: 'POST', headers, body });
    expect([token.status, token.headers['cache-control']]).toEqual([200, 'no-store']);
    for (const credential of [admin, 'wrong']) {
      expect((await ask(SERVERS, { headers: { 'x-api-key': credential } })).headers['cache-control']).toBe('no-store');
    }
  });
});

it('a request that an outage keeps from being served is told of without a stack', async () => {
  const lines: Record<string, unknown>[] = [];
  const write = (text: string): void => void lines.push(JSON.parse(text) as Record<string, unknown>);
  const outage = new Unavailable('database-unavailable', 'PostgreSQL can’t be reached.', {
    cause: new Error('stacked'),
  });
  const logger = createLogger('info', { write });
  using unserved = createRepeatedLog({ logger, clock: () => 0, message: 'a request could not be served' });
  const api = createApi({
    routes: [{ method: 'get', path: '/away', access: 'public', handle: () => Promise.reject(outage) }],
    authenticate: () => Promise.reject(new Error('nobody authenticates here')),
    register: memoryRegister(),
    clock: () => 0,
    logger,
    version: '0',
    maxBodyBytes: 1,
    checkHost: () => undefined,
    unserved,
  });
  const server = createServer({ ServerResponse: FrontResponse }, api).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answered = await ask('/away', {}, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(lines).toMatchObject([{ level: 40, code: 'database-unavailable', reason: outage.message }]);
    expect(lines[0]).toMatchObject({ requestId: answered.headers['x-request-id'] });
    expect(JSON.stringify(lines)).not.toMatch(/\.ts|stacked/);
  } finally {
    server.close();
  }
});

it('a bug is answered with the request’s id and nothing else [http-500-tells-nothing]', async () => {
  const unserved = { note: () => undefined };
  const api = createApi({
    routes: [
      {
        method: 'get',
        path: '/bug',
        access: 'public',
        handle: () => Promise.reject(new TypeError('the password is hunter2')),
      },
    ],
    authenticate: () => Promise.reject(new Error('nobody authenticates here')),
    register: memoryRegister(),
    clock: () => 0,
    logger: createLogger('silent'),
    version: '0',
    maxBodyBytes: 1,
    checkHost: () => undefined,
    unserved,
  });
  const server = createServer({ ServerResponse: FrontResponse }, api).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answered = await ask('/bug', {}, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expectProblem(answered, [500, 'internal-error']);
    expect(JSON.stringify(answered.body)).not.toMatch(/hunter2|TypeError|\.ts/);
    expect(answered.body).toMatchObject({ request_id: answered.headers['x-request-id'] });
  } finally {
    server.close();
  }
});
