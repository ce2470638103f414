import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { eventStoreContract } from '../contract/eventStore.ts';
import type { EventStoreFixture } from '../contract/eventStoreFixture.ts';
import { startWireServerProcess } from '../support/eventStoreDb/wireServerProcess.ts';
import { realServerCommand, startEventStoreServer, type EventStoreServer } from '../support/eventStoreServer.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';

const logger = createLogger('silent');
const hasRealServer = realServerCommand() !== undefined;

/** A store of streams of its own on a server, whose connections are cut on demand. */
async function fixtureOn(server: { readonly url: string } & Partial<AsyncDisposable>): Promise<EventStoreFixture> {
  // A real server is shared, and nothing is deleted in it.
  const streamPrefix = `t${randomBytes(6).toString('hex')}-`;
  const proxy = await openTcpProxy(server.url);
  return {
    open: () => openEventStoreDb({ url: proxy.url, streamPrefix, streams: ['contract-'], logger }),
    async cut() {
      proxy.cut();
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]?.();
    },
  };
}

const traits = { findsTakenIds: false, countsConnections: true };

eventStoreContract(
  'EventStoreDB, on the wire server',
  async () => fixtureOn(await startWireServerProcess('--system-traffic')),
  traits,
);

// On disk and over TLS: all that a server in memory does, and more. (Gateways and the CLI are tested on one in memory.)
describe.skipIf(!hasRealServer)('with TEST_EVENT_STORE_SERVER', () => {
  let server: EventStoreServer;
  beforeAll(async () => {
    server = await startEventStoreServer({ storage: 'disk', tls: true });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  eventStoreContract('EventStoreDB, on disk over TLS', () => fixtureOn({ url: server.url }), traits);
});
