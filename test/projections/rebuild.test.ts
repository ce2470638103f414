import { describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { auditEvents } from '../../src/projections/tables/auditEventsProjection.ts';
import type { Projection } from '../../src/projections/tables/projection.ts';
import { insertVaultKey, listVaultKeys } from '../../src/vault/vaultKeys.ts';
import { holding } from './holding.ts';
import { changeKey, changeServer, keyCreated, settings, appendKeys } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel } from './readModel.ts';
import { runnerFixture } from './runnerFixture.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

const EQUAL = { missing: 0, different: 0, surplus: 0 };

const fixture = runnerFixture();
const { createRunner, query } = fixture;

describe('a rebuild', () => {
  test('of tables that are as the events give them changes nothing, and says so [projections-rebuild-differences]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 30);
    const last = await changeServer(store, 'one', { type: 'McpServerRegistered', data: settings() });
    const runner = createRunner(store, { batchSize: 7 });
    await runner.pump();
    const before = await query('select xmin::text, ctid::text, id from api_keys order by id');
    expect(await runner.rebuild({ acceptLoss: false })).toEqual({
      events: 31,
      position: last,
      lost: { streams: 0, named: [] },
      lostStreams: [],
      tables: [
        { name: 'stream_heads', rows: 31, ...EQUAL },
        { name: 'api_keys', rows: 30, ...EQUAL },
        { name: 'key_roles', rows: 0, ...EQUAL },
        { name: 'mcp_servers', rows: 1, ...EQUAL },
        { name: 'approved_tools', rows: 0, ...EQUAL },
        { name: 'audit_events', rows: 31, ...EQUAL },
        { name: 'unreadable_events', rows: 0, ...EQUAL },
        { name: 'retired_streams', rows: 0, ...EQUAL },
      ],
    });
    expect(await query('select xmin::text, ctid::text, id from api_keys order by id')).toEqual(before);
  });

  test('repairs missing, different and surplus rows, and touches no other [projections-rebuild-differences]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 20);
    await changeKey(store, A, keyCreated({ name: 'right', grants: ['a', 'b'] }));
    await changeKey(store, B, keyCreated());
    const runner = createRunner(store);
    await runner.pump();
    const right = await readModel(fixture.db);
    await query(`delete from api_keys where id = '${B}'`);
    await query(`update api_keys set grants = '{"*"}' where id = '${A}'`);
    await query(`insert into api_keys select gen_random_uuid(), name, description, status, scopes, grants, expires_at,
      rotated_from, successor_id, valid_until, sealed, created_at, created_by, updated_at, revision
      from api_keys where id = '${A}'`);
    const untouched = () => query(`select ctid::text, xmin::text from api_keys where name = 'a key' and id <> '${B}'`);
    const before = await untouched();
    const { tables } = await runner.rebuild({ projections: ['api_keys'], acceptLoss: false });
    expect(tables).toEqual([{ name: 'api_keys', rows: 22, missing: 1, different: 1, surplus: 1 }]);
    expect(await readModel(fixture.db)).toEqual(right);
    expect(await untouched()).toEqual(before);
  });

  test('lets everything else go on meanwhile, and compares at one position [projections-rebuild-meanwhile]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 10);
    await createRunner(store).pump();
    const entered = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    const held = holding(auditEvents, () => {
      entered.resolve(undefined);
      return goOn.promise;
    });
    const projections = allProjections.map((each) => (each === auditEvents ? held : each));
    const rebuilding = createRunner(store, { projections }).rebuild({ acceptLoss: false });
    await entered.promise;
    const last = await appendKeys(store, 15);
    await changeKey(store, A, keyCreated());
    await createRunner(store).pump(last + 1n);
    expect(await findKey(fixture.db, A)).toBeDefined();
    expect((await readModel(fixture.db))['audit_events']).toHaveLength(26);
    // This one is not applied yet, which is no fault of the tables.
    await changeKey(store, B, keyCreated());
    goOn.resolve(undefined);
    const { events, tables } = await rebuilding;
    expect(events).toBe(26);
    for (const table of tables) expect(table).toMatchObject(EQUAL);
    expect(await findKey(fixture.db, B)).toBeDefined();
  });

  test('is done by one process at a time; the next one gets notice, waits and follows [projections-rebuild-meanwhile]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 3);
    const entered = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<undefined>();
    const held = holding(auditEvents, () => {
      entered.resolve(undefined);
      return goOn.promise;
    });
    await createRunner(store, { projections: [auditEvents] }).pump();
    const first = createRunner(store, { projections: [held] }).rebuild({ acceptLoss: false });
    await entered.promise;
    await using other = openDatabase({ url: fixture.url, applicationName: 'other' });
    const waiting = Promise.withResolvers<undefined>();
    let ended = false;
    const second = createRunner(store, { db: other, projections: [auditEvents] })
      .rebuild({ acceptLoss: false, onWaiting: () => waiting.resolve(undefined) })
      .finally(() => (ended = true));
    await waiting.promise;
    expect(ended).toBe(false);
    goOn.resolve(undefined);
    expect((await first).events).toBe(3);
    expect((await second).events).toBe(3);
  });

  test('that is called off leaves everything as it was', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 9);
    const runner = createRunner(store, { batchSize: 2 });
    await runner.pump();
    await query("update api_keys set name = 'by hand'");
    const before = await readModel(fixture.db);
    const calledOff = new AbortController();
    const rebuilding = runner.rebuild({
      acceptLoss: false,
      signal: calledOff.signal,
      onProgress: ({ events }) => events >= 4 && calledOff.abort(),
    });
    await expect(rebuilding).rejects.toThrow(/abort/);
    expect(await readModel(fixture.db)).toEqual(before);
    expect((await runner.rebuild({ acceptLoss: false })).tables[1]).toMatchObject({ different: 9 });
  });

  test('that fails names the projection and the event, and leaves the table as it was [projections-rebuild-fails]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 5);
    await changeKey(store, A, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await createRunner(store).pump();
    const before = await readModel(fixture.db);
    const failing: Projection = {
      ...apiKeys,
      on: { ...apiKeys.on, ApiKeyInactivated: () => Promise.reject(new Error('no')) },
    };
    const runner = createRunner(store, { projections: [failing, auditEvents] });
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({
      kind: 'refused',
      code: 'projection-failed',
      message: `api_keys can’t be rebuilt: it fails at ApiKeyInactivated, apiKey-${A}@1: no`,
      data: { projection: 'api_keys', event: { stream: `apiKey-${A}`, revision: 1 } },
    });
    expect(await readModel(fixture.db)).toEqual(before);
    expect(await runner.status()).toMatchObject([{ position: 7n, stoppedReason: undefined }, { position: 7n }]);
  });

  test('lets a projection that was stopped go on', async () => {
    const store = openMemoryStore();
    const last = await appendKeys(store, 2);
    const failing: Projection = { ...apiKeys, on: { '*': () => Promise.reject(new Error('no')) } };
    await createRunner(store, { projections: [failing], retryDelayMs: 1 }).pump();
    const runner = createRunner(store, { projections: [apiKeys] });
    await runner.rebuild({ acceptLoss: false });
    await runner.pump(last);
    expect(await runner.status()).toMatchObject([{ stoppedReason: undefined, position: last, built: true }]);
  });

  test('of the shredding destroys what should have been, and leaves the other data encryption keys', async () => {
    const store = openMemoryStore();
    const [gone, kept] = [crypto.randomUUID(), crypto.randomUUID()];
    await changeKey(store, A, keyCreated(), { type: 'ApiKeyDeleted', data: { dek: gone } });
    const runner = createRunner(store);
    await runner.pump();
    for (const id of [gone, kept]) {
      await insertVaultKey(fixture.db, { id, subject: `apiKey-${A}`, wrapped: Buffer.from('x'), masterKeyId: 'm' });
    }
    await runner.rebuild({ projections: ['shredding'], acceptLoss: false });
    expect((await listVaultKeys(fixture.db, { limit: 9 })).map(({ id }) => id)).toEqual([kept]);
  });

  test('works in another schema than public, too', async () => {
    await query('create schema app');
    const url = new URL(fixture.url);
    url.searchParams.set('options', '-c search_path=app');
    await using db = openDatabase({ url: url.href, applicationName: 'app' });
    await migrate(db);
    const store = openMemoryStore();
    await appendKeys(store, 3);
    const runner = createRunner(store, { db });
    await runner.pump();
    await query('delete from app.api_keys');
    expect((await runner.rebuild({ acceptLoss: false })).tables[1]).toMatchObject({ name: 'api_keys', missing: 3 });
    expect(await query('select from app.api_keys')).toHaveLength(3);
    expect(await query('select from public.api_keys')).toEqual([]);
  });

  test('tells how far it is', async () => {
    const store = openMemoryStore();
    const last = await appendKeys(store, 6);
    const runner = createRunner(store, { batchSize: 2 });
    await runner.pump();
    const said: string[] = [];
    await runner.rebuild({
      projections: ['api_keys'],
      acceptLoss: false,
      onProgress: (progress) => said.push(`${progress.events} at ${progress.position} of ${progress.last}`),
    });
    expect(said).toEqual([`2 at 2 of ${last}`, `4 at 4 of ${last}`, `6 at 6 of ${last}`]);
  });
});
