import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { Unavailable } from '../../src/errors/appError.ts';
import type { EventStore } from '../../src/events/eventStore.ts';
import { openMemoryStore } from '../../src/events/memoryStore.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { openStores } from '../../src/stores/stores.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

const context = { actor: 'system:test', correlationId: 'test', causationId: 'test' };

test('a key whose stream somebody keeps us from reading can be revoked all the same [events-retired]', async () => {
  await using database = await createTestDatabase();
  const memory = openMemoryStore();
  let denied = '';
  const events: EventStore = {
    ...memory,
    readStream(stream, options) {
      if (stream !== denied) return memory.readStream(stream, options);
      throw new Unavailable('event-store-access-denied', 'EventStoreDB refuses reading the stream.');
    },
  };
  const env = {
    DATABASE_URL: database.url,
    JWT_SECRET: randomBytes(32).toString('base64'),
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  const logger = createLogger('silent');
  await using stores = await openStores({
    settings: readSettings({ env, cwd: '/' }),
    logger,
    applicationName: 'test',
    events,
  });
  const { id } = await stores.keys.create({ name: 'k', scopes: ['mcp'], grants: ['*'] }, context);
  denied = `apiKey-${id}`;
  expect(await stores.keys.inactivate(id, 'lost', context)).toMatchObject({ changed: true, retired: true });
  expect(await findKey(database.db, id)).toMatchObject({ fault: 'retired' });
});
