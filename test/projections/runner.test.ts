import { describe, expect, test } from 'vitest';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { openPostgresStore } from '../../src/events/postgresStore.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { listStreamHistory } from '../../src/projections/tables/auditEvents.ts';
import { auditEvents } from '../../src/projections/tables/auditEventsProjection.ts';
import type { Projection } from '../../src/projections/tables/projection.ts';
import { changeKey, keyCreated, appendKeys } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { createTally, readModel, silent } from './readModel.ts';
import { until } from '../support/until.ts';
import { runnerFixture } from './runnerFixture.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

const fixture = runnerFixture();
const { createRunner } = fixture;

describe('pump', () => {
  test('makes the read tables contain the position, in as many batches as it takes', async () => {
    const store = openMemoryStore();
    const last = await appendKeys(store, 25);
    const runner = createRunner(store, { batchSize: 4 });
    await runner.pump(last);
    expect((await readModel(fixture.db))['api_keys']).toHaveLength(25);
    for (const { position, stoppedReason } of await runner.status()) {
      expect({ position, stoppedReason }).toEqual({ position: last, stoppedReason: undefined });
    }
  });

  test('does nothing in an empty store, and nothing more when all is applied', async () => {
    const store = openMemoryStore();
    const { tally, counts } = await createTally(fixture.db);
    const runner = createRunner(store, { projections: [tally] });
    await runner.pump();
    await appendKeys(store, 3);
    await runner.pump();
    await runner.pump();
    expect([...(await counts()).values()]).toEqual([1, 1, 1]);
  });

  test('called by many at once, contains what each has appended before its call [projections-read-your-writes]', async () => {
    await using store = openPostgresStore({ db: fixture.db, logger: silent });
    const runner = createRunner(store);
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        const id = crypto.randomUUID();
        await runner.pump(await changeKey(store, id, keyCreated()));
        expect(await findKey(fixture.db, id)).toBeDefined();
      }),
    );
  });

  test('run by several processes at once, applies each event once', async () => {
    const { tally, counts } = await createTally(fixture.db);
    await using store = openPostgresStore({ db: fixture.db, logger: silent });
    await using other = openDatabase({ url: fixture.url, applicationName: 'other' });
    const projections = [...allProjections, tally];
    const runners = [
      createRunner(store, { projections, batchSize: 3 }),
      createRunner(store, { projections, db: other }),
    ];
    let written = 0n;
    await Promise.all([
      (async () => {
        written = await appendKeys(store, 60);
      })(),
      ...runners.map(async (runner) => {
        while (written === 0n) await runner.pump();
      }),
    ]);
    await Promise.all(runners.map((runner) => runner.pump(written)));
    const times = [...(await counts()).values()];
    expect(times).toHaveLength(60);
    expect(new Set(times)).toEqual(new Set([1]));
  });

  test('says so when the store does not have the position', async () => {
    const store = openMemoryStore();
    const last = await appendKeys(store, 1);
    await expect(createRunner(store).pump(last + 1n)).rejects.toMatchObject({ code: 'projection-behind' });
  });

  test('brings a projection that was added later up to the others', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    await createRunner(store, { projections: [apiKeys] }).pump();
    const last = await changeKey(store, B, keyCreated());
    await createRunner(store, { projections: [apiKeys, auditEvents] }).pump(last);
    expect(await listStreamHistory(fixture.db, `apiKey-${A}`, { limit: 1 })).toHaveLength(1);
  });

  test('does not wait for ever for a process that froze in the middle of a batch', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 1);
    const entered = Promise.withResolvers<undefined>();
    const never = new Promise<never>(() => undefined);
    const frozen: Projection = {
      ...apiKeys,
      on: {
        '*': () => {
          entered.resolve(undefined);
          return never;
        },
      },
    };
    const other = openDatabase({ url: fixture.url, applicationName: 'frozen' });
    createRunner(store, { db: other, projections: [frozen] })
      .pump()
      .catch(() => undefined);
    await entered.promise;
    await createRunner(store, { projections: [apiKeys] }).pump(1n);
    expect((await readModel(fixture.db))['api_keys']).toHaveLength(1);
  });
});

