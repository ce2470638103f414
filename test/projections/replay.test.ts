import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { ApiKeyEvent } from '../../src/events/apiKey.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { RecordedEvent } from '../../src/events/eventStore.ts';
import { isoTime } from '../../src/clock.ts';
import { mcpCatalogueStream, type McpCatalogueEvent } from '../../src/events/mcpCatalogue.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { mcpServerStream, type McpServerEvent } from '../../src/events/mcpServer.ts';
import { runsOf } from '../../src/projections/running/applyEvents.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { appendAtEnd, catalogueChanged, digestOf, keyCreated, settings, START } from './history.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { clearReadModel, readModel, silent } from './readModel.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

const keyIds = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'];
const dek = '01900000-0000-7000-8000-00000000dec0';

function credential(server: string, box: string) {
  const registeredAt = '2026-01-01T00:00:00Z';
  return { server, registeredAt, address: 'x', headers: ['authorization'], env: ['A'], sealed: { dek, box } };
}

const laterKeyEvent: fc.Arbitrary<ApiKeyEvent> = fc.constantFrom<ApiKeyEvent>(
  { type: 'ApiKeyInactivated', data: {} },
  { type: 'ApiKeyActivated', data: { reason: 'why not' } },
  { type: 'ApiKeyAccessChanged', data: { scopes: ['keys:read'], grants: ['x'], expiresAt: '2027-01-01T00:00:00Z' } },
  { type: 'ApiKeyAccessChanged', data: { scopes: [], grants: ['y'] } },
  { type: 'ApiKeyRotated', data: { successorId: keyIds[0] ?? '', validUntil: '2026-03-01T00:00:00Z' } },
  { type: 'ApiKeyCredentialSet', data: credential('a', 'eA') },
  { type: 'ApiKeyCredentialSet', data: credential('a', 'eB') },
  { type: 'ApiKeyCredentialSet', data: credential('constructor', 'eA') },
  { type: 'ApiKeyCredentialRemoved', data: { server: 'a' } },
  { type: 'ApiKeyDeleted', data: { dek } },
);
const laterServerEvent: fc.Arbitrary<McpServerEvent> = fc.constantFrom<McpServerEvent>(
  { type: 'McpServerUpdated', data: settings({ title: 'new', sealed: { dek, box: 'eA' } }) },
  { type: 'McpServerUpdated', data: settings({ transport: 'sse' }) },
  { type: 'McpServerDisabled', data: {} },
  { type: 'McpServerEnabled', data: {} },
  { type: 'McpServerDeleted', data: { deks: [dek] } },
  { type: 'McpServerRegistered', data: settings({ title: 'again' }) },
);

const again = '2026-02-02T00:00:00.000Z';
const laterCatalogueEvent: fc.Arbitrary<McpCatalogueEvent> = fc.constantFrom<McpCatalogueEvent>(
  catalogueChanged({ read: '2', send: '1' }),
  catalogueChanged({ read: '3' }, { approves: false }),
  catalogueChanged({ read: '1' }, { registeredAt: again }),
  {
    type: 'McpServerToolsApproved',
    data: { registeredAt: isoTime(START), tools: [{ name: 'read', digest: digestOf('3') }] },
  },
  { type: 'McpServerToolsApproved', data: { registeredAt: again, tools: [{ name: 'send', digest: digestOf('1') }] } },
);

interface Change {
  readonly stream: string;
  readonly event: { type: string; data: object };
}

/** Changes to a few keys and servers in any order, of which each stream's first is its creation. */
const histories: fc.Arbitrary<Change[]> = fc
  .array(
    fc.oneof(
      fc.record({ stream: fc.constantFrom(...keyIds.map(apiKeyStream)), event: laterKeyEvent }),
      fc.record({ stream: fc.constantFrom('a', 'b').map(mcpServerStream), event: laterServerEvent }),
      fc.record({ stream: fc.constantFrom('a', 'b').map(mcpCatalogueStream), event: laterCatalogueEvent }),
      fc.record({
        stream: fc.constantFrom(...keyIds.map(apiKeyStream)),
        event: fc.constant({ type: 'ApiKeyBlessed', data: {} }),
      }),
    ),
    { minLength: 1, maxLength: 30 },
  )
  .map((changes) => {
    const seen = new Set<string>();
    return changes.map(({ stream, event }) => {
      if (seen.has(stream)) return { stream, event };
      seen.add(stream);
      if (stream.startsWith('mcpCatalogue-')) return { stream, event: catalogueChanged({ read: '1', write: '1' }) };
      return stream.startsWith('apiKey-')
        ? { stream, event: keyCreated({ sealed: { dek, box: 'eA' } }) }
        : { stream, event: { type: 'McpServerRegistered', data: settings({ title: 'first' }) } };
    });
  });

describe('a history', () => {
  test.prop([histories, fc.integer({ min: 1, max: 7 })], { numRuns: 20 })(
    'gives the same rows applied twice, in batches of any size, when a pump comes after each event, and in a rebuild [projections-replay]',
    async (history, batchSize) => {
      const { db } = database;
      await clearReadModel(db);
      const store = openMemoryStore();
      const options = { db, store, projections: allProjections, logger: silent };
      const stepwise = createProjectionRunner({ ...options, batchSize: 1 });
      for (const { stream, event } of history) await stepwise.pump(await appendAtEnd(store, stream, [event]));
      const rows = await readModel(db);

      await db.query({ text: 'delete from checkpoints', values: [] });
      await createProjectionRunner(options).pump();
      expect(await readModel(db)).toEqual(rows);

      await clearReadModel(db);
      await createProjectionRunner({ ...options, batchSize }).pump();
      expect(await readModel(db)).toEqual(rows);

      const { tables } = await createProjectionRunner({ ...options, batchSize }).rebuild({ acceptLoss: false });
      for (const table of tables) expect(table).toMatchObject({ missing: 0, different: 0, surplus: 0 });
    },
  );

  test.prop([histories])(
    'comes to a handler in the order of each stream, and two events of one stream at once only where that is asked for',
    async (history) => {
      const store = openMemoryStore();
      for (const { stream, event } of history) await appendAtEnd(store, stream, [event]);
      const events: RecordedEvent[] = [];
      for await (const event of store.readAll()) events.push(event);
      for (const projection of allProjections) {
        const runs = runsOf(projection, events);
        const last = new Map<string, number>();
        for (const run of runs) {
          if (projection.severalOfAStream !== true) {
            expect(new Set(run.events.map(({ stream }) => stream)).size).toBe(run.events.length);
          }
          for (const { stream, revision } of run.events) {
            expect(revision).toBeGreaterThan(last.get(stream) ?? -1);
            last.set(stream, revision);
          }
        }
        const wanted = events.filter(({ type }) => '*' in projection.on || type in projection.on);
        expect(runs.flatMap((run) => run.events)).toHaveLength(wanted.length);
      }
    },
  );
});
