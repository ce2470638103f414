import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { createProjectionRunner, type ProjectionRunner } from '../../src/projections/runner.ts';
import { insertVaultKey, listVaultKeys } from '../../src/vault/vaultKeys.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import {
  catalogueChanged,
  changeCatalogue,
  changeKey,
  changeServer,
  digestOf,
  keyCreated,
  settings,
} from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel, silent } from './readModel.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

let database: TestDatabase;
let store: EventStore;
let runner: ProjectionRunner;
beforeEach(async () => {
  database = await createTestDatabase();
  store = openMemoryStore();
  runner = createProjectionRunner({
    db: database.db,
    store,
    projections: allProjections,
    logger: silent,
    batchSize: 3,
  });
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function query(text: string): Promise<Record<string, unknown>[]> {
  return database.db.query<Record<string, unknown>>({ text, values: [] });
}

async function schemaExists(): Promise<boolean> {
  return (await query("select from pg_namespace where nspname = 'replayed'")).length === 1;
}

async function fill(): Promise<bigint> {
  await changeKey(store, A, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
  await changeKey(store, B, keyCreated());
  await changeServer(store, 'one', { type: 'McpServerRegistered', data: settings() });
  const last = await changeServer(store, 'two', { type: 'McpServerRegistered', data: settings({ title: 'Two' }) });
  await runner.pump(last);
  return last;
}

const order = { schema: 'replayed', keep: false };

test('replaying a history finds the read tables equal, row by row, and leaves nothing behind [projections-audit-replay]', async () => {
  const position = await fill();
  const equalTable = { missing: 0, different: 0, surplus: 0, first: undefined };
  expect(await runner.replay(order)).toEqual({
    events: 5,
    position,
    equal: true,
    kept: false,
    tables: [
      { name: 'stream_heads', rows: 4, equal: 4, ...equalTable },
      { name: 'api_keys', rows: 2, equal: 2, ...equalTable },
      { name: 'key_roles', rows: 0, equal: 0, ...equalTable },
      { name: 'mcp_servers', rows: 2, equal: 2, ...equalTable },
      { name: 'approved_tools', rows: 0, equal: 0, ...equalTable },
      { name: 'audit_events', rows: 5, equal: 5, ...equalTable },
      { name: 'unreadable_events', rows: 0, equal: 0, ...equalTable },
      { name: 'retired_streams', rows: 0, equal: 0, ...equalTable },
    ],
  });
  expect(await schemaExists()).toBe(false);
});

test('replaying names the first row that was changed by hand, and keeps its tables to look at [projections-audit-replay]', async () => {
  await fill();
  await query(`update api_keys set status = 'active' where id = '${A}'`);
  await query("delete from mcp_servers where name = 'two'");
  await query("insert into stream_heads values ('apiKey-x', 0, '', 1)");
  const before = await readModel(database.db);
  const { equal, kept, tables } = await runner.replay(order);
  expect({ equal, kept }).toEqual({ equal: false, kept: true });
  expect(tables).toMatchObject([
    { name: 'stream_heads', equal: 4, missing: 0, different: 0, surplus: 1, first: ['apiKey-x'] },
    { name: 'api_keys', equal: 1, missing: 0, different: 1, surplus: 0, first: [A] },
    { name: 'key_roles', first: undefined },
    { name: 'mcp_servers', equal: 1, missing: 1, different: 0, surplus: 0, first: ['two'] },
    { name: 'approved_tools', first: undefined },
    { name: 'audit_events', equal: 5, first: undefined },
    { name: 'unreadable_events', first: undefined },
    { name: 'retired_streams', first: undefined },
  ]);
  expect(await readModel(database.db)).toEqual(before);
  expect(await query(`select status from replayed.api_keys where id = '${A}'`)).toEqual([{ status: 'inactive' }]);
});

test('replaying compares what is approved of the tools of servers, too [projections-audit-replay]', async () => {
  await fill();
  await runner.pump(await changeCatalogue(store, 'one', catalogueChanged({ read: '1', write: '1' })));
  const ofApprovals = async () => (await runner.replay(order)).tables.find(({ name }) => name === 'approved_tools');
  expect(await ofApprovals()).toMatchObject({ rows: 2, equal: 2, missing: 0, different: 0, surplus: 0 });
  await query("delete from approved_tools where tool = 'read'");
  await query(`insert into approved_tools select server, 'send', digest, registered_at, revision from approved_tools`);
  expect(await ofApprovals()).toMatchObject({
    equal: 1,
    missing: 1,
    surplus: 1,
    first: ['one', 'read', digestOf('1')],
  });
  await query('drop schema replayed cascade');
  const rebuilt = await runner.rebuild({ acceptLoss: false });
  expect(rebuilt.tables.find(({ name }) => name === 'approved_tools')).toMatchObject({ missing: 1, surplus: 1 });
  expect(await ofApprovals()).toMatchObject({ equal: 2, missing: 0, surplus: 0 });
});

test('replaying touches no data encryption key, whatever was deleted [projections-audit-replay]', async () => {
  const dek = crypto.randomUUID();
  await changeKey(store, A, keyCreated(), { type: 'ApiKeyDeleted', data: { dek } });
  await runner.pump();
  await insertVaultKey(database.db, { id: dek, subject: `apiKey-${A}`, wrapped: Buffer.from('x'), masterKeyId: 'm' });
  await runner.replay({ ...order, keep: true });
  expect(await listVaultKeys(database.db, { limit: 9 })).toHaveLength(1);
  expect(await query("select tablename from pg_tables where schemaname = 'replayed' order by 1")).toEqual(
    [
      'api_keys',
      'approved_tools',
      'audit_events',
      'key_roles',
      'mcp_servers',
      'retired_streams',
      'stream_heads',
      'unreadable_events',
    ].map((tablename) => ({ tablename })),
  );
});

test('replaying compares at one position while events go on being appended and applied [projections-audit-replay]', async () => {
  await fill();
  const changes: Promise<unknown>[] = [];
  const report = await runner.replay({
    ...order,
    onProgress: () =>
      changes.push(changeKey(store, crypto.randomUUID(), keyCreated()).then((last) => runner.pump(last))),
  });
  await Promise.all(changes);
  expect(changes.length).toBeGreaterThan(1);
  expect(report).toMatchObject({ equal: true });
});

test('replaying refuses a schema that holds anything, the live one too, and leaves it alone [projections-audit-replay]', async () => {
  await fill();
  await query('create schema replayed create table mine ()');
  for (const schema of ['replayed', 'public']) {
    await expect(runner.replay({ ...order, schema })).rejects.toMatchObject({
      kind: 'refused',
      code: 'schema-not-empty',
    });
  }
  for (const schema of ['pg_replayed', 'Replayed', 'a"b', 'a.b', '']) {
    await expect(runner.replay({ ...order, schema })).rejects.toMatchObject({ code: 'schema-name-invalid' });
  }
  expect(await query('select from replayed.mine')).toEqual([]);
  expect((await readModel(database.db))['api_keys']).toHaveLength(2);
});

test('replaying that fails leaves no schema behind', async () => {
  await fill();
  const calledOff = new AbortController();
  const replaying = runner.replay({ ...order, signal: calledOff.signal, onProgress: () => calledOff.abort() });
  await expect(replaying).rejects.toThrow(/abort/);
  expect(await schemaExists()).toBe(false);
});

test('replaying says so when a table is stopped and so can’t be compared', async () => {
  await fill();
  await query("update checkpoints set stopped_reason = 'x', position = 1 where projection = 'api_keys'");
  await expect(runner.replay(order)).rejects.toMatchObject({ kind: 'unavailable', code: 'projections-apart' });
  expect(await schemaExists()).toBe(false);
});
