import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { migrate } from '../../src/postgres/migrate.ts';
import { superuserUrl } from '../support/testCluster.ts';
import { makeFolder, type TestFolder } from './folder.ts';
import { sqlAt } from './sqlAt.ts';

describe('the roles', () => {
  let opened: AsyncDisposableStack;
  let folder: TestFolder;
  let gateway: EmbeddedPostgres;
  let command: EmbeddedPostgres;
  beforeAll(async () => {
    opened = new AsyncDisposableStack();
    folder = opened.use(makeFolder());
    const options = { stateFolder: folder.path, logger: createLogger('silent') };
    gateway = opened.use(await openEmbeddedPostgres(options));
    command = opened.use(await openEmbeddedPostgres({ ...options, administrator: true }));
    await using db = openDatabase({ url: command.url, applicationName: 'test' });
    await migrate(db);
  });
  afterAll(() => opened.disposeAsync());

  test('of gateways and commands have no right beyond the database’s own [embedded-roles]', async () => {
    for (const { url } of [gateway, command]) {
      const rights = await sqlAt(
        url,
        `select current_user::text as role, bool_or(rolsuper) as super, bool_or(rolcreaterole or rolcreatedb or rolreplication
           or rolbypassrls) as any from pg_roles where rolname in (current_user, session_user)`,
      );
      expect(rights).toEqual([{ role: 'metamcp_owner', super: false, any: false }]);
      for (const refused of [
        `copy (select 1) to program 'true'`,
        `select pg_read_file('PG_VERSION')`,
        `create role another`,
        `alter role metamcp password 'x'`,
        `set role metamcp`,
        `alter system set fsync = off`,
        `select rolpassword from pg_authid`,
      ])
        await expect(sqlAt(url, refused)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('share what either makes: everything is the owner’s [embedded-roles]', async () => {
    const owners = await sqlAt(
      gateway.url,
      `select distinct relowner::regrole::text as owner from pg_class where relnamespace = 'public'::regnamespace
       union select distinct proowner::regrole::text from pg_proc where pronamespace = 'public'::regnamespace
       union select datdba::regrole::text from pg_database where datname = 'metamcp'`,
    );
    expect(owners).toEqual([{ owner: 'metamcp_owner' }]);
    await sqlAt(command.url, 'create table made_by_command as select 1 as n');
    await sqlAt(gateway.url, 'alter table made_by_command add column m integer');
    await sqlAt(gateway.url, 'create schema beside');
    await sqlAt(command.url, 'drop schema beside; drop table made_by_command');
  });

  test('leave connections to commands when gateways have taken all that they get [embedded-roles]', async () => {
    const taken: pg.Client[] = [];
    try {
      const full = (async () => {
        for (;;) {
          const client = new pg.Client({ connectionString: gateway.url });
          taken.push(client);
          await client.connect();
        }
      })();
      await expect(full).rejects.toMatchObject({ code: '53300' });
      expect(taken.length).toBeGreaterThan(80);
      // As many as a command with a terminal UI uses.
      const commands = Array.from({ length: 9 }, () => sqlAt(command.url, 'select 1 as one'));
      expect(await Promise.all(commands)).toEqual(Array.from({ length: 9 }, () => [{ one: 1 }]));
      expect(await sqlAt(superuserUrl(folder.path), 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      await Promise.all(taken.map((client) => client.end().catch(() => undefined)));
    }
  });
});
