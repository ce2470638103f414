import { randomUUID } from 'node:crypto';
import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKey } from '../../src/commands/apiKey.ts';
import { mcpServer } from '../../src/commands/mcpServer.ts';
import { takeSnapshot } from '../../src/commands/snapshot.ts';
import { streamRepair } from '../../src/commands/streamRepair.ts';
import type { ApiKeyEvent } from '../../src/events/apiKey.ts';
import { canonicalJson } from '../../src/events/canonicalJson.ts';
import { chain } from '../../src/events/hashChain.ts';
import { mcpServerEvents } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createStreamKnowledge } from '../../src/projections/tables/streamKnowledge.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { CHAIN_KEY, CONTEXT, openWorld, SETTINGS, type World } from './longHistory.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const knowledge = () => createStreamKnowledge({ db: database.db, logger: createLogger('silent') });

async function snapshotOf(name: string) {
  const { snapshot } = await knowledge().find(`mcpServer-${name}`);
  if (snapshot === undefined) throw new Error('there is no snapshot');
  return snapshot;
}

describe('a command on a long stream', () => {
  it('reads as little of 10,000 events as of 100 [events-snapshot]', async () => {
    const world = openWorld(database);
    for (const length of [100, 1_000, 10_000]) {
      const name = `long-${length}`;
      await seed(world, name, length);
      // The first one reads all of it, and keeps what it found.
      await world.handle(name, { type: 'Update', settings: { ...SETTINGS, title: 'first' } });
      world.eventsRead();
      await world.handle(name, { type: 'Update', settings: { ...SETTINGS, title: 'second' } });
      expect(world.eventsRead()).toBe(2);
      expect(await world.titleOf(name)).toBe('second');
    }
  });

  it('reads no more than some 50 events in the long run, and finds what all of them give [events-snapshot]', async () => {
    const world = openWorld(database);
    await world.grow('growing', 50);
    for (let at = 51; at <= 160; at += 1) {
      world.eventsRead();
      await world.grow('growing', at);
      expect(world.eventsRead()).toBeLessThanOrEqual(52);
    }
    const { state } = await world.handler.load(mcpServer, mcpServerEvents, 'growing');
    await database.db.query(sql`delete from stream_snapshots where stream = 'mcpServer-growing'`);
    const whole = await world.handler.load(mcpServer, mcpServerEvents, 'growing');
    expect(whole.snapshotRevision).toBeUndefined();
    expect(canonicalJson(state)).toBe(canonicalJson(whole.state));
  });
});

/** Appends a long history at once. */
async function seed({ store }: World, name: string, length: number): Promise<void> {
  const stream = `mcpServer-${name}`;
  const metadata = { schema: 1, at: '2026-01-01T00:00:00.000Z', ...CONTEXT };
  const events = Array.from({ length }, (_, at) => ({
    id: randomUUID(),
    type: at === 0 ? 'McpServerRegistered' : 'McpServerUpdated',
    data: { ...SETTINGS, title: `title ${at}` },
    metadata,
  }));
  const chained = chain(CHAIN_KEY, stream, undefined, events);
  for (let at = 0; at < length; at += 500) {
    await store.append(stream, at === 0 ? 'no-stream' : at - 1, chained.slice(at, at + 500));
  }
}

