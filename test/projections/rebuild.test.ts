import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { apiKeys } from '../../src/projections/apiKeys.ts';
import { auditEvents, listStreamHistory } from '../../src/projections/auditEvents.ts';
import type { Projection } from '../../src/projections/projection.ts';
import { createProjectionRunner, type ProjectionRunnerOptions } from '../../src/projections/runner.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { changeKey, keyCreated } from './history.ts';
import { allProjections, readModel, silent } from './readModel.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function createRunner(store: EventStore, options: Partial<ProjectionRunnerOptions> = {}) {
  return createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent, ...options });
}

async function appendKeys(store: EventStore, count: number): Promise<bigint> {
  let last = 0n;
  for (let i = 0; i < count; i += 1) last = await changeKey(store, crypto.randomUUID(), keyCreated());
  return last;
}

describe('a newer version of a projection', () => {
  const newer: Projection = {
    ...auditEvents,
    version: 2,
    on: {
      ApiKeyCreated: (tx, events) =>
        tx.query({
          text: `insert into audit_events select s, 0, 0, gen_random_uuid(), 'newer', now(), 'x', 'x', '{}' from unnest($1::text[]) s`,
          values: [events.map(({ stream }) => stream)],
        }),
    },
  };

  test('rebuilds its table, which readers never see empty [projections-rebuild-unseen]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 30);
    await changeKey(store, A, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    await createRunner(store).pump();
    const rebuilt = new AbortController();
    const sizes = new Set<number>();
    const looking = (async () => {
      while (!rebuilt.signal.aborted) sizes.add((await readModel(database.db))['audit_events']?.length ?? 0);
    })();
    const last = await changeKey(store, B, keyCreated());
    await createRunner(store, { projections: [newer], batchSize: 2 }).pump(last);
    rebuilt.abort();
    await looking;
    sizes.add((await readModel(database.db))['audit_events']?.length ?? 0);
    expect([...sizes].sort()).toEqual([32]);
    expect(await listStreamHistory(database.db, `apiKey-${A}`, { limit: 9 })).toMatchObject([{ type: 'newer' }]);
  });

  test('that fails leaves the older table, and stops', async () => {
    const store = openMemoryStore();
    const last = await changeKey(store, A, keyCreated());
    await createRunner(store).pump();
    const broken = { ...newer, on: { ApiKeyCreated: () => Promise.reject(new Error('broken')) } };
    const runner = createRunner(store, { projections: [broken, apiKeys], retryDelayMs: 1 });
    await runner.pump(last);
    expect(await listStreamHistory(database.db, `apiKey-${A}`, { limit: 9 })).toMatchObject([
      { type: 'ApiKeyCreated' },
    ]);
    expect(await runner.status()).toMatchObject([{ stoppedReason: 'broken' }, { position: last }]);
  });

  test('keeps older programs from going on', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    await createRunner(store, { projections: [newer] }).pump();
    const older = createRunner(store, { projections: [auditEvents] });
    await expect(older.pump()).rejects.toMatchObject({ kind: 'unavailable', code: 'projection-newer' });
    expect(await older.status()).toMatchObject([{ stoppedReason: expect.stringContaining('newer version') }]);
  });
});
