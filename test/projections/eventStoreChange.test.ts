import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventStore, RecordedEvent } from '../../src/events/eventStore.ts';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { applyBatch } from '../../src/projections/running/applyEvents.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { verifiedStore } from '../../src/projections/verifiedStore.ts';
import { withholdStream } from '../../src/projections/tables/withheldStreams.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { appendAtEnd, changeKey, keyCreated } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel, silent } from './readModel.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';
const CHANGED = { kind: 'unavailable', code: 'event-store-changed' };
const BEHIND = { kind: 'unavailable', code: 'event-store-behind' };

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
});

function createRunner(store: EventStore) {
  return createProjectionRunner({ db: database.db, store, projections: allProjections, logger: silent });
}

function checkpoints(): Promise<{ position: string | null; store: string | null }[]> {
  return database.db.query({ text: 'select position, store from checkpoints', values: [] });
}

/** Two keys, the first of which was inactivated. */
async function fill(store: EventStore): Promise<void> {
  await changeKey(store, A, keyCreated());
  await changeKey(store, B, keyCreated());
  await changeKey(store, A, { type: 'ApiKeyInactivated', data: {} });
}

/** The first events of a history, as a backup that was made then and is restored now. */
function backupOf(history: MemoryHistory, count: number): MemoryHistory {
  const restored = Object.assign(new MemoryHistory(), { identity: history.identity });
  for (const event of history.events.slice(0, count)) {
    restored.append(event.stream, event.revision === 0 ? 'no-stream' : event.revision - 1, [event]);
  }
  return restored;
}

/** The same events in a store of its own, at other positions. */
async function copyOf(history: MemoryHistory): Promise<MemoryHistory> {
  const copy = new MemoryHistory();
  await appendAtEnd(openMemoryStore(copy), 'copy-1', [{ type: 'CopyBegan', data: {} }]);
  for (const event of history.events) {
    copy.append(event.stream, event.revision === 0 ? 'no-stream' : event.revision - 1, [event]);
  }
  return copy;
}

test('checkpoints that an older version has written are taken for this store’s [projections-store-changed]', async () => {
  const history = new MemoryHistory();
  await fill(openMemoryStore(history));
  await createRunner(openMemoryStore(history)).pump();
  await database.db.query({ text: 'update checkpoints set store = null', values: [] });
  await createRunner(openMemoryStore(history)).pump();
  expect(await checkpoints()).toEqual(allProjections.map(() => ({ position: '3', store: history.identity })));
});

describe('another event store', () => {
  test('is refused, and nothing is changed [projections-store-changed]', async () => {
    await fill(openMemoryStore());
    const store = openMemoryStore();
    await fill(store);
    await createRunner(store).pump();
    const before = await readModel(database.db);
    const other = openMemoryStore();
    await changeKey(other, crypto.randomUUID(), keyCreated());
    const runner = createRunner(other);
    await expect(runner.pump()).rejects.toMatchObject(CHANGED);
    await expect(runner.verifyStore()).rejects.toMatchObject(CHANGED);
    expect(runner.storeFault).toContain('another event store');
    await expect(runner.rebuild({ projections: ['api_keys'], acceptLoss: false })).rejects.toMatchObject({
      code: 'rebuild-all-needed',
    });
    expect(await readModel(database.db)).toEqual(before);
    await createRunner(store).pump();
  });

  test('gets no event appended, and none of its events applied by one who had not looked [projections-store-changed]', async () => {
    const store = openMemoryStore();
    await fill(store);
    await createRunner(store).pump();
    const before = await readModel(database.db);
    const other = openMemoryStore();
    const foreign = verifiedStore(other, createRunner(other));
    await expect(changeKey(foreign, A, keyCreated())).rejects.toMatchObject(CHANGED);
    expect(await other.end()).toBeUndefined();

    for (let i = 0; i < 4; i += 1) await changeKey(other, crypto.randomUUID(), keyCreated());
    const events: RecordedEvent[] = [];
    for await (const event of other.readAll({ after: 3n })) events.push(event);
    const identity = await other.identity();
    await database.db.transaction((tx) =>
      applyBatch(tx, allProjections, { identity, after: 3n, upTo: 4n, events, oneByOne: new Set() }),
    );
    expect(await readModel(database.db)).toEqual(before);
  });

  test('that is empty does not empty the read tables unless that is accepted [projections-history-lost]', async () => {
    const store = openMemoryStore();
    await fill(store);
    await createRunner(store).pump();
    const before = await readModel(database.db);
    const runner = createRunner(openMemoryStore());
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({
      kind: 'refused',
      code: 'event-store-empty',
    });
    expect(await readModel(database.db)).toEqual(before);
    const { lost } = await runner.rebuild({ acceptLoss: true });
    expect(lost.streams).toBe(2);
    expect(await readModel(database.db)).toMatchObject({
      api_keys: [],
      mcp_servers: [],
      audit_events: [],
      stream_heads: [],
    });
    await runner.pump();
  });

  test('that lacks streams is refused by name unless that is accepted [projections-history-lost]', async () => {
    const store = openMemoryStore();
    for (let i = 0; i < 12; i += 1) await changeKey(store, `${A.slice(0, -2)}${10 + i}`, keyCreated());
    await createRunner(store).pump();
    const before = await readModel(database.db);
    const other = openMemoryStore();
    await changeKey(other, crypto.randomUUID(), keyCreated());
    const runner = createRunner(other);
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({
      kind: 'refused',
      code: 'history-lost',
      data: { streams: 12, named: Array.from({ length: 10 }, (_, i) => `apiKey-${A.slice(0, -2)}${10 + i}`) },
    });
    expect(await readModel(database.db)).toEqual(before);
  });

  test('with the same history takes over with a rebuild, for processes that run, too [projections-store-changed]', async () => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    await fill(store);
    const old = createRunner(store);
    await old.pump();
    const before = await readModel(database.db);
    const copy = await copyOf(history);
    const runner = createRunner(openMemoryStore(copy));
    const { tables, lost } = await runner.rebuild({ acceptLoss: false });
    expect(lost.streams).toBe(0);
    expect(tables.find(({ name }) => name === 'api_keys')).toEqual({
      name: 'api_keys',
      rows: 2,
      missing: 0,
      different: 0,
      surplus: 0,
    });
    expect((await readModel(database.db))['api_keys']).toEqual(before['api_keys']);
    expect(await checkpoints()).toEqual(allProjections.map(() => ({ position: '4', store: copy.identity })));
    // One that still writes to the old store applies nothing, and notices.
    const missed = await changeKey(store, B, { type: 'ApiKeyInactivated', data: {} });
    await expect(old.pump(missed)).rejects.toMatchObject(CHANGED);
    await expect(old.verifyStore()).rejects.toMatchObject(CHANGED);
    expect((await readModel(database.db))['api_keys']).toEqual(before['api_keys']);
  });
});

