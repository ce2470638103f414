import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { copyFolder, makeFolder, type TestFolder } from './folder.ts';
import { until } from '../support/until.ts';
import { hasFollowed, leaseReaderOf, parentOf, postmasterOf, serversOf } from './processes.ts';
import { sqlAt } from './sqlAt.ts';
import { startUser } from './userProcess.ts';

let template: TestFolder;
let folder: TestFolder;
beforeAll(async () => {
  template = makeFolder();
  await using _embedded = await openEmbeddedPostgres({ stateFolder: template.path, logger: createLogger('silent') });
});
beforeEach(() => {
  folder = copyFolder(template);
});
afterAll(() => {
  template[Symbol.dispose]();
});
afterEach(() => {
  folder[Symbol.dispose]();
});

const open = (): Promise<EmbeddedPostgres> =>
  openEmbeddedPostgres({ stateFolder: folder.path, logger: createLogger('silent') });
const noServerIsLeft = (): Promise<void> => until('no server is left', () => serversOf(folder.path).length === 0);

test('the server outlives a killed starter while another process uses it [embedded-shared]', async () => {
  await using starter = startUser(folder.path);
  const { url } = await starter.opened();
  const postmaster = postmasterOf(folder.path);
  await using other = await open();
  await starter.kill();
  await sqlAt(url, 'create table kept as select 1');
  expect([other.url, postmasterOf(folder.path)]).toEqual([url, postmaster]);
});

test('the kill of the last user stops the server [embedded-no-orphan]', async () => {
  await using user = startUser(folder.path);
  await user.opened();
  await user.kill();
  await noServerIsLeft();
});

test('a killed postmaster comes back at the same socket with everything committed, and pools reconnect [embedded-recovers]', async () => {
  await using embedded = await open();
  await using other = startUser(folder.path);
  await other.opened();
  const pool = new pg.Pool({ connectionString: embedded.url });
  pool.on('error', () => undefined);
  try {
    await pool.query('create table written (n int primary key)');
    for (let n = 0; n < 20; n += 1) await pool.query('insert into written values ($1)', [n]);
    const killed = postmasterOf(folder.path);
    process.kill(killed, 'SIGKILL');
    await until('another postmaster has followed', () => hasFollowed(folder.path, killed));
    await until('the pool reads again', () =>
      pool.query('select count(*)::int as n from written').then(
        ({ rows: [row] }: { rows: { n: number }[] }) => row?.n === 20,
        () => false,
      ),
    );
  } finally {
    await pool.end();
  }
  await embedded[Symbol.asyncDispose]();
  // The other process has joined the new server too: it still serves, and its end stops it.
  expect(await sqlAt(embedded.url, 'select count(*)::int as n from written')).toEqual([{ n: 20 }]);
  await other.leave();
  expect(serversOf(folder.path)).toEqual([]);
});

test('a postmaster that is killed again and again comes back each time', async () => {
  await using embedded = await open();
  for (let round = 0; round < 3; round += 1) {
    const killed = postmasterOf(folder.path);
    process.kill(killed, 'SIGKILL');
    await until('another postmaster has followed', () => hasFollowed(folder.path, killed));
    expect(await sqlAt(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  }
});

test('a server that comes back without its postgres.json keeps its URL', async () => {
  await using embedded = await open();
  const killed = postmasterOf(folder.path);
  rmSync(join(folder.path, 'postgres.json'));
  process.kill(killed, 'SIGKILL');
  await until('another postmaster has followed', () => hasFollowed(folder.path, killed));
  expect(await sqlAt(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await using other = await open();
  expect(other.url).toBe(embedded.url);
});

test('a killed keeper leaves no orphan: the server stops and comes back [embedded-no-orphan]', async () => {
  await using embedded = await open();
  await sqlAt(embedded.url, 'create table kept as select 7 as n');
  const orphan = postmasterOf(folder.path);
  process.kill(parentOf(orphan), 'SIGKILL');
  await until('another postmaster has followed', () => hasFollowed(folder.path, orphan));
  expect(await sqlAt(embedded.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await embedded[Symbol.asyncDispose]();
  await noServerIsLeft();
});

test('a killed reader of the lease keeps no process from joining, and nothing is left at the end', async () => {
  await using embedded = await open();
  process.kill(leaseReaderOf(folder.path), 'SIGKILL');
  await using other = await open();
  expect(await sqlAt(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await other[Symbol.asyncDispose]();
  await embedded[Symbol.asyncDispose]();
  await noServerIsLeft();
});

test('leaving stops a server whose reader of the lease was killed', async () => {
  await using embedded = await open();
  process.kill(leaseReaderOf(folder.path), 'SIGKILL');
  await embedded[Symbol.asyncDispose]();
  expect(serversOf(folder.path)).toEqual([]);
});

test('leaving while the server is being started again waits for the end of both', async () => {
  await using embedded = await open();
  process.kill(postmasterOf(folder.path), 'SIGKILL');
  await embedded[Symbol.asyncDispose]();
  await noServerIsLeft();
});

const inside =
  (path: string): (() => boolean) =>
  () =>
    existsSync(join(folder.path, path));
const making = (path: string) => (): boolean =>
  readdirSync(folder.path).some((name) => name.startsWith('postgres.init-') && inside(join(name, path))());

test.each([
  ['on a first start initdb begins', making('data/PG_VERSION')],
  ['on a first start initdb fills the catalogues', making('data/base/1/1259')],
  ['on a first start the database is being created', making('data/base/5')],
  ['on a first start the cluster is in its place', inside('postgres/PG_VERSION')],
  ['the FIFOs are made', inside('postgres.run/lifeline')],
  ['the postmaster has taken its data folder', inside('postgres/postmaster.pid')],
])(
  'a starter killed when %s leaves a folder that the next start can use [embedded-recovers]',
  async (moment, reached) => {
    const empty = moment.startsWith('on a first start');
    if (empty) rmSync(join(folder.path, 'postgres'), { recursive: true });
    await using starter = startUser(folder.path);
    await until(moment, reached);
    await starter.kill();
    await using embedded = await open();
    expect(await sqlAt(embedded.url, 'select current_database() as name')).toEqual([{ name: 'metamcp' }]);
    await embedded[Symbol.asyncDispose]();
    await noServerIsLeft();
  },
);

test('processes killed at random moments never leave a server behind or keep others from theirs [embedded-no-orphan]', async () => {
  await using witness = await open();
  await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      await using user = startUser(folder.path);
      if (i % 2 === 0) await user.opened();
      await user.kill();
    }),
  );
  expect(await sqlAt(witness.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await witness[Symbol.asyncDispose]();
  await noServerIsLeft();
});
