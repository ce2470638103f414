import { describe, expect, test } from 'vitest';
import type { EventStore, LogEntry } from '../../src/events/eventStore.ts';
import { MemoryHistory, openMemoryStore } from '../../src/events/memoryStore.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { applyBatch } from '../../src/projections/running/applyEvents.ts';
import { readCheckpoints } from '../../src/projections/tables/checkpoints.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import { listUnreadable } from '../../src/projections/tables/unreadableEvents.ts';
import { verifiedStore } from '../../src/projections/verifiedStore.ts';
import { appendAtEnd, changeKey, changeServer, keyCreated, newEvent, settings } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { readModel } from './readModel.ts';
import { runnerFixture } from './runnerFixture.ts';

const A = '01900000-0000-7000-8000-00000000000a';
const B = '01900000-0000-7000-8000-00000000000b';

const fixture = runnerFixture({ retryDelayMs: 1 });
const { createRunner } = fixture;

/** What others may put into a stream of ours: none may cost another stream anything. */
const POISON: readonly (readonly [string, { type: string; data: object }])[] = [
  ['no data', { type: 'ApiKeyInactivated', data: { reason: 7 } }],
  ['the wrong shape', { type: 'ApiKeyAccessChanged', data: {} }],
  [
    'a time that PostgreSQL can’t hold',
    { type: 'ApiKeyRotated', data: { successorId: B, validUntil: '0000-01-01T00:00:00Z' } },
  ],
];

describe('an event that can’t be read [events-unreadable-alone]', () => {
  test.each(POISON)('with %s makes its own key unusable, and no other one’s', async (_, poison) => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    await appendAtEnd(store, `apiKey-${A}`, [poison]);
    const last = await changeKey(store, B, keyCreated(), { type: 'ApiKeyInactivated', data: {} });
    const runner = createRunner(store);
    await runner.pump(last);
    expect((await runner.status()).map(({ stoppedReason }) => stoppedReason)).toEqual(
      allProjections.map(() => undefined),
    );
    expect(await findKey(fixture.db, A)).toMatchObject({ status: 'active', fault: 'unreadable' });
    expect(await findKey(fixture.db, B)).toMatchObject({ status: 'inactive', fault: null });
    expect(await listUnreadable(fixture.db, 10)).toMatchObject([{ stream: `apiKey-${A}`, revision: 1 }]);

    await appendAtEnd(store, `streamRepair-apiKey-${A}`, [
      {
        type: 'EventSkipped',
        data: { revision: 1, eventId: crypto.randomUUID(), type: poison.type, reason: 'looked at' },
      },
    ]);
    await runner.pump(await store.end());
    expect(await findKey(fixture.db, A)).toMatchObject({ status: 'active', fault: null });
    const live = await readModel(fixture.db);
    await runner.rebuild({ acceptLoss: false });
    expect(await readModel(fixture.db)).toEqual(live);
  });

  test.each([
    ['U+0000', '\0'],
    ['half a surrogate pair', '\ud800'],
    ['a megabyte', 'x'.repeat(1_000_000)],
    ['a number', 5],
  ])('is not made by a hash of %s, which stops no reader, nor the next connection', async (_, hash) => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    await changeKey(store, A, keyCreated());
    await changeKey(store, B, keyCreated());
    // Of a type that no projection reads, and the last event of its batch.
    await appendAtEnd(store, `apiKey-${A}`, [{ type: 'Noted', data: {} }]);
    Object.assign(history.events.at(-1)!, { metadata: JSON.stringify({ hash }) });
    await createRunner(store).pump();
    const last = await changeKey(store, B, { type: 'ApiKeyInactivated', data: {} });
    await createRunner(store).pump(last);
    expect(await findKey(fixture.db, A)).toMatchObject({ status: 'active', fault: null });
    expect(await findKey(fixture.db, B)).toMatchObject({ status: 'inactive', fault: null });
  });

  test('but fits no table is found by applying one by one, in a pump and in a rebuild', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    const last = await changeKey(store, B, keyCreated());
    const [first, ...others] = allProjections;
    const picky = {
      ...first!,
      name: 'api_keys',
      on: {
        '*': async (
          tx: { query: (statement: { text: string; values: unknown[] }) => Promise<unknown> },
          events: readonly { stream: string }[],
        ) => {
          for (const { stream } of events)
            if (stream.endsWith('0a')) await tx.query({ text: `select '0000-01-01'::timestamptz`, values: [] });
        },
      },
    };
    const runner = createRunner(store, {
      projections: [first!, picky, ...others.filter(({ name }) => name !== 'api_keys')],
    });
    await runner.pump(last);
    expect((await listUnreadable(fixture.db, 10)).map(({ stream }) => stream)).toEqual([`apiKey-${A}`]);
    await runner.rebuild({ acceptLoss: false });
    expect((await listUnreadable(fixture.db, 10)).map(({ stream }) => stream)).toEqual([`apiKey-${A}`]);
  });
});