describe('an older state of the event store', () => {
  test('is refused; what it lacks is given up only when that is accepted [projections-store-behind] [projections-history-lost]', async () => {
    const history = new MemoryHistory();
    await fill(openMemoryStore(history));
    await createRunner(openMemoryStore(history)).pump();
    const before = await readModel(database.db);
    const runner = createRunner(openMemoryStore(backupOf(history, 2)));
    await expect(runner.pump()).rejects.toMatchObject(BEHIND);
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({
      code: 'history-lost',
      data: { streams: 1, named: [`apiKey-${A}`] },
    });
    await expect(runner.rebuild({ projections: ['api_keys'], acceptLoss: true })).rejects.toMatchObject({
      code: 'rebuild-all-needed',
    });
    expect(await readModel(database.db)).toEqual(before);

    // The lost event was a revocation; what waits for it must not wait for ever.
    await withholdStream(database.db, `apiKey-${A}`, 1);
    expect((await runner.rebuild({ acceptLoss: true })).lost).toEqual({ streams: 1, named: [`apiKey-${A}`] });
    expect(await findKey(database.db, A)).toMatchObject({ status: 'active', fault: null });
    expect((await readModel(database.db))['api_keys']).toMatchObject([{ status: 'active' }, { status: 'active' }]);
    await runner.pump();
  });

  test('is noticed by a process that runs while it is restored, before it reports that a change is in force [projections-store-behind]', async () => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    await fill(store);
    const runner = createRunner(store);
    await runner.pump();
    // The database of the store is replaced under it: what was position 3 is now the change.
    const { events, streams } = backupOf(history, 1);
    history.events.splice(0, Infinity, ...events);
    history.streams.clear();
    for (const [stream, entries] of streams) history.streams.set(stream, entries);
    history.connection += 1;
    const change = await changeKey(store, A, { type: 'ApiKeyInactivated', data: {} });
    await expect(runner.pump(change)).rejects.toMatchObject(BEHIND);
    await expect(runner.verifyStore()).rejects.toMatchObject(BEHIND);
  });

  test('of one stream is refused, too: a rebuild hides no truncated history [projections-history-lost]', async () => {
    const history = new MemoryHistory();
    await fill(openMemoryStore(history));
    await createRunner(openMemoryStore(history)).pump();
    const truncated = backupOf(history, 2);
    await changeKey(openMemoryStore(truncated), B, { type: 'ApiKeyInactivated', data: {} });
    const runner = createRunner(openMemoryStore(truncated));
    // Its last position is as high as ever; another event stands there.
    await expect(runner.pump()).rejects.toMatchObject(BEHIND);
    for (const projections of [['api_keys'], ['stream_heads']]) {
      await expect(runner.rebuild({ projections, acceptLoss: false })).rejects.toMatchObject({
        code: 'rebuild-all-needed',
      });
    }
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({
      code: 'history-lost',
      data: { named: [`apiKey-${A}`] },
    });
  });
});
