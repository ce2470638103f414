import { randomBytes } from 'node:crypto';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logger.ts';
import { eventStoreContract } from '../contract/eventStore.ts';
import { startWireServerProcess } from '../support/eventStoreDb/wireServerProcess.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';

const logger = createLogger('silent');
const real = process.env['TEST_EVENT_STORE_URL'];

eventStoreContract(
  real === undefined ? 'EventStoreDB, on the wire server' : 'EventStoreDB, on a real server',
  async () => {
    // A real server is shared, and nothing is deleted in it.
    const streamPrefix = `t${randomBytes(6).toString('hex')}-`;
    const open = (url: string) => openEventStoreDb({ url, streamPrefix, streams: ['contract-'], logger });
    if (real !== undefined) return { open: () => open(real), [Symbol.asyncDispose]: () => Promise.resolve() };
    const server = await startWireServerProcess('--system-traffic');
    const proxy = await openTcpProxy(server.url);
    return {
      open: () => open(proxy.url),
      async cut() {
        proxy.cut();
      },
      async [Symbol.asyncDispose]() {
        await proxy[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  },
  { findsTakenIds: false, countsConnections: true },
);
