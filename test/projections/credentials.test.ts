import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { findKey, listCredentialsOf } from '../../src/projections/tables/apiKeys.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { changeKey, keyCreated } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { silent } from './readModel.ts';

const [A, B] = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b'] as const;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

test('a key has what was set last for each server, until it is taken out or the key is deleted', async () => {
  const store = openMemoryStore();
  const runner = createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
  const of = (server: string, name: string) => ({
    server,
    registeredAt: '2026-01-01T00:00:00.000Z',
    address: 'x',
    headers: [name],
    env: [],
    sealed: { dek: B, box: 'c2VhbGVk' },
  });
  const set = (server: string, name: string) => ({ type: 'ApiKeyCredentialSet', data: of(server, name) }) as const;
  await runner.pump(await changeKey(store, A, keyCreated(), set('web', 'X-One'), set('constructor', 'X-One')));
  await runner.pump(await changeKey(store, A, set('web', 'X-Two')));
  expect(await findKey(database.db, A)).toMatchObject({
    revision: 3,
    credentials: [of('constructor', 'X-One'), of('web', 'X-Two')],
  });
  const createdAt = new Date('2026-01-01T00:00:00Z');
  expect(await listCredentialsOf(database.db, { name: 'web', createdAt, address: 'x' })).toEqual([
    { keyId: A, keyName: 'a key', headers: ['X-Two'], env: [], outdated: false, credential: of('web', 'X-Two') },
  ]);
  expect(await listCredentialsOf(database.db, { name: 'web', createdAt, address: 'y' })).toMatchObject([
    { outdated: true },
  ]);
  expect(await listCredentialsOf(database.db, { name: 'web', createdAt: new Date(0), address: 'x' })).toEqual([]);
  await runner.pump(await changeKey(store, A, { type: 'ApiKeyCredentialRemoved', data: { server: 'constructor' } }));
  expect(await findKey(database.db, A)).toMatchObject({ revision: 4, credentials: [of('web', 'X-Two')] });
  await runner.pump(await changeKey(store, A, { type: 'ApiKeyDeleted', data: { dek: B } }));
  expect(await findKey(database.db, A)).toMatchObject({ status: 'deleted', credentials: [] });
});
