import type { TestProject } from 'vitest/node';
import { shareEventStoreServer } from './sharedEventStoreServer.ts';
import { openTestCluster } from './testCluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The maintenance database of the test cluster; its template holds the migrated schema. */
    clusterUrl: string;
  }
}

/**
 * One Postgres for the whole run: the embedded one, or `TEST_DATABASE_URL`. Each test file clones the migrated template.
 * And one real EventStoreDB, where `TEST_EVENT_STORE_SERVER` names a command that starts one.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await openTestCluster();
  project.provide('clusterUrl', cluster.url);
  const eventStore = await shareEventStoreServer();
  project.provide('eventStoreServerUrl', eventStore.url);
  return async () => {
    await eventStore[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  };
}
