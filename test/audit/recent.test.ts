import { expect, test } from 'vitest';
import { recentEvents, type RecentOptions } from '../../src/audit/recent.ts';
import type { TrailEntry } from '../../src/audit/trailEntry.ts';
import { apiKeyStream } from '../../src/events/streamName.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { auditEvents } from '../../src/projections/tables/auditEventsProjection.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { streamHeads } from '../../src/projections/tables/streamHeads.ts';
import { unreadableEvents } from '../../src/projections/tables/unreadableEventsProjection.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { keyCreated, newEvent } from '../projections/history.ts';

const damaged = () => newEvent({ type: 'ApiKeyInactivated', data: { reason: 5 } });
const stranger = () => newEvent({ type: 'ApiKeyCreated', data: {} });

test('the last events come from the table, those to come from the store; what can’t be read is shown as that [audit-tail]', async () => {
  await using database = await createTestDatabase();
  const { db } = database;
  const store = openMemoryStore();
  const projections = createProjectionRunner({
    db,
    store,
    logger: createLogger('silent'),
    projections: [streamHeads, auditEvents, unreadableEvents],
  });
  const [mine, theirs] = [apiKeyStream(crypto.randomUUID()), apiKeyStream(crypto.randomUUID())];
  await store.append(mine, 'no-stream', [newEvent(keyCreated())]);
  await store.append(mine, 0, [damaged()]);
  await store.append(mine, 1, [newEvent({ type: 'ApiKeyActivated', data: {} })]);
  await store.append(theirs, 'no-stream', [stranger(), damaged()]);
  await projections.pump();
  const position = await store.end();

  const controller = new AbortController();
  const subscribed: EventStore = {
    ...store,
    readAll: () => {
      throw new Error('the store is not searched backwards');
    },
    scan: () => {
      throw new Error('the store is not scanned');
    },
  };
  const options = (limit: number, follow?: AbortSignal): RecentOptions => ({
    db,
    limit,
    matches: () => true,
    follow: follow && { store: subscribed, position, signal: follow },
  });
  const shown = (entries: readonly TrailEntry[]) =>
    entries.map((entry) => `${entry.revision} ${'reason' in entry ? 'unreadable' : entry.type}`);

  const [last] = await Array.fromAsync(recentEvents(options(2)));
  expect(shown(last!)).toEqual(['1 unreadable', '2 ApiKeyActivated']);
  const pages: string[][] = [];
  for await (const page of recentEvents(options(9, controller.signal))) {
    pages.push(shown(page));
    // What strangers append is passed by.
    if (pages.length === 1) {
      await store.append(theirs, 1, [damaged()]);
      await store.append(mine, 2, [newEvent({ type: 'ApiKeyInactivated', data: {} }), damaged()]);
    }
    if (pages.length === 3) controller.abort();
  }
  expect(pages).toEqual([
    ['0 ApiKeyCreated', '1 unreadable', '2 ApiKeyActivated'],
    ['3 ApiKeyInactivated'],
    ['4 unreadable'],
  ]);
});
