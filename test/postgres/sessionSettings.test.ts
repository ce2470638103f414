import { randomBytes } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openConnection } from '../../src/postgres/connection.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { sql } from '../../src/postgres/sql.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { openStores } from '../../src/stores/stores.ts';
import { clusterUrl, createTestDatabase } from '../support/testDatabase.ts';

const context = { actor: 'system:test', correlationId: 'test', causationId: 'test' };

/** An empty database of a role that may do nothing else; statements run as the superuser, in that database. */
interface Tenant extends AsyncDisposable {
  readonly url: string;
  readonly role: string;
  readonly name: string;
  run(statement: string): Promise<object[]>;
}

async function createTenant(): Promise<Tenant> {
  const database = await createTestDatabase({ template: 'template0' });
  const run = (text: string): Promise<object[]> => database.db.query({ text, values: [] });
  const url = new URL(database.url);
  const name = url.pathname.slice(1);
  const role = `r_${randomBytes(6).toString('hex')}`;
  // The embedded server's URL sets a path of its own.
  url.searchParams.delete('options');
  url.username = role;
  url.password = randomBytes(12).toString('hex');
  await run(`create role ${role} login password '${url.password}'`);
  await run(`alter database ${name} owner to ${role}`);
  return {
    url: url.href,
    role,
    name,
    run,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await using cluster = openDatabase({ url: await clusterUrl(), applicationName: 'test' });
      await cluster.query({ text: `drop role ${role}`, values: [] });
    },
  };
}

/** Starts, appends, projects, and looks whether everything is as it should be. @returns the key */
async function work(url: string): Promise<string> {
  const secret = Buffer.alloc(32, 7).toString('base64');
  await using stores = await openStores({
    settings: readSettings({ env: { DATABASE_URL: url, JWT_SECRET: secret, ENCRYPTION_KEY: secret }, cwd: '/' }),
    logger: createLogger('silent'),
    applicationName: 'test',
  });
  const before = Date.now() - 5_000;
  const expiresAt = '2031-02-03T04:05:06.000Z';
  const made = await stores.keys.create(
    { name: 'back\\slash and ’quote’ ü', scopes: ['mcp'], grants: ['*'], expiresAt },
    context,
  );
  const key = await findKey(stores.db, made.id);
  expect(key).toMatchObject({ name: 'back\\slash and ’quote’ ü', expiresAt: new Date(expiresAt) });
  expect(key!.createdAt.getTime()).toBeGreaterThan(before);
  await stores.keys.inactivate(made.id, undefined, context);
  await stores.projections.rebuild({ acceptLoss: false });
  expect(await findKey(stores.db, made.id)).toMatchObject({ status: 'inactive' });
  expect(await stores.audit.verify()).toMatchObject({ ok: true });
  return made.id;
}