describe('a projection that fails', () => {
  const failing = (fails: () => boolean): Projection => ({
    ...auditEvents,
    on: {
      '*': async (tx, events) => {
        if (fails()) throw new Error('no such luck');
        return auditEvents.on['ApiKeyCreated']?.(tx, events);
      },
    },
  });

  test('is tried again, and goes on when that helps', async () => {
    const store = openMemoryStore();
    const last = await changeKey(store, A, keyCreated());
    let failures = 0;
    const projections = [apiKeys, failing(() => (failures += 1) < 3)];
    await createRunner(store, { projections, retryDelayMs: 1 }).pump(last);
    expect(await listStreamHistory(fixture.db, `apiKey-${A}`, { limit: 9 })).toHaveLength(1);
  });

  test('is stopped alone after the third time: the others go on, and who needs it gets an error [projections-stop-alone]', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    const runner = createRunner(store, { projections: [apiKeys, failing(() => true)], retryDelayMs: 1 });
    await runner.pump();
    const last = await changeKey(store, B, keyCreated());
    await expect(runner.pump(last)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'projection-stopped',
      data: { projections: ['audit_events'] },
    });
    expect(await findKey(fixture.db, B)).toBeDefined();
    expect(await listStreamHistory(fixture.db, `apiKey-${A}`, { limit: 9 })).toEqual([]);
    expect(await runner.status()).toMatchObject([
      { name: 'api_keys', version: apiKeys.version, position: last, stoppedReason: undefined, built: true },
      { name: 'audit_events', version: 1, position: undefined, stoppedReason: 'no such luck', built: false },
    ]);
  });

  test('gets a new chance from the next process that follows, and misses nothing', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    await createRunner(store, { projections: [apiKeys, failing(() => true)], retryDelayMs: 1 }).pump();
    const last = await changeKey(store, B, keyCreated());
    const runner = createRunner(store, { projections: [apiKeys, auditEvents] });
    const closing = new AbortController();
    const following = runner.keepCurrent(closing.signal);
    await until('it has caught up', async () => (await runner.status()).every(({ position }) => position === last));
    closing.abort();
    await following;
    expect(await listStreamHistory(fixture.db, `apiKey-${A}`, { limit: 9 })).toHaveLength(1);
    expect(await listStreamHistory(fixture.db, `apiKey-${B}`, { limit: 9 })).toHaveLength(1);
  });

  test('is not blamed for an outage [projections-stop-alone]', async () => {
    const store = openMemoryStore();
    const last = await appendKeys(store, 1);
    const cut: Projection = {
      ...apiKeys,
      on: { '*': (tx) => tx.query({ text: 'select pg_terminate_backend(pg_backend_pid())', values: [] }) },
    };
    const runner = createRunner(store, { projections: [cut], retryDelayMs: 1 });
    await expect(runner.pump(last)).rejects.toMatchObject({ kind: 'unavailable', code: 'database-unavailable' });
    expect(await runner.status()).toMatchObject([{ stoppedReason: undefined }]);
  });
});

describe('follow', () => {
  test('applies what anyone appends, in several processes at once, each event once', async () => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    const { tally, counts } = await createTally(fixture.db);
    await appendKeys(store, 5);
    await using other = openDatabase({ url: fixture.url, applicationName: 'other' });
    const closing = new AbortController();
    const runners = [fixture.db, other].map((db) =>
      createRunner(openMemoryStore(history), { db, projections: [tally, apiKeys] }),
    );
    const following = runners.map((runner) => runner.keepCurrent(closing.signal));
    const last = await appendKeys(store, 40);
    await until('all is applied', async () => (await counts()).size === Number(last));
    // The one after a pause is the one whose wake-up could get lost.
    const later = await appendKeys(store, 1);
    await until('the last one is applied', async () => (await counts()).size === Number(later));
    closing.abort();
    await Promise.all(following);
    expect(new Set((await counts()).values())).toEqual(new Set([1]));
  });

  test('goes on after the database was away', async () => {
    const store = openMemoryStore();
    const closing = new AbortController();
    const runner = createRunner(store);
    const following = runner.keepCurrent(closing.signal);
    await changeKey(store, A, keyCreated());
    await until('the first is there', async () => (await findKey(fixture.db, A)) !== undefined);
    await using admin = openDatabase({ url: fixture.url, applicationName: 'admin' });
    await admin.query({
      text: 'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      values: [],
    });
    await changeKey(store, B, keyCreated());
    await until('the second is there', async () => (await findKey(admin, B)) !== undefined);
    closing.abort();
    await following;
  });
});
