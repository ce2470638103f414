import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { findRole } from '../../src/projections/tables/keyRoles.ts';
import { createProjectionRunner, type ProjectionRunner } from '../../src/projections/runner.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { appendAtEnd, changeKey, keyCreated } from './history.ts';
import { clearReadModel, silent } from './readModel.ts';

let database: TestDatabase;
let store: EventStore;
let runner: ProjectionRunner;

const A = '01900000-0000-7000-8000-00000000000a';

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  await clearReadModel(database.db);
  store = openMemoryStore();
  runner = createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
});

describe('key_roles', () => {
  const id = crypto.randomUUID();
  const created = { type: 'KeyRoleCreated', data: { id, description: 'd', scopes: ['mcp'], grants: ['wiki'] } };
  const changed = { type: 'KeyRoleChanged', data: { scopes: ['mcp'], grants: ['wiki', 'github'] } };

  test('a role is what its last event states, counts its keys, and gives them that [auth-roles]', async () => {
    const { db } = database;
    await changeKey(store, A, keyCreated({ scopes: [], grants: [], roles: [{ name: 'team', id }] }));
    await runner.pump(await appendAtEnd(store, 'keyRole-team', [created, changed]));
    const role = { name: 'team', id, scopes: ['mcp'], grants: ['wiki', 'github'], revision: 1 };
    expect(await findRole(db, 'team')).toMatchObject({ ...role, description: null, keys: 1, fault: null });
    const before = await findKey(db, A);
    expect(before).toMatchObject({ grants: [], roles: [role] });
    // A rebuild makes the same of it.
    const { tables } = await runner.rebuild({ acceptLoss: false });
    expect(tables.find(({ name }) => name === 'key_roles')).toMatchObject({ rows: 1, missing: 0, different: 0 });
    expect(await findKey(db, A)).toEqual(before);
    await runner.pump(await appendAtEnd(store, 'keyRole-team', [{ type: 'KeyRoleDeleted', data: {} }]));
    expect(await findRole(db, 'team')).toBeUndefined();
    expect(await findKey(db, A)).toMatchObject({ roles: [{ name: 'team', lost: 'deleted', grants: [] }] });
  });

  test('a role with an event that can’t be read gives nothing, and no other role is concerned [auth-roles-enforced]', async () => {
    const { db } = database;
    const other = { name: 'other', id: crypto.randomUUID() };
    await changeKey(store, A, keyCreated({ scopes: [], grants: [], roles: [other, { name: 'team', id }] }));
    await appendAtEnd(store, 'keyRole-other', [{ ...created, data: { ...created.data, id: other.id } }]);
    await runner.pump(
      await appendAtEnd(store, 'keyRole-team', [created, { type: 'KeyRoleChanged', data: { scopes: 5 } }]),
    );
    expect(await findKey(db, A)).toMatchObject({
      fault: null,
      roles: [
        { name: 'other', grants: ['wiki'] },
        { name: 'team', lost: 'unreadable', scopes: [], grants: [] },
      ],
    });
  });
});
