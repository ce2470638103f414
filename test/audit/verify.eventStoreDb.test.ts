import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { Installation, TamperableStore } from '../contract/auditFixture.ts';
import { openAuditWorlds, type AuditWorld } from '../contract/auditWorld.ts';
import { backupOf } from '../support/eventStoreDb/backup.ts';
import { History } from '../support/eventStoreDb/history.ts';
import type { EditableEvent } from '../support/eventStoreDb/tampering.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// What an audit finds when a person with access to the disk of EventStoreDB has changed it. What it finds in general is
// in the contract that runs on Postgres and in memory.

interface WireStore extends TamperableStore {
  readonly server: WireServer;
  readonly database: TestDatabase;
}

async function openTamperableStore(database: TestDatabase, history = new History()): Promise<WireStore> {
  await using opened = new AsyncDisposableStack();
  opened.use(database);
  const server = opened.use(await openWireServer({ history, systemTraffic: true }));
  const store = opened.use(
    openEventStoreDb({ url: server.url, streams: ['apiKey-', 'mcpServer-'], logger: createLogger('silent') }),
  );
  const closing = opened.move();
  return {
    store,
    server,
    database,
    db: database.db,
    rewrite: () => Promise.reject(new Error('EventStoreDB’s history is tampered with in place')),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

const worlds = openAuditWorlds<WireStore>({
  open: async () => openTamperableStore(await createTestDatabase()),
  async keep({ store, server, database }) {
    await store[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    const template = await database.asTemplate();
    return {
      copy: async () =>
        openTamperableStore(await createTestDatabase({ template: template.name }), backupOf(server.history)),
      [Symbol.asyncDispose]: () => template[Symbol.asyncDispose](),
    };
  },
});
afterAll(() => worlds[Symbol.asyncDispose]());

let world: AuditWorld<WireStore>;
let server: WireServer;
let installation: Installation;
let made: AuditWorld['made'];
beforeEach(async () => {
  world = await worlds.copy();
  ({ installation, made } = world);
  ({ server } = world.tamperable);
});
afterEach(() => world[Symbol.asyncDispose]());

describe('audit verify on EventStoreDB', () => {
  it.each<[string, (event: EditableEvent) => void]>([
    ['one byte of its data', (event) => void (event.data = { ...event.data, reason: 'x' })],
    ['its type', (event) => void (event.type = 'ApiKeyActivatee')],
    ['its id', (event) => void (event.id = crypto.randomUUID())],
    ['who did it', (event) => void (event.metadata = { ...event.metadata, actor: 'cli:bob@host' })],
    ['when', (event) => void (event.metadata = { ...event.metadata, at: '2026-01-02T00:00:00.001Z' })],
  ])('finds an event with a changed %s [audit-verify-tampering]', async (_what, change) => {
    const { busy } = made.streams;
    server.history.tamper.edit(busy, 2, change);
    expect(await installation.fault()).toMatchObject({ kind: 'edited', stream: busy, revision: 2 });
  });

  it('finds an event that is gone [audit-verify-tampering]', async () => {
    const { busy } = made.streams;
    server.history.tamper.remove(busy, 1);
    expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: busy, revision: 1 });
  });

  it('finds an event whose successors moved into its place [audit-verify-tampering]', async () => {
    const { busy } = made.streams;
    server.history.tamper.remove(busy, 1, { renumber: true });
    expect(await installation.fault()).toMatchObject({ stream: busy, revision: 1 });
  });

  it('finds two events that changed places [audit-verify-tampering]', async () => {
    const { busy } = made.streams;
    server.history.tamper.swap(busy, 1, 2);
    expect(await installation.fault()).toMatchObject({ stream: busy, revision: 1 });
  });

  it('finds a stream whose end was cut off [audit-verify-tampering]', async () => {
    const { busy } = made.streams;
    server.history.tamper.truncate(busy, 2);
    expect(await installation.fault()).toMatchObject({ stream: busy, revision: 2 });
  });

  it('finds a stream that is gone whole [audit-verify-tampering]', async () => {
    const { deleted } = made.streams;
    server.history.tamper.truncate(deleted, 0);
    expect(await installation.fault()).toMatchObject({ kind: 'removed', stream: deleted, revision: 0 });
  });

  it('finds a copy of an event that was put in [audit-verify-tampering]', async () => {
    const { busy } = made.streams;
    const [, copied] = server.history.stored(busy);
    server.history.tamper.insert(busy, 3, { ...copied!, id: crypto.randomUUID() });
    expect(await installation.fault()).toMatchObject({ stream: busy, revision: 3 });
  });
});
