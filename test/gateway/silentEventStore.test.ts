import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEventStoreDb } from '../../src/events/eventStoreDb.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { startCli } from '../support/cliProcess.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

// A host that accepts connections and says nothing, as one whose server is frozen, in the place of an EventStoreDB.

async function openSilentHost() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.resume();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Connections that are open. */
    sockets,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

describe.concurrent('an event store that accepts connections and says nothing', () => {
  const opened = new AsyncDisposableStack();
  let host: string;
  let cli: InProcessCli;
  beforeAll(async () => {
    host = opened.use(await openSilentHost()).host;
    const database = opened.use(await createTestDatabase());
    cli = opened.use(await openInProcessCli(database.url));
  });
  afterAll(() => opened.disposeAsync());

  const TRANSPORTS = ['tls=true', 'tls=false'];

  test.each(TRANSPORTS)('lets a command end, with the reason (%s) [ops-ends]', async (transport) => {
    const settings = { ...cli.env, EVENT_STORE_URL: `esdb://${host}?${transport}` };
    expect(await startCli(['keys', 'list'], settings, cli.folder).ended).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*does not answer.*\n$/),
    });
  });

  test.each(TRANSPORTS)('lets a gateway end that is stopped (%s) [ops-ends]', async (transport) => {
    const env = { ...cli.env, EVENT_STORE_URL: `esdb://${host}?${transport}` };
    const gateway = await startGatewayProcess({ home: cli.folder, env });
    gateway.kill('SIGTERM');
    expect(await gateway.exited).toEqual([0, null]);
  });

  test.each(TRANSPORTS)('is left with no connection by who gives up (%s) [ops-ends]', async (transport) => {
    await using silent = await openSilentHost();
    const url = `esdb://${silent.host}?${transport}`;
    await using store = openEventStoreDb({ url, streams: [], logger: createLogger('silent'), retryForMs: 0 });
    const failing = expect(store.end()).rejects.toMatchObject({ code: 'event-store-unavailable' });
    await expect.poll(() => silent.sockets.size).toBe(1);
    await failing;
    await expect.poll(() => silent.sockets.size).toBe(0);
  });

  test('is one node of a cluster whose leader answers: a command does its work and ends [ops-ends]', async () => {
    await using server = await openWireServer();
    const settings = { ...cli.env, EVENT_STORE_URL: server.url.replace('?', `,${host}?`) };
    expect(await startCli(['keys', 'list'], settings, cli.folder).ended).toMatchObject({ code: 0, stderr: '' });
  });
});
