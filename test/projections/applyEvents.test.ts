import { expect, test } from 'vitest';
import { apiKeyStream } from '../../src/events/streamName.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { applyEvents } from '../../src/projections/running/applyEvents.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { apiKeys } from '../../src/projections/tables/apiKeysProjection.ts';
import { createProjectionRunner } from '../../src/projections/runner.ts';
import { streamHeads } from '../../src/projections/tables/streamHeads.ts';
import { unreadableEvents } from '../../src/projections/tables/unreadableEventsProjection.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { keyCreated, newEvent } from './history.ts';

test('an event that can’t be read overwrites nothing of those before it in its batch [events-unreadable-alone]', async () => {
  await using database = await createTestDatabase();
  const { db } = database;
  const store = openMemoryStore();
  const id = crypto.randomUUID();
  await store.append(apiKeyStream(id), 'no-stream', [
    newEvent(keyCreated()),
    newEvent({ type: 'ApiKeyInactivated', data: {} }, 1_000),
    newEvent({ type: 'ApiKeyActivated', data: { reason: 5 } }, 2_000),
  ]);
  const projections = createProjectionRunner({
    db,
    store,
    logger: createLogger('silent'),
    projections: [streamHeads, apiKeys, unreadableEvents],
  });
  await projections.pump();
  expect(await findKey(db, id)).toMatchObject({ status: 'inactive', revision: 1, fault: 'unreadable' });
});

test('very many events that can’t be read, of types by turns, are noted in one statement [events-unreadable-alone]', async () => {
  const store = openMemoryStore();
  const stream = apiKeyStream(crypto.randomUUID());
  const types = ['ApiKeyActivated', 'ApiKeyInactivated', 'ApiKeyDeleted'] as const;
  const garbage = Array.from({ length: 300 }, (_, i) => ({
    id: crypto.randomUUID(),
    type: types[i % 3] ?? '',
    data: { reason: 5 },
    metadata: {},
  }));
  await store.append(stream, 'no-stream', [newEvent(keyCreated()), ...garbage]);
  const events = await Array.fromAsync(store.readStream(stream));
  let statements = 0;
  const counting: Queryable = {
    query: () => {
      statements += 1;
      return Promise.resolve([]);
    },
  };
  for (const projection of [apiKeys, unreadableEvents, streamHeads]) await applyEvents(counting, projection, events);
  // The key’s own event, what can’t be read, and the end of the stream.
  expect(statements).toBe(3);
});
