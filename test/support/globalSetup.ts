import type { TestProject } from 'vitest/node';
import { shareEventStoreServer } from './sharedEventStoreServer.ts';
import { startOnDemand } from './startedOnDemand.ts';
import { openTestCluster } from './testCluster.ts';

/**
 * One Postgres for the whole run: the embedded one, or `TEST_DATABASE_URL`. Each test file clones the migrated template.
 * And one real EventStoreDB, where `TEST_EVENT_STORE_SERVER` names a command that starts one. Each starts when a test asks.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startOnDemand(openTestCluster);
  project.provide('clusterUrl', cluster.url);
  const eventStore = await shareEventStoreServer();
  project.provide('eventStoreServerUrl', eventStore.url);
  return async () => {
    await eventStore[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  };
}
