import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { startChild } from './childProcess.ts';
import { changeKey, keyCreated } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel, silent } from './readModel.ts';
import { until } from '../support/until.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function query(text: string): Promise<Record<string, unknown>[]> {
  return database.db.query<Record<string, unknown>>({ text, values: [] });
}

const versions = () => query("select version, stopped_reason from checkpoints where projection = 'api_keys'");
const names = () => query('select name, count(*)::integer as rows from api_keys group by name');
const sessions = () =>
  query("select from pg_stat_activity where datname = current_database() and application_name = 'metamcp rebuild'");

describe('a process that is killed while it rebuilds', () => {
  test('in the middle leaves everything as it was, and the next one rebuilds [projections-rebuild-killed]', async () => {
    await using store = openPostgresStore({ db: database.db, logger: silent });
    for (let i = 0; i < 50; i += 1) await changeKey(store, crypto.randomUUID(), keyCreated());
    const older = createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
    await older.pump();
    const before = await readModel(database.db);
    await using child = startChild('rebuildProcess.ts', database.url, 'in the middle');
    await child.prints('in the middle');
    child.signal('SIGKILL');
    await child.exited;
    expect(await readModel(database.db)).toEqual(before);
    expect(await versions()).toEqual([{ version: apiKeys.version, stopped_reason: null }]);
    await until('its session and its tables are gone', async () => (await sessions()).length === 0);
    expect(await query("select from pg_class where relname = 'api_keys' and relpersistence = 't'")).toEqual([]);
    // The older program was never in the way of it, nor it in the older one’s.
    const last = await changeKey(store, crypto.randomUUID(), keyCreated());
    await older.pump(last);

    await using next = startChild('rebuildProcess.ts', database.url);
    await next.prints('rebuilt');
    expect(await names()).toEqual([{ name: 'newer', rows: 51 }]);
  });

  test('while it makes the live table equal leaves the older table whole [projections-rebuild-killed]', async () => {
    await using store = openPostgresStore({ db: database.db, logger: silent });
    for (let i = 0; i < 20; i += 1) await changeKey(store, crypto.randomUUID(), keyCreated());
    await createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent }).pump();
    // Its own transaction has the checkpoint’s lock by then, and writes next.
    await database.db.transaction(async (tx) => {
      await tx.query({ text: 'lock table api_keys in share mode', values: [] });
      await using child = startChild('rebuildProcess.ts', database.url);
      await until('it has come to the live table', async () => {
        const waiting = await query(`select from pg_stat_activity where datname = current_database()
          and application_name = 'metamcp rebuild' and wait_event_type = 'Lock'`);
        return waiting.length === 1;
      });
      child.signal('SIGKILL');
      await child.exited;
    });
    await until('its session is gone', async () => (await sessions()).length === 0);
    expect(await names()).toEqual([{ name: 'a key', rows: 20 }]);
    expect(await versions()).toEqual([{ version: apiKeys.version, stopped_reason: null }]);
  });
});
