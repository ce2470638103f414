import type { TestProject } from 'vitest/node';
import { openTestCluster } from './testCluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The maintenance database of the test cluster; its template holds the migrated schema. */
    clusterUrl: string;
  }
}

/** One Postgres for the whole run: the embedded one, or `TEST_DATABASE_URL`. Each test file clones the migrated template. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await openTestCluster();
  project.provide('clusterUrl', cluster.url);
  return async () => {
    await cluster[Symbol.asyncDispose]();
  };
}
