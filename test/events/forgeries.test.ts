import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventStore, JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { streamRepairStream } from '../../src/events/streamRepair.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { listVaultKeysOf } from '../../src/vault/vaultKeys.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// A program that may append to a store that is shared can put events into our streams that look like ours in all but their hash.

const CONTEXT = { actor: 'cli:ann@host', correlationId: 'c', causationId: 'c' };

let database: TestDatabase;
let cli: InProcessCli;
let store: EventStore;
let stores: Stores;
let id: string;
let stream: string;

beforeAll(async () => {
  database = await createTestDatabase();
  cli = await openInProcessCli(database.url);
  store = openMemoryStore();
  const settings = readSettings({ env: cli.env, cwd: cli.folder });
  stores = await openStores({ settings, logger: createLogger('silent'), applicationName: 'test', events: store });
});
afterAll(async () => {
  await stores[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  ({ id } = await stores.keys.create({ name: randomUUID(), scopes: ['mcp'], grants: ['*'] }, CONTEXT));
  stream = `apiKey-${id}`;
});

const eventsOf = (name: string): Promise<RecordedEvent[]> => Array.fromAsync(store.readStream(name));

/** Appends what MetaMCP would, with the metadata of an event that it has written. */
async function forge(into: string, type: string, data: JsonObject): Promise<string> {
  const [first] = await eventsOf(stream);
  const length = (await eventsOf(into)).length;
  const event = { id: randomUUID(), type, data, metadata: first!.metadata };
  await store.append(into, length === 0 ? 'no-stream' : length - 1, [event]);
  await stores.projections.pump();
  return event.id;
}

describe('what a stranger puts into a stream of ours', () => {
  it('activates no revoked key, is named by verify, and can be passed by [events-forged]', async () => {
    await stores.keys.inactivate(id, 'lost', CONTEXT);
    await forge(stream, 'ApiKeyActivated', {});
    expect(await findKey(stores.db, id)).toMatchObject({ status: 'inactive', fault: 'unreadable' });
    await expect(stores.keys.activate(id, undefined, CONTEXT)).rejects.toMatchObject({ code: 'stream-unreadable' });
    expect((await stores.audit.verify()).fault).toMatchObject({ kind: 'inserted', stream, revision: 2 });

    await stores.repairs.skip(stream, 2, 'forged', CONTEXT);
    expect(await findKey(stores.db, id)).toMatchObject({ status: 'inactive', fault: null });
    await stores.keys.activate(id, undefined, CONTEXT);
    expect(await stores.audit.verify()).toMatchObject({ fault: undefined, skippedEvents: 1 });
    await stores.projections.rebuild({ acceptLoss: false });
    expect(await findKey(stores.db, id)).toMatchObject({ status: 'active', fault: null });
  });

  it('of an unknown type can be passed by, too [events-forged]', async () => {
    await forge(stream, 'Whatever', {});
    expect((await stores.audit.verify()).fault).toMatchObject({ kind: 'inserted', stream, revision: 1 });
    await stores.repairs.skip(stream, 1, 'forged', CONTEXT);
    await stores.keys.inactivate(id, undefined, CONTEXT);
    expect((await stores.audit.verify()).fault).toBeUndefined();
  });

  it('destroys no secrets of others [events-forged]', async () => {
    const keys = await listVaultKeysOf(stores.db, stream);
    expect(keys).toHaveLength(1);
    const other = await stores.keys.create({ name: randomUUID(), scopes: ['mcp'], grants: ['*'] }, CONTEXT);
    await forge(streamRepairStream(`apiKey-${other.id}`), 'StreamRetired', { final: true, deks: keys });
    await forge(stream, 'ApiKeyDeleted', { dek: keys[0]! });
    expect(await listVaultKeysOf(stores.db, stream)).toEqual(keys);
    expect(await findKey(stores.db, other.id)).toMatchObject({ fault: null });
    await stores.repairs.skip(stream, 1, 'forged', CONTEXT);
    expect((await stores.audit.verify()).fault).toBeUndefined();
  });
});

describe('what a stranger puts among the repairs of a stream', () => {
  it('has no event passed by, so that a key can be revoked [events-forged]', async () => {
    const [created] = await eventsOf(stream);
    const skipped = { revision: 0, eventId: created!.id, type: created!.type, reason: 'forged' };
    await forge(streamRepairStream(stream), 'EventSkipped', skipped);
    await stores.keys.inactivate(id, undefined, CONTEXT);
    expect(await findKey(stores.db, id)).toMatchObject({ status: 'inactive', fault: null });
    expect((await stores.audit.verify()).fault).toBeUndefined();
  });

  it('does not stand in the way of ours, whatever it is [events-forged]', async () => {
    await forge(streamRepairStream(stream), 'Whatever', {});
    await forge(streamRepairStream(stream), 'EventSkipped', {});
    const garbage = await forge(stream, 'ApiKeyInactivated', { reason: 5 });
    await stores.keys.inactivate(id, undefined, CONTEXT);
    expect(await findKey(stores.db, id)).toMatchObject({ fault: expect.stringMatching(/retired|unreadable/) });
    await stores.repairs.skip(stream, 1, garbage, CONTEXT);
    expect(await findKey(stores.db, id)).toMatchObject({ fault: 'retired' });
    await stores.keys.activate(id, undefined, CONTEXT);
    expect(await findKey(stores.db, id)).toMatchObject({ status: 'active', fault: null });
    expect((await stores.audit.verify()).fault).toBeUndefined();
  });
});
