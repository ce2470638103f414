import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { startChild } from './childProcess.ts';
import { changeKey, keyCreated } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { createTally, readModel, silent } from './readModel.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

describe('processes that pump', () => {
  test('at once apply each event once [projections-once]', async () => {
    const { tally, counts } = await createTally(database.db);
    await using store = openPostgresStore({ db: database.db, logger: silent });
    await using first = startChild('pumpProcess.ts', database.url);
    await using second = startChild('pumpProcess.ts', database.url);
    await Promise.all([first.prints('pumping'), second.prints('pumping')]);
    let last = 0n;
    for (let i = 0; i < 120; i += 1) last = await changeKey(store, crypto.randomUUID(), keyCreated());
    const projections = [...allProjections, tally];
    await createProjectionRunner({ db: database.db, store, projections, logger: silent }).pump(last);
    expect([...(await counts()).values()]).toEqual(Array.from({ length: 120 }, () => 1));
  });

  test('and are killed in the middle of a batch leave nothing of it, and keep no other process waiting [projections-once]', async () => {
    const { tally, counts } = await createTally(database.db);
    await using store = openPostgresStore({ db: database.db, logger: silent });
    let last = 0n;
    for (let i = 0; i < 10; i += 1) last = await changeKey(store, crypto.randomUUID(), keyCreated());
    await using child = startChild('pumpProcess.ts', database.url, 'hang');
    await child.prints('in the middle');
    child.signal('SIGKILL');
    await child.exited;
    expect((await counts()).size).toBe(0);
    expect(await readModel(database.db)).toMatchObject({
      api_keys: [],
      mcp_servers: [],
      audit_events: [],
      stream_heads: [],
    });
    const projections = [...allProjections, tally];
    await createProjectionRunner({ db: database.db, store, projections, logger: silent }).pump(last);
    expect([...(await counts()).values()]).toEqual(Array.from({ length: 10 }, () => 1));
    expect((await readModel(database.db))['api_keys']).toHaveLength(10);
  });

  test('and are killed at any moment leave every event applied once [projections-once]', async () => {
    const { tally, counts } = await createTally(database.db);
    await using store = openPostgresStore({ db: database.db, logger: silent });
    let last = 0n;
    for (let round = 0; round < 4; round += 1) {
      await using child = startChild('pumpProcess.ts', database.url);
      await child.prints('pumping');
      for (let i = 0; i < 30; i += 1) last = await changeKey(store, crypto.randomUUID(), keyCreated());
      child.signal('SIGKILL');
    }
    const projections = [...allProjections, tally];
    await createProjectionRunner({ db: database.db, store, projections, logger: silent }).pump(last);
    expect([...(await counts()).values()]).toEqual(Array.from({ length: 120 }, () => 1));
    expect((await readModel(database.db))['audit_events']).toHaveLength(120);
  });
});