const settings: [string, string][] = [
  ['datestyle', 'German, DMY'],
  ['datestyle', 'SQL, MDY'],
  ['datestyle', 'Postgres'],
  ['intervalstyle', 'sql_standard'],
  ['timezone', 'America/St_Johns'],
  ['extra_float_digits', '-15'],
  ['bytea_output', 'escape'],
  ['standard_conforming_strings', 'off'],
  ['client_encoding', 'LATIN1'],
  ['array_nulls', 'off'],
  ['search_path', 'nowhere'],
  ['search_path', ''],
  ['search_path', 'pg_catalog'],
  ['default_transaction_isolation', 'serializable'],
  ['default_transaction_isolation', 'repeatable read'],
  ['default_transaction_read_only', 'on'],
  ['default_transaction_deferrable', 'on'],
  ['statement_timeout', '1ms'],
  ['lock_timeout', '1ms'],
  ['idle_in_transaction_session_timeout', '1ms'],
  ['idle_session_timeout', '200ms'],
  ['transaction_timeout', '200ms'],
  ['row_security', 'off'],
  ['synchronous_commit', 'off'],
  ['exit_on_error', 'on'],
  ['xmloption', 'document'],
  ['quote_all_identifiers', 'on'],
  ['transform_null_equals', 'on'],
  ['escape_string_warning', 'off'],
  ['backslash_quote', 'off'],
  ['client_min_messages', 'debug1'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['lc_numeric', 'C'],
];

describe('the product starts, appends, projects and answers right', () => {
  test.for(settings)('for a role with %s = %s [ops-session-settings]', async ([name, value], { skip }) => {
    await using tenant = await createTenant();
    // An older server of TEST_DATABASE_URL may not know it.
    if ((await tenant.run(`select from pg_settings where lower(name) = '${name}'`)).length === 0) skip();
    await tenant.run(`alter role ${tenant.role} set ${name} = '${value}'`);
    await work(tenant.url);
  });

  test.each(['database', 'PGOPTIONS', 'URL'])(
    'for everything at once, from the %s [ops-session-settings]',
    async (where) => {
      await using tenant = await createTenant();
      const known = await tenant.run(`select lower(name) as name from pg_settings where name <> 'lc_numeric'`);
      // With exit_on_error a time-out of a millisecond ends the connection, whatever a client does; alone each can be lifted.
      const last = Object.entries(Object.fromEntries(settings)).filter(
        ([name]) => name !== 'exit_on_error' && known.some((setting) => 'name' in setting && setting.name === name),
      );
      const options = last.map(([name, value]) => `-c ${name}=${value.replaceAll(' ', '\\ ')}`).join(' ');
      const url = new URL(tenant.url);
      if (where === 'database') {
        for (const [name, value] of last) await tenant.run(`alter database ${tenant.name} set ${name} = '${value}'`);
      } else if (where === 'URL') url.searchParams.set('options', options);
      else {
        url.searchParams.delete('options');
        vi.stubEnv('PGOPTIONS', options);
      }
      try {
        await work(url.href);
      } finally {
        vi.unstubAllEnvs();
      }
    },
  );

  test('in the schema that the role’s path names, and a schema of the role’s own name changes nothing later', async () => {
    await using tenant = await createTenant();
    await tenant.run(`create schema app authorization ${tenant.role}`);
    await tenant.run(`alter role ${tenant.role} set search_path = "$user", app, public`);
    const id = await work(tenant.url);
    await tenant.run(`create schema ${tenant.role} authorization ${tenant.role}`);
    await tenant.run(`create table ${tenant.role}.events (n integer)`);
    await using db = openDatabase({ url: tenant.url, applicationName: 'test' });
    expect(await findKey(db, id)).toMatchObject({ id });
    await work(tenant.url);
    expect(await tenant.run(`select schemaname from pg_tables where tablename = 'vault_keys'`)).toEqual([
      { schemaname: 'app' },
    ]);
  });
});

test('a connection that listens has them, too, and one that is idle for long stays', async () => {
  await using tenant = await createTenant();
  await tenant.run(`alter role ${tenant.role} set idle_session_timeout = '50ms'`);
  await tenant.run(`alter role ${tenant.role} set datestyle = 'German'`);
  await using connection = await openConnection({ url: tenant.url, applicationName: 'test' });
  const [row] = await connection.query<{ style: string | null; idle: string | null }>(
    sql`select current_setting('datestyle') as style, current_setting('idle_session_timeout') as idle`,
  );
  expect(row).toEqual({ style: 'ISO, MDY', idle: '0' });
});

test('what is acknowledged is on disk, and a stricter promise of the administrator’s stays', async () => {
  await using tenant = await createTenant();
  for (const [set, used] of [
    ['off', 'on'],
    ['local', 'local'],
    ['remote_apply', 'remote_apply'],
  ]) {
    await tenant.run(`alter role ${tenant.role} set synchronous_commit = ${set}`);
    await using db = openDatabase({ url: tenant.url, applicationName: 'test' });
    const [row] = await db.query<{ used: string | null }>(sql`select current_setting('synchronous_commit') as used`);
    expect(row).toEqual({ used });
  }
});
