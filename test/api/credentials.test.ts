import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { documentedApi, type DocumentedApi } from './documentedApi.ts';

const SERVERS = '/api/v1/mcp/servers';

let gateway: TestGateway;
let api: DocumentedApi;
let admin: string;
let narrow: string;
beforeAll(async () => {
  gateway = await startTestGateway();
  api = await documentedApi(gateway.url);
  ({ apiKey: admin } = await gateway.createKey({
    scopes: ['servers:read', 'servers:write', 'keys:read', 'audit:read'],
  }));
  ({ apiKey: narrow } = await gateway.createKey({ scopes: ['servers:write'], grants: ['calculator'] }));
});
afterAll(() => gateway[Symbol.asyncDispose]());

it('what a server gets for one key alone is set, listed by name and removed, and never by the key itself [auth-http-changes-no-keys]', async () => {
  const { id } = await gateway.createKey();
  await gateway.addServer('personal', 'http://127.0.0.1:1/mcp');
  const place = `${SERVERS}/personal/credentials`;
  const set = (key: string, body: object, credential = admin) =>
    api.call('PUT', `${place}/${key}`, { credential, body });
  expect(await set(id, { headers: { 'X-Token': 'hidden-value' }, reason: 'own account' })).toMatchObject({
    status: 200,
    body: { header_names: ['X-Token'], env_names: [] },
  });
  const listed = await api.call('GET', place, { credential: admin });
  expect(listed.body.items).toEqual([
    { key: { id, name: 'test' }, header_names: ['X-Token'], env_names: [], outdated: false },
  ]);
  const shown = await api.call('GET', `/api/v1/keys/${id}`, { credential: admin });
  expect(shown.body).toMatchObject({ credentials: [{ server: 'personal', header_names: ['X-Token'], env_names: [] }] });
  const history = await api.call('GET', `/api/v1/keys/${id}/history`, { credential: admin });
  expect(history.body.items).toMatchObject([{}, { type: 'ApiKeyCredentialSet', data: { headers: ['X-Token'] } }]);
  for (const { body } of [listed, shown, history])
    expect(JSON.stringify(body)).not.toMatch(/hidden-value|sealed|"box"/);

  const own = await gateway.createKey({ scopes: ['servers:write'] });
  expect(await set(own.id, { headers: {} }, own.apiKey)).toMatchObject({
    status: 403,
    body: { code: 'credential-own' },
  });
  expect(await set(id, { headers: {} }, narrow)).toMatchObject({ status: 404 });
  expect(await set(id, { headers: { Host: 'x' } })).toMatchObject({
    status: 400,
    body: { code: 'server-header-invalid' },
  });
  for (const nobody of ['x', '0190a1b2-0000-7000-8000-000000000001']) {
    expect(await set(nobody, { headers: { 'X-Token': 't' } })).toMatchObject({
      status: 404,
      body: { code: 'key-not-found' },
    });
  }
  expect(await api.call('DELETE', `${place}/${id}`, { credential: admin })).toMatchObject({ status: 204 });
  expect((await api.call('GET', place, { credential: admin })).body.items).toEqual([]);
});

it('what is left of a server that is gone is removed by its name, by who may change such a server [auth-http-changes-no-keys]', async () => {
  const { id } = await gateway.createKey();
  const give = { headers: { 'x-token': 't' }, env: {} };
  await gateway.addServer('gone', 'http://127.0.0.1:1/mcp');
  await gateway.stores.credentials.change(id, 'gone', () => ({ secrets: give }), TEST_CONTEXT);
  await gateway.stores.servers.remove('gone', undefined, TEST_CONTEXT);
  const call = (method: string, key: string, credential: string) =>
    api.call(method, `${SERVERS}/gone/credentials/${key}`, {
      credential,
      ...(method === 'PUT' && { body: { headers: { 'x-token': 't' } } }),
    });
  const part = await gateway.createKey({ scopes: ['servers:write'], grants: ['gone:tool'] });
  const own = await gateway.createKey({ scopes: ['servers:write'] });
  expect(await call('PUT', id, admin)).toMatchObject({ status: 404, body: { code: 'server-not-found' } });
  expect(await call('DELETE', id, narrow)).toMatchObject({ status: 404, body: { code: 'server-not-found' } });
  expect(await call('DELETE', id, part.apiKey)).toMatchObject({ status: 403, body: { code: 'server-not-granted' } });
  expect(await call('DELETE', own.id, own.apiKey)).toMatchObject({ status: 403, body: { code: 'credential-own' } });
  expect(await call('DELETE', 'x', admin)).toMatchObject({ status: 404, body: { code: 'key-not-found' } });
  expect(await call('DELETE', id, admin)).toMatchObject({ status: 204 });
  const shown = await api.call('GET', `/api/v1/keys/${id}`, { credential: admin });
  expect(JSON.stringify(shown.body)).not.toContain('gone');
  const again = await call('DELETE', id, admin);
  expect([again.status, JSON.stringify(again.body)]).toEqual([404, expect.not.stringContaining('personal')]);
});

it('variables of a program for one key need the scope that runs programs [ops-stdio-exec]', async () => {
  const { id } = await gateway.createKey();
  const settings = { ...DEFAULT_SETTINGS, transport: 'stdio', command: 'true' } as const;
  await gateway.stores.servers.register('program', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  const set = (credential: string) =>
    api.call('PUT', `${SERVERS}/program/credentials/${id}`, { credential, body: { env: { LD_PRELOAD: 'x' } } });
  expect(await set(admin)).toMatchObject({ status: 403, body: { code: 'insufficient-scope' } });
  const { apiKey } = await gateway.createKey({ scopes: ['servers:write', 'servers:exec'] });
  expect(await set(apiKey)).toMatchObject({ status: 200, body: { env_names: ['LD_PRELOAD'] } });
});
