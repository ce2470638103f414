import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { TEMPLATE } from './testCluster.ts';

/** A database of one test file's own, cloned from the migrated template (or empty), dropped at the end. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly db: Database;
}

export async function createTestDatabase({ template = TEMPLATE }: { template?: string } = {}): Promise<TestDatabase> {
  const clusterUrl = inject('clusterUrl');
  const name = `t_${randomBytes(8).toString('hex')}`;
  await onCluster(clusterUrl, `create database ${name} template ${template}`);
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  const db = openDatabase({ url: url.href, applicationName: `test ${name}` });
  return {
    url: url.href,
    db,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await onCluster(clusterUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function onCluster(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
