import { readFileSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { openEmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { statePaths } from '../../src/embedded/stateFolder.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { findKey } from '../../src/projections/tables/apiKeys.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { superuserUrl } from '../support/testCluster.ts';
import { makeFolder } from './folder.ts';
import { startOlderServer } from './olderFolder.ts';
import { sqlAt } from './sqlAt.ts';

const context = { actor: 'system:test', correlationId: 'test', causationId: 'test' };
const logger = createLogger('silent');

const secret = Buffer.alloc(32, 7).toString('base64');
const open = (home: string, databaseUrl?: string): Promise<Stores> => {
  const secrets = { JWT_SECRET: secret, ENCRYPTION_KEY: secret };
  const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const settings = readSettings({ env: { METAMCP_HOME: home, ...secrets, ...database }, cwd: '/' });
  return openStores({ settings, logger, applicationName: 'test' });
};

/** What stands in a superuser's database besides tables: views, sequences, routines, types, schemas. */
const EXTRAS = `
  create schema of_an_administrator;
  create table of_an_administrator.notes (id serial primary key, "A b" text);
  create view key_names as select name from api_keys;
  create materialized view key_count as select count(*) from api_keys;
  create sequence numbers;
  create type mood as enum ('good'); create type pair as (a int, b int); create domain short as varchar(3);
  create procedure nothing() language sql as 'select 1'`;

test('a state folder of a version that listened on TCP keeps its data, and its superuser is not used any more [embedded-upgraded]', async () => {
  using folder = makeFolder();
  const older = await startOlderServer(folder.path);
  let id: string;
  {
    await using before = await open(folder.path, older.url);
    ({ id } = await before.keys.create({ name: 'kept', scopes: ['mcp'], grants: ['*'] }, context));
    await before.db.query({ text: EXTRAS, values: [] });
  }
  // While the older gateway runs, no process joins it half-way.
  await expect(openEmbeddedPostgres({ stateFolder: folder.path, logger })).rejects.toMatchObject({
    code: 'embedded-postgres-failed',
    message: expect.stringContaining('older version'),
  });
  await older[Symbol.asyncDispose]();

  for (const round of ['upgraded', 'started again']) {
    await using stores = await open(folder.path);
    expect(await findKey(stores.db, id), round).toMatchObject({ name: 'kept' });
    const created = await stores.keys.create({ name: round, scopes: ['mcp'], grants: ['*'] }, context);
    expect(await findKey(stores.db, created.id)).toMatchObject({ name: round });
    await stores.projections.rebuild({ acceptLoss: false });
    expect(await stores.audit.verify()).toMatchObject({ ok: true });
    const owned = await sqlAt(
      stores.db.url,
      `select current_user::text as role, (select count(*)::int from pg_shdepend where dbid = (select oid from pg_database
         where datname = 'metamcp') and refobjid = 'metamcp'::regrole) as left,
         (select count(*)::int from pg_class where relowner = 10 and oid >= 16384) +
         (select count(*)::int from pg_proc where proowner = 10 and oid >= 16384) +
         (select count(*)::int from pg_type where typowner = 10 and oid >= 16384) +
         (select count(*)::int from pg_namespace where nspowner = 10 and nspname !~ '^pg_' and oid >= 16384) as superusers`,
    );
    expect(owned).toEqual([{ role: 'metamcp_owner', left: 0, superusers: 0 }]);
    // The old password, which may be known to others, opens nothing.
    const url = new URL(superuserUrl(folder.path));
    url.password = older.password;
    await expect(sqlAt(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await sqlAt(stores.db.url, `insert into of_an_administrator.notes ("A b") values ('x')`);
  }
  expect(readFileSync(statePaths(folder.path).credentials, 'utf8')).not.toContain(older.password);
});

test('an upgrade that was cut short is made whole by the next start [embedded-upgraded]', async () => {
  using folder = makeFolder();
  const older = await startOlderServer(folder.path);
  await sqlAt(older.url, 'create table kept as select 7 as n');
  // As after the roles were made and nothing else.
  await sqlAt(older.url, 'create role metamcp_owner; create role metamcp_cli superuser');
  // A temporary table that the end of its session does not remove.
  const client = new pg.Client({ connectionString: older.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('create temporary table left_behind (n serial)');
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(rows[0]!.pid, 'SIGKILL');
  await older[Symbol.asyncDispose]();
  await using embedded = await openEmbeddedPostgres({ stateFolder: folder.path, logger, administrator: true });
  expect(await sqlAt(embedded.url, 'select n from kept')).toEqual([{ n: 7 }]);
  const roles = await sqlAt(embedded.url, `select rolname from pg_roles where rolsuper`);
  expect(roles).toEqual([{ rolname: 'metamcp' }]);
});
