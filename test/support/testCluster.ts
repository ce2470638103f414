import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { databaseUrl, readCredentials } from '../../src/embedded/credentials.ts';
import { openEmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { statePaths } from '../../src/embedded/stateFolder.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { memoryFolder } from './memoryFolder.ts';

/** The database that holds the migrated schema; each test file clones it. */
export const TEMPLATE = process.env['METAMCP_TEST_TEMPLATE'] ?? 'metamcp_template';

/** Opens the Postgres of a test run with a freshly migrated template database in it. */
export async function openTestCluster(): Promise<AsyncDisposable & { readonly url: string }> {
  const given = process.env['TEST_DATABASE_URL'];
  if (given !== undefined) {
    await makeTemplate(given);
    return { url: given, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const stateFolder = await mkdtemp(join(memoryFolder(), 'metamcp-test-'));
  // As root, Postgres runs as another user, who must be able to enter.
  await chmod(stateFolder, 0o755);
  const embedded = await openEmbeddedPostgres({ stateFolder, logger: createLogger('warn') });
  const url = superuserUrl(stateFolder);
  await withoutSync(url);
  await makeTemplate(url);
  return {
    url,
    async [Symbol.asyncDispose]() {
      await embedded[Symbol.asyncDispose]();
      await rm(stateFolder, { recursive: true, force: true });
    },
  };
}

/** Tests make databases and roles, which the product's own roles may not. @throws when postgres.json is missing */
export function superuserUrl(stateFolder: string): string {
  const credentials = readCredentials(statePaths(stateFolder).credentials);
  if (credentials === undefined) throw new Error(`${stateFolder} has no credentials`);
  return databaseUrl(credentials, 'metamcp');
}

/** Nobody needs these databases after a power cut, and dropping one takes 20 ms instead of 600. */
async function withoutSync(clusterUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    for (const name of ['fsync', 'full_page_writes']) {
      await client.query(`alter system set ${name} = off`);
    }
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}

async function makeTemplate(clusterUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    await client.query(`drop database if exists ${TEMPLATE} with (force)`);
    await client.query(`create database ${TEMPLATE}`);
  } finally {
    await client.end();
  }
  const url = new URL(clusterUrl);
  url.pathname = `/${TEMPLATE}`;
  await using db = openDatabase({ url: url.href, applicationName: 'test template' });
  await migrate(db);
}
