import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openConnection } from '../../src/postgres/connection.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { makeFolder, type TestFolder } from './folder.ts';
import { postmasterOf } from './processes.ts';
import { startUser } from './userProcess.ts';

/** What a user may have set for another database: libpq's variables (PostgreSQL documentation), and those of pg. */
const HOSTILE: Readonly<Record<string, string>> = {
  PGHOST: '/nowhere',
  PGHOSTADDR: '192.0.2.1',
  PGPORT: '1',
  PGDATABASE: 'nowhere',
  PGUSER: 'nobody',
  PGPASSWORD: 'wrong',
  PGPASSFILE: '/nowhere',
  PGSERVICE: 'nowhere',
  PGSERVICEFILE: '/nowhere',
  PGOPTIONS: '-c datestyle=German -c search_path=nowhere -c default_transaction_read_only=on -c statement_timeout=1ms',
  PGAPPNAME: 'another',
  PGSSLMODE: 'require',
  PGSSLNEGOTIATION: 'direct',
  PGSSLROOTCERT: '/nowhere',
  PGREQUIRESSL: '1',
  PGREQUIREAUTH: 'none',
  PGCHANNELBINDING: 'require',
  PGGSSENCMODE: 'require',
  PGTARGETSESSIONATTRS: 'standby',
  PGCONNECT_TIMEOUT: '1',
  PGCLIENTENCODING: 'LATIN1',
  PGCLIENT_ENCODING: 'LATIN1',
  PGREPLICATION: 'true',
  PGBINARY: '1',
  PGDATESTYLE: 'German',
  PGTZ: 'America/St_Johns',
  PGGEQO: 'off',
  PGDATA: '/nowhere',
  PGSYSCONFDIR: '/nowhere',
  PGLOCALEDIR: '/nowhere',
  PGCTLTIMEOUT: '0',
  NODE_PG_FORCE_NATIVE: '1',
  TZ: 'America/St_Johns',
  LC_ALL: 'tr_TR.UTF-8',
  LANG: 'de_DE.UTF-8',
  LD_BIND_NOW: '1',
};

const SESSION = `
  select current_user::text as role, current_database() as database, current_setting('datestyle') as style,
  current_setting('search_path') as path, current_setting('application_name') as name, now() as now,
  current_setting('client_encoding') as encoding, current_setting('default_transaction_read_only') as "readOnly"`;

let folder: TestFolder;
let embedded: EmbeddedPostgres;
beforeAll(async () => {
  folder = makeFolder();
  embedded = await openEmbeddedPostgres({ stateFolder: folder.path, logger: createLogger('silent') });
});
afterAll(async () => {
  await embedded[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe('the embedded server is reached', () => {
  test.each([...Object.keys(HOSTILE), 'everything'])(
    'with %s set for another one [embedded-environment]',
    async (name) => {
      for (const [variable, value] of Object.entries(HOSTILE))
        if ([variable, 'everything'].includes(name)) vi.stubEnv(variable, value);
      try {
        const { url } = embedded;
        await using db = openDatabase({ url, applicationName: 'test' });
        await using connection = await openConnection({ url, applicationName: 'test' });
        for (const queryable of [db, connection]) {
          const [row] = await queryable.query({ text: SESSION, values: [] });
          expect(row).toEqual({
            role: 'metamcp_owner',
            database: 'metamcp',
            style: 'ISO, MDY',
            path: 'public',
            name: 'test',
            now: expect.any(Date),
            encoding: 'UTF8',
            readOnly: 'off',
          });
        }
      } finally {
        vi.unstubAllEnvs();
      }
    },
  );
});

test('a first start, by a command of its own, needs nothing of its caller’s environment [embedded-environment]', async () => {
  using own = makeFolder();
  const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
  const env = { PATH: process.env['PATH'], METAMCP_HOME: own.path, XDG_CACHE_HOME: own.path, ...HOSTILE };
  const run = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, '--json'], { cwd: own.path, env });
    return JSON.parse(stdout);
  };
  expect(await run('keys', 'create', '--name', 'ü')).toMatchObject({ name: 'ü' });
  expect(await run('keys', 'list')).toMatchObject([{ name: 'ü' }]);
  expect(await run('audit', 'verify')).toMatchObject({ ok: true });
});

test('the server’s processes get nothing of their starter’s environment [embedded-environment]', async () => {
  using own = makeFolder();
  for (const [name, value] of Object.entries(HOSTILE)) vi.stubEnv(name, value);
  await using user = startUser(own.path);
  vi.unstubAllEnvs();
  await user.opened();
  const variables = readFileSync(`/proc/${String(postmasterOf(own.path))}/environ`, 'utf8').split('\0');
  const names = variables.map((variable) => variable.split('=')[0] ?? '').filter((name) => name !== '');
  expect(new Set(names).difference(new Set(['PATH', 'LC_ALL', 'TZ', 'PWD', 'OLDPWD', 'SHLVL', '_']))).toEqual(
    new Set(),
  );
  expect(variables).toContain('LC_ALL=C');
});
