import { persistentSubscriptionToStreamSettingsFromDefaults } from '@eventstore/db-client';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { collect, openClient, type TestClient } from '../support/eventStoreDb/testClient.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';

let server: WireServer;
let client: TestClient;
beforeAll(async () => {
  server = await openWireServer();
  client = openClient(server.url);
});
afterAll(async () => {
  await client[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

test.each<[string, (client: TestClient) => Promise<unknown>]>([
  [
    'PersistentSubscriptions/Create',
    (c) => c.createPersistentSubscriptionToStream('s', 'g', persistentSubscriptionToStreamSettingsFromDefaults()),
  ],
  ['PersistentSubscriptions/Read', (c) => collect(c.subscribeToPersistentSubscriptionToStream('s', 'g'))],
  ['Projections/Create', (c) => c.createProjection('p', 'fromAll()')],
  ['Projections/Statistics', (c) => c.listProjections()],
])('%s is not implemented, and says so', async (method, act) => {
  await expect(act(client)).rejects.toThrow(new RegExp(`UNIMPLEMENTED.*${method}`));
});
