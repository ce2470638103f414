import { expect } from 'vitest';
import { TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import type { DocumentedApi } from './documentedApi.ts';

/** Roles are shown with what they give, and with the keys that have them. The server `calculator` is there. */
export async function showRoles(gateway: TestGateway, api: DocumentedApi): Promise<void> {
  const { apiKey: admin } = await gateway.createKey({ scopes: ['keys:read', 'audit:read'] });
  const { roles, keys } = gateway.stores;
  const grants = ['calculator'];
  for (const name of ['engineering', 'guests']) {
    await roles.create(name, { description: 'All of it', scopes: ['mcp'], grants }, TEST_CONTEXT);
  }
  const held = await roles.find(['engineering', 'guests']);
  const { id } = await keys.create({ name: 'ann', scopes: [], grants: [], roles: held }, TEST_CONTEXT);
  const list = await api.call('GET', '/api/v1/roles?limit=1', { credential: admin });
  expect(list.body.items).toMatchObject([{ name: 'engineering', grants, keys: 1 }]);
  const next = `/api/v1/roles?cursor=${String(list.body['next_cursor'])}`;
  expect((await api.call('GET', next, { credential: admin })).body.items).toMatchObject([{ name: 'guests' }]);
  await roles.remove('guests', undefined, TEST_CONTEXT);
  const shown = await api.call('GET', '/api/v1/roles/engineering', { credential: admin });
  expect([shown.body, shown.headers.get('etag')]).toMatchObject([{ scopes: ['mcp'], grants }, '"0"']);
  const { body } = await api.call('GET', `/api/v1/keys/${id}`, { credential: admin });
  expect(body['roles']).toMatchObject([
    { name: 'engineering', grants },
    { name: 'guests', lost: 'deleted', grants: [] },
  ]);
  const found = await api.call('GET', '/api/v1/keys?role=engineering', { credential: admin });
  expect(found.body.items).toMatchObject([{ id }]);
  const trail = await api.call('GET', '/api/v1/audit/events?role=guests', { credential: admin });
  expect(trail.body.items).toMatchObject([{ category: 'role', subject: 'guests' }, { type: 'KeyRoleDeleted' }]);
  expect(await api.call('GET', '/api/v1/roles/guests', { credential: admin })).toMatchObject({ status: 404 });
  expect(await api.call('GET', '/api/v1/roles?cursor=AAAA', { credential: admin })).toMatchObject({ status: 400 });
}