describe('a snapshot can’t decide', () => {
  it('when it is older than the stream: what follows it is added [events-snapshot]', async () => {
    const world = openWorld(database);
    await world.grow('older', 60);
    const old = await snapshotOf('older');
    await world.grow('older', 130);
    await world.handle('older', { type: 'Disable' });
    await knowledge().keepSnapshot('mcpServer-older', old);
    world.eventsRead();
    expect(await world.titleOf('older')).toBe('title 130');
    // From the old one on, and the first.
    expect(world.eventsRead()).toBe(131 - old.revision + 2);
    await expect(world.handle('older', { type: 'Disable' })).resolves.toMatchObject({ changed: false });
  });

  it('when the stream was cut and has grown again [events-snapshot]', async () => {
    const world = openWorld(database);
    await world.grow('regrown', 60);
    const old = await snapshotOf('regrown');
    const { revision } = old;
    const stream = world.history.streams.get('mcpServer-regrown')!;
    stream.splice(10);
    // An older copy of the store: what is appended now takes the place of what was lost.
    for (let at = 10; at <= revision; at += 1) {
      await world.handle('regrown', { type: 'Update', settings: { ...SETTINGS, title: `anew ${at}` } });
    }
    expect(world.history.streams.get('mcpServer-regrown')).toHaveLength(revision + 1);
    await knowledge().keepSnapshot('mcpServer-regrown', old);
    expect(await world.titleOf('regrown')).toBe(`anew ${revision}`);
  });

  it('when somebody has edited it, or put it under another stream’s name [events-snapshot]', async () => {
    const world = openWorld(database);
    await world.grow('edited', 60);
    await database.db.query(sql`
      update stream_snapshots set state = jsonb_set(state, '{settings,title}', '"forged"')
      where stream = 'mcpServer-edited'`);
    expect(await world.titleOf('edited')).toBe('title 60');

    await world.grow('victim', 60);
    const foreign = await snapshotOf('edited');
    const { hash } = await snapshotOf('victim');
    await knowledge().keepSnapshot('mcpServer-victim', { ...foreign, hash });
    expect(await world.titleOf('victim')).toBe('title 60');
    const { mac: _mac, ...taken } = foreign;
    await knowledge().keepSnapshot(
      'mcpServer-victim',
      takeSnapshot(CHAIN_KEY, 'mcpServer-edited', { ...taken, hash, state: { status: 'deleted' } }),
    );
    expect(await world.titleOf('victim')).toBe('title 60');
    await knowledge().keepSnapshot(
      'mcpServer-victim',
      takeSnapshot(Buffer.alloc(32, 2), 'mcpServer-victim', { ...taken, hash, state: { status: 'deleted' } }),
    );
    expect(await world.titleOf('victim')).toBe('title 60');
  });

  it('when another version of MetaMCP has made it [events-snapshot]', async () => {
    const world = openWorld(database);
    await world.grow('versions', 60);
    const { mac: _mac, ...taken } = await snapshotOf('versions');
    const version = mcpServer.stateVersion + 1;
    const stream = 'mcpServer-versions';
    await knowledge().keepSnapshot(
      stream,
      takeSnapshot(CHAIN_KEY, stream, { ...taken, version, state: { status: 'deleted' } }),
    );
    expect(await world.titleOf('versions')).toBe('title 60');
  });

  it('when the store shows the stream’s end only [events-snapshot] [events-whole-history]', async () => {
    const world = openWorld(database);
    await world.grow('headless', 60);
    const truncated = openWorld(database, { history: world.history, truncateBefore: 5 });
    await expect(truncated.titleOf('headless')).rejects.toMatchObject({ code: 'stream-hidden' });
  });

  it('when its row makes no sense', async () => {
    const world = openWorld(database);
    await world.grow('nonsense', 60);
    await database.db.query(sql`update stream_snapshots set hash = '', mac = '' where stream = 'mcpServer-nonsense'`);
    expect(await world.titleOf('nonsense')).toBe('title 60');
  });
});

const sealed = { dek: '0190a1b2-0000-7000-8000-000000000001', box: 'AAAA' };
const access = { scopes: ['mcp' as const], grants: ['*'] };
const event: fc.Arbitrary<ApiKeyEvent> = fc.constantFrom<ApiKeyEvent>(
  { type: 'ApiKeyInactivated', data: {} },
  { type: 'ApiKeyActivated', data: { reason: 'found' } },
  { type: 'ApiKeyAccessChanged', data: { ...access, expiresAt: '2027-01-01T00:00:00.000Z' } },
  { type: 'ApiKeyRotated', data: { successorId: sealed.dek, validUntil: '2027-01-01T00:00:00.000Z' } },
);

property.prop([fc.array(event), fc.array(event)])(
  'a state that was kept as JSON goes on as the state itself',
  (before, after) => {
    const created: ApiKeyEvent = { type: 'ApiKeyCreated', data: { name: 'ci', ...access, sealed } };
    const state = [created, ...before].reduce(apiKey.evolve, apiKey.initial);
    const kept = JSON.parse(JSON.stringify(state)) as typeof state;
    expect(canonicalJson(after.reduce(apiKey.evolve, kept))).toBe(canonicalJson(after.reduce(apiKey.evolve, state)));
  },
);

// The shape of each state, as it is kept. Who changes one raises its `stateVersion`, and writes the new shape here.
it('no state changes its shape without another version [events-snapshot]', () => {
  const key: ApiKeyEvent[] = [
    {
      type: 'ApiKeyCreated',
      data: { name: 'ci', description: 'builds', ...access, expiresAt: '2027-01-01T00:00:00.000Z', sealed },
    },
    {
      type: 'ApiKeyRotated',
      data: { successorId: sealed.dek, validUntil: '2027-01-01T00:00:00.000Z', reason: 'yearly' },
    },
  ];
  expect([apiKey.stateVersion, key.reduce(apiKey.evolve, apiKey.initial)]).toEqual([
    4,
    {
      status: 'active',
      name: 'ci',
      description: 'builds',
      access: { ...access, expiresAt: '2027-01-01T00:00:00.000Z' },
      rotation: { successorId: sealed.dek, validUntil: '2027-01-01T00:00:00.000Z' },
      rotatedFrom: undefined,
      labels: { owner: undefined, tags: [] },
      leaked: false,
      sealed,
      credentials: [],
    },
  ]);
  const registered = { type: 'McpServerRegistered', data: { ...SETTINGS, sealed } } as const;
  expect([mcpServer.stateVersion, mcpServer.evolve(mcpServer.initial, registered)]).toEqual([
    1,
    { status: 'enabled', settings: { ...SETTINGS, sealed }, deks: [sealed.dek] },
  ]);
  const skipped = { type: 'EventSkipped', data: { revision: 3, eventId: sealed.dek, type: 'X', reason: 'r' } } as const;
  expect([streamRepair.stateVersion, streamRepair.evolve(streamRepair.initial, skipped)]).toEqual([
    1,
    { skipped: [{ revision: 3, eventId: sealed.dek }], retired: 'no', lossAccepted: false },
  ]);
});
