import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { addProgram } from '../gateway/stdio/world.ts';
import { scopeSchema } from '../../src/events/apiKey.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { changeLogLevel } from './changeLogLevel.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';
import { showOwn } from './showOwn.ts';
import { showRoles } from './showRoles.ts';
import { documentedMembers } from './documentedMembers.ts';
import { ANSWERED, RARE_MEMBERS } from './rareMembers.ts';

let gateway: TestGateway;
let api: DocumentedApi;
let calculator: Awaited<ReturnType<typeof startBackendServer1>>;
let admin: string;
let narrow: string;
const SERVERS = '/api/v1/mcp/servers';

beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  calculator = await startBackendServer1({ port: 0 });
  await gateway.addServer('calculator', calculator.url, { 'X-Upstream-Secret': 'hidden-value' });
  const scopes = ['mcp', 'servers:read', 'servers:write'];
  admin = (await gateway.createKey({ scopes: [...scopes, 'keys:read', 'audit:read'] })).apiKey;
  narrow = (await gateway.createKey({ scopes, grants: ['calculator:e*'] })).apiKey;
});
afterAll(async () => {
  await calculator[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

it('the health names every part [http-health-503]', async () => {
  const up = { status: 'up' };
  const parts = { database: up, event_store: up, projections: up, change_feed: up };
  expect(await api.call('GET', '/health')).toMatchObject({ status: 200, body: { ...up, parts } });
  for (const part of ['ready', 'live']) expect((await api.call('GET', `/health/${part}`)).status).toBe(200);
});

it('takes reports of leaked keys', async () =>
  expect((await api.call('POST', '/api/v1/leaked', { body: [] })).body).toEqual({ received: 0 }));
describe('the token endpoint', () => {
  it('exchanges a key for a token that works', async () => {
    const { status, body } = await api.call('POST', '/api/v1/auth/token', { body: { api_key: admin } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
    const token = String(body['access_token']);
    expect((await api.call('GET', SERVERS, { credential: token })).status).toBe(200);
  });
  it('refuses what is not a key, without saying what is wrong with it [http-401-plain-challenge] [auth-one-answer]', async () => {
    const wrong = `${admin.slice(0, 30)}${admin[30] === 'x' ? 'y' : 'x'}${admin.slice(31)}`;
    for (const api_key of [wrong, 'mcp_', 'x'.repeat(512)]) {
      const { status, body, headers } = await api.call('POST', '/api/v1/auth/token', { body: { api_key } });
      expect([status, body.code]).toEqual([401, 'invalid-credential']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });
  it('tells what is wrong with the request [http-unknown-field-400] [http-415-json-only]', async () => {
    const code = async (call: Parameters<DocumentedApi['call']>[2]) => {
      const { status, body } = await api.call('POST', '/api/v1/auth/token', call);
      return [status, body.code];
    };
    expect(await code({ body: {} })).toEqual([400, 'request-invalid']);
    expect(await code({ body: { api_key: admin, more: 1 } })).toEqual([400, 'request-invalid']);
    expect(await code({ body: '{"api_key":' })).toEqual([400, 'json-malformed']);
    expect(await code({ body: '{}', headers: { 'content-type': 'text/plain' } })).toEqual([
      415,
      'content-type-unsupported',
    ]);
    expect(await code({})).toEqual([400, 'request-invalid']);
    const nothing = await api.call('POST', '/api/v1/auth/token', {});
    expect(nothing.body).toMatchObject({ detail: 'The body is missing' });
  });
});

describe('servers', () => {
  it('live from registration to removal, with ETag and If-Match [http-412-if-match]', async () => {
    const body = { name: 'life', url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer s3cret' } };
    const made = await api.call('POST', SERVERS, { credential: admin, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'life', enabled: true, has_secrets: true, transport: 'http' });
    expect(JSON.stringify(made.body)).not.toContain('s3cret');
    expect(made.headers.get('location')).toBe(`${SERVERS}/life`);

    const read = await api.call('GET', `${SERVERS}/${String(made.body['id'])}`, { credential: admin });
    expect(read.body).toEqual(made.body);
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe(made.headers.get('etag'));

    const update = { url: 'http://127.0.0.1:9/mcp?moved=1', title: 'Life', enabled: false };
    const put = (headers: Record<string, string>, change: object = update) =>
      api.call('PUT', `${SERVERS}/life`, { credential: admin, body: change, headers });
    const updated = await put({ 'if-match': etag });
    expect(updated.body).toMatchObject({ url: update.url, title: 'Life', enabled: false, has_secrets: true });
    expect(updated.headers.get('etag')).not.toBe(etag);
    expect(await put({ 'if-match': etag })).toMatchObject({ status: 412, body: { code: 'revision-mismatch' } });
    expect(await put({ 'if-match': 'W/"1"' })).toMatchObject({ status: 400, body: { code: 'if-match-invalid' } });
    const same = await put({});
    expect(same.headers.get('etag')).toBe(updated.headers.get('etag'));
    expect((await put({}, { ...update, headers: {} })).body).toMatchObject({ has_secrets: false });

    const removed = await api.call('DELETE', `${SERVERS}/life`, { credential: admin });
    expect(removed.status).toBe(204);
    const gone = await api.call('GET', `${SERVERS}/life`, { credential: admin });
    expect([gone.status, gone.body.code]).toEqual([404, 'server-not-found']);
    expect((await api.call('POST', SERVERS, { credential: admin, body })).status).toBe(201);
  });
  it('are refused with a reason when they are wrong [http-unknown-field-400] [http-problem]', async () => {
    const refused = async (body: object) => {
      const answer = await api.call('POST', SERVERS, { credential: admin, body });
      return [answer.status, answer.body.code];
    };
    const url = 'http://127.0.0.1:9/mcp';
    expect(await refused({ name: 'calculator', url })).toEqual([409, 'server-exists']);
    expect(await refused({ name: 'Bad Name', url })).toEqual([400, 'request-invalid']);
    expect(await refused({ name: 'bad', url: 'ftp://x' })).toEqual([400, 'server-url-invalid']);
    for (const mended of [
      'http:api.example.com/mcp',
      'http:/x',
      'http:///x',
      ' http://x/',
      'http://x/a b',
      'http://x/\n',
    ]) {
      expect(await refused({ name: 'bad', url: mended })).toEqual([400, 'server-url-invalid']);
    }
    expect(await refused({ name: 'bad', url, title: 'a\0' })).toEqual([400, 'request-invalid']);
    expect(await refused({ name: 'bad', url, timeouts: { idle_ms: 4e12 } })).toEqual([400, 'request-invalid']);
    const headers = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`X-${n}`, 'x'.repeat(8_000)]));
    expect(await refused({ name: 'bad', url, headers })).toEqual([400, 'server-too-large']);
    expect(await refused({ name: 'bad', url, env: { 'A=B': 'x' } })).toEqual([400, 'server-variable-invalid']);
    expect(await refused({ name: 'bad', url: 'http://u:p@x/' })).toEqual([400, 'server-url-has-credentials']);
    expect(await refused({ name: 'bad', url, headers: { 'bad header': 'x' } })).toEqual([400, 'server-header-invalid']);
    expect(await refused({ name: 'bad', url, headers: { Host: 'x' } })).toEqual([400, 'server-header-invalid']);
    expect(await refused({ name: 'bad', url, headers: { 'X-A': '1', 'x-a': '2' } })).toEqual([400, 'header-repeated']);
    expect(await refused({ name: 'bad', url, surprise: 1 })).toEqual([400, 'request-invalid']);
    expect(await refused({ name: 'bad', command: 'sh', transport: 'stdio' })).toEqual([403, 'insufficient-scope']);
  });
  it('are listed in pages [http-pages-complete]', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await gateway.addServer(name, 'http://127.0.0.1:9/mcp');
    const names: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await api.call('GET', `${SERVERS}?limit=2${query}`, { credential: admin });
      names.push(...(body.items as unknown as { name: string }[]).map(({ name }) => name));
      cursor = body['next_cursor'];
    }
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['calculator', 'page-1', 'page-2', 'page-3']));
    for (const query of ['limit=0', 'limit=x', 'cursor=%20']) {
      expect(await api.call('GET', `${SERVERS}?${query}`, { credential: admin })).toMatchObject({ status: 400 });
    }
  });
  it('that a key may not use do not exist for it [auth-grants-closed]', async () => {
    const { body } = await api.call('GET', SERVERS, { credential: narrow });
    expect((body.items as unknown as { name: string }[]).map(({ name }) => name)).toEqual(['calculator']);
    expect(await api.call('GET', `${SERVERS}/page-1`, { credential: narrow })).toMatchObject({ status: 404 });
    const other = { name: 'other', url: 'http://127.0.0.1:9/' };
    expect(await api.call('POST', SERVERS, { credential: narrow, body: other })).toMatchObject({ status: 403 });
    const change = await api.call('PUT', `${SERVERS}/calculator`, { credential: narrow, body: other });
    expect([change.status, (await api.call('DELETE', `${SERVERS}/calculator`, { credential: narrow })).status]).toEqual(
      [400, 403],
    );
  });
});

describe('tools', () => {
  const run = (tool: string, body?: unknown, credential = admin, server = 'calculator') =>
    api.call('POST', `${SERVERS}/${server}/tools/${tool}/execute`, { credential, body });

  it('are listed and run', async () => {
    const { body } = await api.call('GET', `${SERVERS}/calculator/tools`, { credential: admin });
    expect((body.items as unknown as { name: string }[]).map(({ name }) => name)).toContain('add');
    const sum = await run('add', { arguments: { a: 2, b: 3 } });
    expect(sum.status).toBe(200);
    expect(JSON.stringify(sum.body)).toContain('5');
    expect(await run('divide', { arguments: { a: 1, b: 0 } })).toMatchObject({ status: 200, body: { isError: true } });
  });
  it('answer what the server objects to', async () => {
    expect(await run('no-such-tool')).toMatchObject({ status: 502, body: { code: 'upstream-rpc-error' } });
    expect(await run('add', { arguments: [] })).toMatchObject({ status: 400 });
    expect(await run('add', {}, admin, 'page-1')).toMatchObject({
      status: 502,
      body: { code: 'upstream-unreachable' },
    });
    expect(await run('add', {}, admin, 'nowhere')).toMatchObject({ status: 404 });
  });
  it('that are not granted do not exist [auth-grants-closed]', async () => {
    const { body } = await api.call('GET', `${SERVERS}/calculator/tools`, { credential: narrow });
    expect((body.items as unknown as { name: string }[]).map(({ name }) => name)).toEqual(['echo']);
    expect(await run('add', { arguments: { a: 1, b: 1 } }, narrow)).toMatchObject({
      status: 404,
      body: { code: 'tool-not-found' },
    });
    expect((await run('echo', { arguments: { text: 'hi' } }, narrow)).status).toBe(200);
  });
});

describe('keys', () => {
  it('are shown with their history and never with a secret [projections-key-history] [auth-secret-nowhere]', async () => {
    const { id, apiKey } = await gateway.createKey();
    await gateway.stores.keys.inactivate(id, 'lost', TEST_CONTEXT);
    const shown = await api.call('GET', `/api/v1/keys/${id}`, { credential: admin });
    expect(shown.body).toMatchObject({ id, status: 'inactive', grants: ['*'] });
    expect(shown.headers.get('etag')).toBe('"1"');
    const history = await api.call('GET', `/api/v1/keys/${id}/history?limit=1`, { credential: admin });
    const rest = await api.call('GET', `/api/v1/keys/${id}/history?cursor=${String(history.body['next_cursor'])}`, {
      credential: admin,
    });
    expect([...(history.body.items ?? []), ...(rest.body.items ?? [])]).toMatchObject([
      { revision: 0, type: 'ApiKeyCreated', actor: 'system:test' },
      { revision: 1, type: 'ApiKeyInactivated', data: { reason: 'lost' } },
    ]);
    expect(JSON.stringify([shown.body, history.body])).not.toContain(apiKey.slice(-49));
    expect(JSON.stringify(history.body)).not.toContain('sealed');
  });
  it('are listed, inactive ones when asked for', async () => {
    const ids = async (query: string) => {
      const { body } = await api.call('GET', `/api/v1/keys?${query}`, { credential: admin });
      return (body.items as unknown as { status: string }[]).map(({ status }) => status);
    };
    expect(await ids('')).not.toContain('inactive');
    expect(await ids('include_inactive=true')).toContain('inactive');
    const first = await api.call('GET', '/api/v1/keys?limit=1', { credential: admin });
    expect(await ids(`limit=1&cursor=${String(first.body['next_cursor'])}`)).toHaveLength(1);
    expect(await api.call('GET', '/api/v1/keys?cursor=AAAA', { credential: admin })).toMatchObject({ status: 400 });
  });
  it('have roles, which are shown with what they give and changed by no request [auth-roles] [auth-http-changes-no-keys]', () =>
    showRoles(gateway, api));
  it('that do not exist are not found, whatever the id looks like', async () => {
    for (const id of ['x', '0190a1b2-0000-7000-8000-000000000001', '%00']) {
      expect(await api.call('GET', `/api/v1/keys/${id}`, { credential: admin })).toMatchObject({ status: 404 });
    }
  });
});

it('tools that are new or have changed are shown and approved', async () => {
  await gateway.addServer('unseen', 'http://127.0.0.1:1/mcp');
  const place = `${SERVERS}/unseen`;
  const { body: shown } = await api.call('GET', `${place}/unapproved`, { credential: admin });
  const { body: done } = await api.call('POST', `${place}/approve`, { credential: admin, body: {} });
  expect([shown, done]).toMatchObject([{ items: [] }, { approved: [], unread: { code: 'upstream-unreachable' } }]);
});

it('the processes of a server on stdio are shown, restarted and explained, and credentials for it', async () => {
  const { apiKey } = await gateway.createKey({ scopes: [...scopeSchema.options] });
  await addProgram(gateway, 'program');
  const { id } = await gateway.createKey();
  const ofKey = [`PUT credentials/${id}`, `DELETE credentials/${id}`, 'GET credentials'];
  for (const call of ['GET tools', 'GET processes', 'GET health', 'POST restart', 'GET logs', ...ofKey]) {
    const [method = '', path = ''] = call.replace(' ', ` ${SERVERS}/program/`).split(' ');
    const answer = await api.call(method, path, { credential: apiKey, ...(method === 'PUT' && { body: {} }) });
    expect(answer.status, call).toBeLessThan(300);
  }
});

it('the audit trail is listed, usage is counted, and the tools of all servers are listed', async () => {
  const answer = await api.call('GET', '/api/v1/audit/events?limit=1', { credential: admin });
  expect(answer).toMatchObject({ status: 200, body: { items: [{}] } });
  const { apiKey } = await gateway.createKey({ scopes: ['usage:read', 'mcp'], grants: [] });
  for (const path of ['usage', 'tools'])
    expect((await api.call('GET', `/api/v1/${path}`, { credential: apiKey })).status).toBe(200);
});

it('what servers and keys have of their own is shown, and what fails', () => showOwn(gateway, api));

it('what happens is told as it happens', async () => {
  for (const path of ['/api/v1/events?include_system=true', '/api/v1/events/health']) {
    await using feed = await api.follow(path, { credential: admin });
    const health = (await feed.until('system_health')).at(-1);
    expect(health).toMatchObject({ data: { status: 'up', ready: { calls: true } } });
  }
});

it('messages go both ways as lines', async () => {
  const sent = { credential: admin, body: '[]', headers: { 'content-type': 'application/x-ndjson' } };
  expect((await api.call('POST', '/api/v1/mcp/stream', sent)).body).toMatchObject({ error: { code: -32_600 } });
});

it('what a gateway logs is shown to the CLI alone, and changed by it [ops-log-level]', () =>
  changeLogLevel(gateway, api));

it('every documented success has been seen [http-openapi-agrees]', () => {
  const promised = Object.values(api.document.paths).flatMap((operations) =>
    Object.values(operations).flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((status) => /^2/.test(status))
        .map((status) => `${operationId} ${status}`),
    ),
  );
  expect(promised.filter((answer) => !api.seen.has(answer))).toEqual([]);
});

it('every member of the answers has been seen, but those of rarer states [http-openapi-agrees]', () => {
  const documented = documentedMembers(api.document, ANSWERED);
  expect(documented.filter((member) => !api.members.has(member) && !RARE_MEMBERS.has(member))).toEqual([]);
  // None of another name.
  expect([...RARE_MEMBERS].filter((member) => !documented.includes(member))).toEqual([]);
});
