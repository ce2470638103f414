import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeApiKey } from '../../src/auth/keyFormat.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

let lines: string[] = [];
const stream = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(chunk.toString());
    done();
  },
});

let gateway: TestGateway;
let key: { id: string; apiKey: string };
let token: string;
/** Well-formed, of a key that exists, with another secret. */
let forged: string;

beforeAll(async () => {
  gateway = await startTestGateway({ logger: pino({ base: null }, stream) });
  key = await gateway.createKey({ scopes: ['servers:read'] });
  token = await gateway.token(key.apiKey);
  forged = makeApiKey(key.id, randomBytes(32)).text;
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  lines = [];
});

function refusals(): Record<string, unknown>[] {
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'a credential was refused');
}

async function use(path: string, headers: Record<string, string>, body?: object): Promise<number> {
  const answer = await fetch(gateway.url + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await answer.text();
  return answer.status;
}

const MCP = '/mcp/files?secret=in-the-query';
const REST = '/api/v1/mcp/servers?secret=in-the-query';
const TOKEN = '/api/v1/auth/token';

it('of each interface are logged, with reason, address and key, without the secret [front-refusals-logged]', async () => {
  expect(await use(MCP, { authorization: `Bearer ${forged}` })).toBe(401);
  expect(await use(REST, { 'x-api-key': forged })).toBe(401);
  expect(await use(TOKEN, {}, { api_key: forged })).toBe(401);
  const common = { level: 30, code: 'invalid-credential', remoteAddress: '127.0.0.1', keyId: key.id };
  expect(refusals()).toEqual([
    expect.objectContaining({ ...common, method: 'GET', path: '/mcp/files' }),
    expect.objectContaining({ ...common, method: 'GET', path: '/api/v1/mcp/servers' }),
    expect.objectContaining({ ...common, method: 'POST', path: TOKEN }),
  ]);
  expect(lines.join('')).not.toContain(forged.slice(-20));
  expect(lines.join('')).not.toContain('in-the-query');
});

it('do not show a key or token that stands in the path [front-refusals-logged]', async () => {
  for (const secret of [key.apiKey, token]) {
    expect(await use(`/mcp/${secret}/files`, {})).toBe(401);
    expect(await use(`/mcp/${'x'.repeat(90)}${secret}`, {})).toBe(401);
  }
  expect(refusals().map(({ path }) => path)).toContain('/mcp/[secret]/files');
  for (const secret of [key.apiKey, token]) expect(lines.join('')).not.toContain(secret.slice(4, 40));
  expect(lines.join('')).not.toContain(token.split('.')[1]?.slice(0, 20));
});

it('are distinguished by their reasons [front-refusals-logged]', async () => {
  const [head = '', , signature = ''] = token.split('.');
  const claims = Buffer.from(JSON.stringify({ sub: key.id })).toString('base64url');
  expect(await use(REST, {})).toBe(401);
  expect(await use(REST, { authorization: 'Basic dTpwdw==' })).toBe(401);
  expect(await use(REST, { authorization: 'Bearer not-a-token' })).toBe(401);
  expect(await use(REST, { authorization: `Bearer ${head}.${claims}.${signature}` })).toBe(401);
  expect(await use(REST, { authorization: `Bearer ${token}`, 'x-api-key': key.apiKey })).toBe(400);
  expect(await use(MCP, { authorization: `Bearer ${token}` })).toBe(403);
  await gateway.stores.keys.inactivate(key.id, undefined, TEST_CONTEXT);
  await expect.poll(() => use(REST, { 'x-api-key': key.apiKey })).toBe(401);
  expect(refusals().map(({ code, keyId }) => [code, keyId])).toEqual([
    ['credential-missing', undefined],
    ['invalid-credential', undefined],
    ['invalid-credential', undefined],
    ['invalid-credential', key.id],
    ['credential-ambiguous', undefined],
    ['insufficient-scope', key.id],
    ['key-inactive', key.id],
  ]);
  for (const secret of [token, signature, key.apiKey.slice(-20), 'dTpwdw'])
    expect(lines.join('')).not.toContain(secret);
});

it('fill no disk: a flood is counted, not written down [front-refusals-logged]', async () => {
  for (let n = 0; n < 300; n += 1) await use(MCP, {});
  // 20 at once, and one per second.
  expect(refusals().length).toBeLessThan(60);
  const suppressedCount = (): number => refusals().reduce((sum, { suppressed = 0 }) => sum + Number(suppressed), 0);
  await gateway.restart();
  expect(refusals().filter(({ code }) => code !== undefined).length + suppressedCount()).toBe(300);
});
