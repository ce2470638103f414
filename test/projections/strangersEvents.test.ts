import { readdirSync, readFileSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeKnown } from '../../src/events/knownEvent.ts';
import { UnreadableEvent } from '../../src/events/catalogue.ts';
import type { Json, JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { listKeys } from '../../src/projections/tables/keyLists.ts';
import { auditEvents } from '../../src/projections/tables/auditEventsProjection.ts';
import { mcpServers } from '../../src/projections/tables/mcpServersProjection.ts';
import { anyNumber, anyText, anyTime, anyUrl } from '../support/hostileInput.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// A program that may write to the event store may put anything at all into one of our streams. What decodes can be stored.

const GOLDEN = new URL('../golden/', import.meta.url);
type Golden = Pick<RecordedEvent, 'type' | 'data' | 'metadata'>;
const golden = readdirSync(GOLDEN).flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, GOLDEN), 'utf8')) as Golden[],
);

const STREAMS = [
  'apiKey-0190a1b2-0000-7000-8000-000000000001',
  'mcpServer-github',
  'apiKey-0190A1B2-0000-7000-8000-000000000001',
  'apiKey-nobody',
  'apiKey-',
  'mcpServer-Not A Slug',
  `mcpServer-${'x'.repeat(3_000)}`,
];

let deep: Json = 'deep';
for (let i = 0; i < 5_000; i += 1) deep = [deep];

const anything: fc.Arbitrary<Json> = fc.oneof(
  anyText,
  anyUrl,
  anyTime,
  anyNumber,
  // Incompressible, as PostgreSQL compresses what it indexes.
  fc.string({ minLength: 9_000, maxLength: 9_000, unit: 'grapheme' }),
  fc.constantFrom<Json>(null, true, {}, [], [[]], deep, 'ff'.repeat(16)),
  fc.uuid().map((id) => id.toUpperCase()),
);

/** Replaces one member at any depth, or adds one. */
function changed(value: JsonObject, place: number, by: Json): JsonObject {
  const places: ((copy: Record<string, Json>) => void)[] = [(copy) => void (copy['surplus'] = by)];
  const visit = (part: Json, path: readonly string[]): void => {
    if (typeof part !== 'object' || part === null) return;
    for (const [key, member] of Object.entries(part)) {
      const here = [...path, key];
      places.push((copy) => {
        const holder = path.reduce<Json>((at, step) => (at as Record<string, Json>)[step] ?? null, copy);
        (holder as Record<string, Json>)[key] = by;
      });
      visit(member, here);
    }
  };
  visit(value, []);
  const copy = structuredClone(value) as Record<string, Json>;
  places[place % places.length]?.(copy);
  return copy;
}

const events = fc
  .record({
    written: fc.constantFrom(...golden),
    stream: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...STREAMS.slice(0, 2)) }, fc.constantFrom(...STREAMS)),
    part: fc.constantFrom('data', 'metadata'),
    place: fc.nat({ max: 1_000 }),
    by: anything,
    id: fc.uuid(),
  })
  .map(({ written, stream, part, place, by, id }): RecordedEvent => {
    const data = part === 'data' ? changed(written.data, place, by) : written.data;
    const metadata = part === 'metadata' ? changed(written.metadata, place, by) : written.metadata;
    return { id, stream, revision: 1, position: 1n, type: written.type, data, metadata };
  });

/** The key and the server that the others are about. */
const BEGINNINGS = ['ApiKeyCreated', 'McpServerRegistered'].flatMap((type, at): RecordedEvent[] =>
  golden
    .filter((written) => written.type === type)
    .slice(0, 1)
    .map((written) => ({ ...written, id: crypto.randomUUID(), stream: STREAMS[at] ?? '', revision: 0, position: 0n })),
);

let database: TestDatabase;
let [stored, refused, passedBy] = [0, 0, 0];
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

property.prop([events], { numRuns: 400 })(
  'an event of a stranger is stored, unreadable, or none of ours [events-unreadable-alone]',
  async (event) => {
    try {
      if (decodeKnown(event) === undefined) passedBy += 1;
      else stored += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(UnreadableEvent);
      refused += 1;
      return;
    }
    const undone = new Error('undone');
    const applied = database.db.transaction(async (tx) => {
      const begins = event.type === 'ApiKeyCreated' || event.type === 'McpServerRegistered';
      // As the runner chooses the handler: by the type alone.
      for (const each of begins ? [event] : [...BEGINNINGS, event]) {
        for (const { on } of [apiKeys, mcpServers, auditEvents]) await on[each.type]?.(tx, [each]);
      }
      // Readers write times with years of four digits.
      for (const key of await listKeys(tx, { without: [], limit: 9 })) {
        for (const time of [key.expiresAt, key.validUntil, key.createdAt]) {
          expect(time?.toISOString() ?? '2026-').toMatch(/^\d{4}-/);
        }
      }
      throw undone;
    });
    await expect(applied).rejects.toBe(undone);
  },
);

test('and of each some were met', () => {
  expect(Math.min(stored, refused, passedBy)).toBeGreaterThan(0);
});
