import { afterAll, beforeAll, describe, test } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { expectNoneLost, type UnderFault } from '../contract/eventStoreFaults.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';

// What the event store promises while a real server dies and hangs. (The contract cuts connections; of three nodes:
// eventStoreDbElections.test.ts.)

const logger = createLogger('silent');
const TIMEOUT_MS = 240_000;

type Strike = (server: EventStoreServer, under: UnderFault) => Promise<void>;

const ON_DISK: readonly [string, Strike][] = [
  [
    'kill -9',
    async (server) => {
      await server.kill();
      await server.start();
    },
  ],
  [
    'a restart',
    async (server) => {
      await server.stop();
      await server.start();
    },
  ],
  [
    'a server that hangs',
    async (server, under) => {
      server.freeze();
      await under.fails();
      server.thaw();
    },
  ],
];

describe.skipIf(realServerCommand() === undefined)('with TEST_EVENT_STORE_SERVER, a server on disk and', () => {
  let server: EventStoreServer;
  beforeAll(async () => {
    server = await startEventStoreServer({ storage: 'disk' });
  }, TIMEOUT_MS);
  afterAll(() => server[Symbol.asyncDispose]());

  /** Gives up soon what a server that hangs does not answer. */
  const open = () => openEventStoreDb({ url: server.url, streams: ['contract-'], logger, appendDeadlineMs: 2_000 });

  test.each(ON_DISK)(
    '%s: all that is acknowledged is there once [events-acknowledged-kept] [events-retry-once]',
    async (_what, strike) => {
      await expectNoneLost({ open }, { strikes: 2, strike: (under) => strike(server, under) });
    },
    TIMEOUT_MS,
  );
});
