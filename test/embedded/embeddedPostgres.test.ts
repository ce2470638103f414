import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { superuserUrl } from '../support/testCluster.ts';
import { makeFolder, type TestFolder } from './folder.ts';
import { parentOf, postmasterOf, serversOf } from './processes.ts';
import { sqlAt } from './sqlAt.ts';
import { startUser, type Account } from './userProcess.ts';

const logger = createLogger('silent');
const root = process.getuid?.() === 0;
const nobody: Account = { uid: 65_534, gid: 65_534 };
// In a clone that only root may enter, nobody else can run it.
const others = root && spawnSync(process.execPath, ['--version'], { ...nobody, cwd: '/' }).status === 0 ? [nobody] : [];
const accounts: [string, Account | undefined][] = [
  [root ? 'root' : 'an ordinary user', undefined],
  ...others.map((account): [string, Account] => ['an ordinary user', account]),
];

describe.each(accounts)('as %s', (_name, account) => {
  test('the first start makes the cluster, a second process joins it and outlives the first [embedded-shared] [embedded-any-account]', async () => {
    using folder = makeFolder(undefined, account);
    await using first = startUser(folder.path, { account });
    const { url } = await first.opened();
    await sqlAt(url, 'create table kept as select 7 as n');
    const postmaster = postmasterOf(folder.path);

    await using second = startUser(folder.path, { account });
    expect((await second.opened()).url).toBe(url);
    await first.leave();
    expect(await sqlAt(url, 'select n from kept')).toEqual([{ n: 7 }]);
    expect(postmasterOf(folder.path)).toBe(postmaster);

    await second.leave();
    expect(serversOf(folder.path)).toEqual([]);
  });

  test('a second start finds the data and the passwords of the first [embedded-durable]', async () => {
    using folder = makeFolder(undefined, account);
    const urls: string[] = [];
    for (const statement of ['create table kept as select 7 as n', 'select n from kept']) {
      await using user = startUser(folder.path, { account });
      const { url } = await user.opened();
      await sqlAt(url, statement);
      await user.leave();
      urls.push(url);
    }
    expect(urls[1]).toBe(urls[0]);
  });

  test('secrets and data are for their owner only [embedded-private]', async () => {
    using folder = makeFolder(undefined, account);
    const state = join(folder.path, 'state');
    await using user = startUser(state, { account });
    await user.opened();
    const mode = (name: string): string => (statSync(join(state, name)).mode & 0o777).toString(8);
    expect(mode('.')).toBe(root && account === undefined ? '711' : '700');
    const files = ['postgres.json', 'postgres.log', 'postgres.lock', 'postgres', 'postgres.socket'];
    expect(files.map(mode)).toEqual(['600', '600', '600', '700', '700']);
    expect(mode('postgres.socket/.s.PGSQL.5432')).toBe('700');
    await user.leave();
  });
});

describe('the server', () => {
  let folder: TestFolder;
  let embedded: EmbeddedPostgres;
  beforeAll(async () => {
    folder = makeFolder();
    embedded = await openEmbeddedPostgres({ stateFolder: folder.path, logger });
  });
  afterAll(async () => {
    await embedded[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test('is durable, UTF-8, and asks for a SCRAM password at its socket only [embedded-private] [embedded-durable]', async () => {
    const [row] = await sqlAt(
      superuserUrl(folder.path),
      `select system_user, current_database() as database, getdatabaseencoding() as encoding,
            datlocprovider as provider, datlocale as locale, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as commit, current_setting('full_page_writes') as pages,
            current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
            current_setting('max_connections') as connections
       from pg_database where datname = current_database()`,
    );
    expect(row).toEqual({
      system_user: 'scram-sha-256:metamcp',
      database: 'metamcp',
      encoding: 'UTF8',
      provider: 'b',
      locale: 'C.UTF-8',
      fsync: 'on',
      commit: 'on',
      pages: 'on',
      addresses: '',
      sockets: `"${folder.path}/postgres.socket"`,
      connections: '100',
    });
    expect(tcpSocketsOf(postmasterOf(folder.path))).toEqual([]);
    const methods = await sqlAt(
      superuserUrl(folder.path),
      'select distinct auth_method as method from pg_hba_file_rules',
    );
    expect(methods).toEqual([{ method: 'scram-sha-256' }]);
  });

  test('rejects a wrong password and an unknown user [embedded-private]', async () => {
    const wrong = new URL(embedded.url);
    wrong.password = 'wrong';
    await expect(sqlAt(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    wrong.username = 'postgres';
    await expect(sqlAt(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('has a keeper in a session of its own, so that Ctrl-C does not reach it', async () => {
    const keeper = parentOf(postmasterOf(folder.path));
    const stat = readFileSync(`/proc/${String(keeper)}/stat`, 'utf8');
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([group, session]).toEqual([String(keeper), String(keeper)]);
  });
});

test('ten processes that open an empty folder at the same moment share one server [embedded-shared]', async () => {
  using folder = makeFolder();
  const users = Array.from({ length: 10 }, () => startUser(folder.path));
  try {
    const urls = await Promise.all(users.map(async (user) => (await user.opened()).url));
    expect(new Set(urls).size).toBe(1);
    await Promise.all(users.map((user) => user.leave()));
    expect(serversOf(folder.path)).toEqual([]);
  } finally {
    await Promise.all(users.map((user) => user[Symbol.asyncDispose]()));
  }
});

test('one process may open it several times', async () => {
  using folder = makeFolder();
  const open = (): ReturnType<typeof openEmbeddedPostgres> =>
    openEmbeddedPostgres({ stateFolder: folder.path, logger });
  const [first, second] = await Promise.all([open(), open()]);
  await first[Symbol.asyncDispose]();
  expect(await sqlAt(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await second[Symbol.asyncDispose]();
  expect(serversOf(folder.path)).toEqual([]);
});

test('opening and leaving by turns without a pause never leaves anyone without a server', async () => {
  using folder = makeFolder();
  await using _warm = await openEmbeddedPostgres({ stateFolder: folder.path, logger });
  await _warm[Symbol.asyncDispose]();
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 15; turn += 1) {
      const embedded = await openEmbeddedPostgres({ stateFolder: folder.path, logger });
      expect(await sqlAt(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await embedded[Symbol.asyncDispose]();
    }
  };
  await Promise.all([turns(), turns(), turns()]);
  expect(serversOf(folder.path)).toEqual([]);
});

/** Looks a process's sockets up in the kernel's tables of TCP sockets. */
function tcpSocketsOf(pid: number): string[] {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((table) => readFileSync(table, 'utf8')).join('\n');
  return readdirSync(`/proc/${String(pid)}/fd`).filter((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${String(pid)}/fd/${fd}`))?.[1];
    return inode !== undefined && new RegExp(`\\s${inode}\\s`).test(tables);
  });
}
