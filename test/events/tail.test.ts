import { expect, test } from 'vitest';
import { Tail } from '../../src/events/postgres/tail.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openConnection, type Connection } from '../../src/postgres/connection.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

test.each(['connects', 'listens'] as const)('a tail that is disposed of while it %s ends', async (moment) => {
  await using database = await createTestDatabase();
  const ended = Promise.withResolvers<string>();
  const dispose = (): void => {
    ended.resolve(tail[Symbol.asyncDispose]().then(() => 'ended'));
  };
  const tail = new Tail({
    logger: createLogger('silent'),
    pollMs: 3_600_000,
    connect: async (ring) => {
      if (moment === 'connects') dispose();
      const connection = await openConnection({
        url: database.url,
        applicationName: 'test tail',
        onNotification: ring,
      });
      return moment === 'listens' ? whenListening(connection, dispose) : connection;
    },
  });
  tail.start();
  expect(await ended.promise).toBe('ended');
});

/** The same connection, which tells when it is about to listen. */
function whenListening(connection: Connection, tell: () => void): Connection {
  return {
    get open() {
      return connection.open;
    },
    closed: connection.closed,
    query: (statement) => connection.query(statement),
    async listen(channel) {
      tell();
      await connection.listen(channel);
    },
    destroy() {
      connection.destroy();
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}
