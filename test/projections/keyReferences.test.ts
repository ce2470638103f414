import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { findKeysByIdPart, findKeysByName, idPart } from '../../src/projections/tables/keyReferences.ts';
import { createProjectionRunner, type ProjectionRunner } from '../../src/projections/runner.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { changeKey, keyCreated } from './history.ts';
import { clearReadModel, silent } from './readModel.ts';

let database: TestDatabase;
let store: EventStore;
let runner: ProjectionRunner;

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-0000000000b0';
const C = '0190ffff-0000-7000-8000-0000000000b0';

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(async () => {
  await clearReadModel(database.db);
  store = openMemoryStore();
  runner = createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
});

describe('what is typed for a key', () => {
  test('a key is found by a beginning or the end of its id, dashes or not, and by nothing else', async () => {
    for (const id of [A, B, C]) await changeKey(store, id, keyCreated());
    await runner.pump();
    const find = async (text: string) => {
      const part = idPart(text);
      return part && (await findKeysByIdPart(database.db, part, 2)).map(({ id }) => id);
    };
    expect(await find('0190f')).toEqual([C]);
    expect(await find('01900000')).toEqual([A, B]);
    expect(await find('0190000000007000800000000000000')).toEqual([A]);
    expect(await find(B.toUpperCase())).toEqual([B]);
    expect(await find(B.slice(-12))).toEqual([B, C]);
    expect(await find('000a')).toEqual([A]);
    expect(await find(B.replaceAll('-', '').slice(1))).toEqual([B]);
    expect(await find('1111')).toEqual([]);
    for (const none of ['', '019', "0190' or true --", 'a key']) expect(await find(none)).toBeUndefined();
  });

  test('a name means the keys that are as alive as any of that name', async () => {
    const find = async (now = 0) => (await findKeysByName(database.db, 'a key', now, 9)).map(({ id }) => id);
    const [deleted, expiring, good] = [A, B, C];
    const dek = keyCreated().data.sealed.dek;
    await changeKey(store, deleted, keyCreated(), { type: 'ApiKeyDeleted', data: { dek } });
    await runner.pump();
    expect(await find()).toEqual([deleted]);
    const end = { expiresAt: '2026-01-01T00:00:00.000Z' };
    await changeKey(store, expiring, keyCreated(), {
      type: 'ApiKeyAccessChanged',
      data: { scopes: ['mcp'], grants: ['*'], ...end },
    });
    await changeKey(store, good, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await runner.pump();
    expect(await find(Date.parse(end.expiresAt) - 1)).toEqual([expiring, good]);
    expect(await find(Date.parse(end.expiresAt))).toEqual([good]);
    expect(await findKeysByName(database.db, 'A key', 0, 9)).toEqual([]);
  });
});
