import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, type Database } from '../../src/postgres/database.ts';
import { urlOfStarted } from './startedOnDemand.ts';
import { TEMPLATE } from './testCluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where to ask for the maintenance database of the test cluster, whose template holds the migrated schema. */
    clusterUrl: string;
  }
}

/** A database of one test file's own, cloned from the migrated template (or empty), dropped at the end. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly db: Database;
  /** Ends its connections, and keeps it for others to be cloned from. */
  asTemplate(): Promise<TestDatabaseTemplate>;
}

/** A database that nobody is connected to, dropped at the end. */
export interface TestDatabaseTemplate extends AsyncDisposable {
  readonly name: string;
}

/** In our own cluster, which does not sync its files, copying them is three times as fast as logging them. */
const STRATEGY = process.env['TEST_DATABASE_URL'] === undefined ? 'strategy file_copy' : '';

/** The maintenance database of the run's cluster, as its superuser. */
export function clusterUrl(): Promise<string> {
  return urlOfStarted(inject('clusterUrl'));
}

/** Clones the template. @param template the name of another database, which nobody is connected to */
export async function createTestDatabase({ template = TEMPLATE }: { template?: string } = {}): Promise<TestDatabase> {
  const cluster = await clusterUrl();
  const name = `t_${randomBytes(8).toString('hex')}`;
  await onCluster(cluster, `create database ${name} template ${template} ${STRATEGY}`);
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  const db = openDatabase({ url: url.href, applicationName: `test ${name}` });
  const drop = () => onCluster(cluster, `drop database if exists ${name} with (force)`);
  return {
    url: url.href,
    db,
    async asTemplate() {
      await db[Symbol.asyncDispose]();
      return { name, [Symbol.asyncDispose]: drop };
    },
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await drop();
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
