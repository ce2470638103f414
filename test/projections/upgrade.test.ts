import { describe, expect, test } from 'vitest';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { auditEvents } from '../../src/projections/tables/auditEventsProjection.ts';
import type { Projection } from '../../src/projections/tables/projection.ts';
import { holding } from './holding.ts';
import { changeKey, keyCreated, appendKeys } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel } from './readModel.ts';
import { until } from '../support/until.ts';
import { runnerFixture } from './runnerFixture.ts';

const A = '01900000-0000-7000-8000-00000000000a';

const fixture = runnerFixture();
const { createRunner, query } = fixture;

describe('a newer version of a projection', () => {
  const newer: Projection = {
    ...apiKeys,
    version: apiKeys.version + 1,
    on: {
      ApiKeyCreated: async (tx, events) => {
        await apiKeys.on['ApiKeyCreated']?.(tx, events);
        await tx.query({ text: "update api_keys set name = 'newer'", values: [] });
      },
    },
  };
  const projections = allProjections.map((each) => (each === apiKeys ? newer : each));
  const names = async (): Promise<unknown[]> => {
    const rows = await query('select count(*)::integer as rows, array_agg(distinct name) as names from api_keys');
    return rows.map(({ rows: count, names: all }) => [count, all]);
  };

  test('rebuilds its table, which readers see old or new and never empty [projections-rebuild-unseen]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 40);
    await createRunner(store).pump();
    const rebuilt = new AbortController();
    const seen = new Set<string>();
    const looking = (async () => {
      while (!rebuilt.signal.aborted) seen.add(JSON.stringify(await names()));
    })();
    await createRunner(store, { projections, batchSize: 2 })
      .upgrade()
      .finally(() => rebuilt.abort());
    await looking;
    seen.add(JSON.stringify(await names()));
    expect([...seen]).toEqual([JSON.stringify([[40, ['a key']]]), JSON.stringify([[40, ['newer']]])]);
  });

  test('does not keep the others waiting while it is rebuilt, nor claims to have what it lacks [projections-rebuild-meanwhile]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 5);
    await createRunner(store).pump();
    const goOn = Promise.withResolvers<undefined>();
    const held = projections.map((each) => (each === newer ? holding(newer, () => goOn.promise) : each));
    const runner = createRunner(store, { projections: held });
    const closing = new AbortController();
    const following = runner.keepCurrent(closing.signal);
    const last = await changeKey(store, A, keyCreated());
    await until('the others have it', async () => (await readModel(fixture.db))['audit_events']?.length === 6);
    await expect(runner.pump(last)).rejects.toMatchObject({
      code: 'projection-outdated',
      data: { projections: ['api_keys'] },
    });
    expect(await names()).toEqual([[5, ['a key']]]);
    const status = new Map((await runner.status()).map((each) => [each.name, each]));
    expect(status.get('api_keys')).toMatchObject({ outdated: true, built: true });
    expect(status.get('mcp_servers')).toMatchObject({ outdated: false });
    goOn.resolve(undefined);
    await until('it is rebuilt', async () => (await runner.status()).every(({ outdated }) => !outdated));
    await runner.pump(last);
    expect(await names()).toEqual([[6, ['newer']]]);
    closing.abort();
    await following;
  });

  test('does not keep the others waiting while it takes its place either [projections-rebuild-meanwhile]', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 5);
    await createRunner(store).pump();
    const runner = createRunner(store, { projections });
    await using other = openDatabase({ url: fixture.url, applicationName: 'other' });
    let upgrading: Promise<boolean> | undefined;
    await other.transaction(async (tx) => {
      await tx.query({ text: 'lock table api_keys in share mode', values: [] });
      upgrading = runner.upgrade();
      await until('it has come to the live table', async () => {
        const waiting = await query(`select from pg_stat_activity where datname = current_database()
          and application_name = 'metamcp rebuild' and wait_event_type = 'Lock'`);
        return waiting.length === 1;
      });
      await changeKey(store, A, keyCreated());
      await runner.pump();
      expect((await readModel(fixture.db))['audit_events']).toHaveLength(6);
    });
    await upgrading;
    await runner.pump();
    expect(await names()).toEqual([[6, ['newer']]]);
  });

  test('that fails leaves the older table, and stops; the others are rebuilt [projections-rebuild-fails]', async () => {
    const store = openMemoryStore();
    const last = await changeKey(store, A, keyCreated());
    await createRunner(store).pump();
    const broken = { ...newer, on: { ApiKeyCreated: () => Promise.reject(new Error('broken')) } };
    const runner = createRunner(store, { projections: [broken, { ...auditEvents, version: 2 }] });
    await runner.upgrade();
    await runner.pump(last);
    expect(await names()).toEqual([[1, ['a key']]]);
    expect(await runner.status()).toMatchObject([
      { stoppedReason: expect.stringContaining('broken'), outdated: true },
      { position: last, outdated: false },
    ]);
  });

  test('keeps older programs from going on', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    await createRunner(store).pump();
    await createRunner(store, { projections }).upgrade();
    const older = createRunner(store);
    await expect(older.pump()).rejects.toMatchObject({ kind: 'unavailable', code: 'projection-newer' });
    expect((await older.status()).find(({ name }) => name === 'api_keys')).toMatchObject({
      stoppedReason: expect.stringContaining('newer version'),
    });
  });

  test('is rebuilt by one of several processes that start at once', async () => {
    const store = openMemoryStore();
    await appendKeys(store, 5);
    await createRunner(store).pump();
    let calls = 0;
    const counted = projections.map((each) =>
      each === newer
        ? holding(newer, () => {
            calls += 1;
            return Promise.resolve();
          })
        : each,
    );
    await Promise.all([1, 2, 3].map(() => createRunner(store, { projections: counted }).upgrade()));
    expect(calls).toBe(1);
    expect(await names()).toEqual([[5, ['newer']]]);
  });
});
