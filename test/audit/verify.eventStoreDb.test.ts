import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { makeHistory, openInstallation, type Installation } from '../contract/auditFixture.ts';
import type { EditableEvent } from '../support/eventStoreDb/tampering.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

// What an audit finds when a person with access to the disk of EventStoreDB has changed it. What it finds in general is
// in the contract that runs on Postgres and in memory.

let opened: AsyncDisposableStack;
let server: WireServer;
let installation: Installation;
let made: Awaited<ReturnType<typeof makeHistory>>;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  server = opened.use(await openWireServer({ systemTraffic: true }));
  const store = opened.use(
    openEventStoreDb({ url: server.url, streams: ['apiKey-', 'mcpServer-'], logger: createLogger('silent') }),
  );
  installation = await openInstallation({
    store,
    db: database.db,
    rewrite: () => Promise.reject(new Error('EventStoreDB’s history is tampered with in place')),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  made = await makeHistory(installation);
});
afterEach(() => opened.disposeAsync());

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
