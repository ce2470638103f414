import { expect, it } from 'vitest';
import { call } from '../proxy/client.ts';
import { echoJson, openUpstream } from '../proxy/upstream.ts';
import { openWireServer } from '../support/eventStoreDb/wireServer.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { startTestGateway } from '../support/testGateway.ts';
import { scrape, sum } from './scrape.ts';

const PATIENT = { timeout: 60_000 };

it('while a store is away metrics are answered, and show which one is [ops-metrics-outage]', async () => {
  await using database = await createTestDatabase();
  await using postgres = await openTcpProxy(database.url);
  await using wire = await openWireServer();
  await using eventStore = await openTcpProxy(wire.url);
  await using upstream = await openUpstream(echoJson);
  const env = { METRICS_PORT: '0', DATABASE_URL: postgres.url, EVENT_STORE_URL: eventStore.url };
  await using gateway = await startTestGateway({ env });
  await gateway.addServer('files', upstream.url);
  const { apiKey } = await gateway.createKey();
  const ping = () =>
    call(gateway, 'files', { jsonrpc: '2.0', id: 1, method: 'ping' }, { authorization: `Bearer ${apiKey}` });
  await ping();
  const now = async () => {
    const found = await scrape(gateway.metricsUrl);
    return {
      calls: sum(found, 'metamcp_calls_total', 'server="files"', 'status="200"'),
      lag: [...found.keys()].some((series) => series.startsWith('metamcp_projection_lag_seconds')),
      keys: [...found.keys()].some((series) => series.startsWith('metamcp_keys_expiring')),
      eventStore: sum(found, 'metamcp_part_up', 'part="event_store"'),
      database: sum(found, 'metamcp_part_up', 'part="database"'),
      trusted: sum(found, 'metamcp_memory_trusted'),
      answers: sum(found, 'metamcp_store_answers'),
    };
  };
  const well = { calls: 1, lag: true, keys: true, eventStore: 1, database: 1, trusted: 1, answers: 1 };
  await expect.poll(now, PATIENT).toEqual(well);

  await eventStore.stop();
  await ping();
  await expect.poll(now, PATIENT).toEqual({ ...well, calls: 2, lag: false, eventStore: 0, answers: 0 });

  await postgres.stop();
  await expect
    .poll(now, PATIENT)
    .toEqual({ calls: 2, lag: false, keys: false, eventStore: 0, database: 0, trusted: 0, answers: 0 });

  await postgres.start();
  await eventStore.start();
  await expect.poll(now, PATIENT).toEqual({ ...well, calls: 2 });
});