describe('a stranger’s stream [events-strangers]', () => {
  test.each([
    ['a name not of our form', 'apiKey-1', keyCreated()],
    ['another category’s event first', `apiKey-${A}`, { type: 'McpServerRegistered', data: settings() }],
    ['a first event of an unknown type', `apiKey-${A}`, { type: 'OrderPlaced', data: {} }],
    ['a first event that does not parse', `apiKey-${A}`, { type: 'ApiKeyCreated', data: { name: 7 } }],
    ['a change first', `apiKey-${A}`, { type: 'ApiKeyInactivated', data: {} }],
  ])('with %s is passed by, whatever follows', async (_, stream, first) => {
    const store = openMemoryStore();
    await appendAtEnd(store, stream, [
      first,
      keyCreated(),
      { type: 'ApiKeyInactivated', data: {} },
      { type: 'X', data: {} },
    ]);
    const last = await changeKey(store, B, keyCreated());
    const runner = createRunner(store, { batchSize: 2 });
    await runner.pump(last);
    const { stream_heads: heads, audit_events: trail, unreadable_events: unreadable } = await readModel(fixture.db);
    expect([heads!.length, trail!.length, unreadable!.length]).toEqual([1, 1, 0]);
    expect(await findKey(fixture.db, A)).toBeUndefined();
  });

  test('does not come to serve anything by a later event of our form', async () => {
    const store = openMemoryStore();
    await appendAtEnd(store, 'mcpServer-mine', [{ type: 'Other', data: {} }]);
    await changeServer(store, 'mine', { type: 'McpServerRegistered', data: settings() });
    await createRunner(store).pump();
    expect(await findServer(fixture.db, 'mine')).toBeUndefined();
  });
});

describe('what was considered [events-considered-once]', () => {
  test('is not considered again, strangers’ records included, nor by another process', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    for (let i = 0; i < 20; i += 1) await appendAtEnd(store, 'stranger-1', [{ type: 'X', data: { i } }]);
    const scanned: (bigint | undefined)[] = [];
    const watched: EventStore = {
      ...store,
      scan: (options) => {
        scanned.push(options?.after);
        return store.scan(options);
      },
    };
    await createRunner(watched).pump();
    await createRunner(watched).pump();
    expect(scanned).toEqual([undefined, 21n]);
  });

  test('is written down while nothing of ours comes', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    const broken = new Error('cut off');
    const passing: EventStore = {
      ...store,
      async *scan(options) {
        yield* store.scan(options);
        for (let position = 10n; position < 40n; position += 10n) {
          yield { kind: 'passed', position } satisfies LogEntry;
          // Longer than it may go on unwritten.
          const until = performance.now() + 2_100;
          while (performance.now() < until);
        }
        throw broken;
      },
    };
    await expect(createRunner(passing).pump()).rejects.toBe(broken);
    const [checkpoint] = await readCheckpoints(fixture.db, ['api_keys']);
    expect(checkpoint).toMatchObject({ position: 30n, bookmark: { position: 1n, stream: `apiKey-${A}` } });
  });

  test('of a batch that does not begin where a table stands is not applied to it', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    await createRunner(store).pump();
    const events = [{ ...newEvent(keyCreated()), stream: `apiKey-${B}`, revision: 0, position: 3n }];
    const identity = await store.identity();
    await fixture.db.transaction((tx) =>
      applyBatch(tx, allProjections, { identity, after: 2n, upTo: 3n, events, oneByOne: new Set() }),
    );
    expect(await findKey(fixture.db, B)).toBeUndefined();
    expect((await readCheckpoints(fixture.db, ['api_keys']))[0]?.position).toBe(1n);
  });
});

describe('a bookmark [events-bookmark]', () => {
  test('keeps an append from a store that lacks the event, though its end lies beyond', async () => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    await changeKey(store, A, keyCreated());
    await changeKey(store, B, keyCreated());
    const runner = createRunner(store);
    await runner.pump();
    const older = openMemoryStore(
      Object.assign(new MemoryHistory(), { identity: history.identity, connection: history.connection + 1 }),
    );
    for (let i = 0; i < 5; i += 1) await changeKey(older, crypto.randomUUID(), keyCreated());
    const before = await older.end();
    const written = verifiedStore(older, createRunner(older));
    await expect(changeKey(written, A, { type: 'ApiKeyActivated', data: {} })).rejects.toMatchObject({
      code: 'event-store-behind',
    });
    expect(await older.end()).toBe(before);
    const lost = createRunner(older).rebuild({ acceptLoss: false });
    await expect(lost).rejects.toMatchObject({ code: 'history-lost', data: { streams: 2 } });
  });

  test('is looked at again for each connection, and the append goes over that very one', async () => {
    const history = new MemoryHistory();
    const store = openMemoryStore(history);
    await changeKey(store, A, keyCreated());
    const runner = createRunner(store);
    await runner.pump();
    const over: (number | undefined)[] = [];
    const watched: EventStore = {
      ...store,
      get connection() {
        return history.connection;
      },
      append: (stream, expected, events, options) => {
        over.push(options?.over);
        return store.append(stream, expected, events);
      },
    };
    const written = verifiedStore(watched, runner);
    await changeKey(written, A, { type: 'ApiKeyInactivated', data: {} });
    history.connection = 7;
    await changeKey(written, A, { type: 'ApiKeyActivated', data: {} });
    expect(over).toEqual([0, 7]);
  });

  test('of a history written with other keys is refused, and nothing is made of it', async () => {
    const store = openMemoryStore();
    await changeKey(store, A, keyCreated());
    const runner = createRunner(store, { isGenuine: () => false });
    await expect(runner.pump()).rejects.toMatchObject({ code: 'vault-keys-foreign' });
    const written = verifiedStore(store, runner);
    await expect(changeKey(written, B, keyCreated())).rejects.toMatchObject({ code: 'vault-keys-foreign' });
    await expect(runner.rebuild({ acceptLoss: false })).rejects.toMatchObject({ code: 'vault-keys-foreign' });
    expect(await findKey(fixture.db, A)).toBeUndefined();
    await runner.rebuild({ acceptLoss: true });
    await changeKey(written, B, keyCreated());
  });
});
