import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { chooseRunAs } from '../../src/embedded/runAs.ts';
import { statePaths, type StatePaths } from '../../src/embedded/stateFolder.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { copyFolder, makeFolder, type TestFolder } from './folder.ts';
import { until } from '../support/until.ts';
import { postmasterOf } from './processes.ts';
import { sqlAt } from './sqlAt.ts';

let template: TestFolder;
let folder: TestFolder;
let paths: StatePaths;
beforeAll(async () => {
  template = makeFolder();
  await using embedded = await open(template.path);
  await sqlAt(embedded.url, 'create table kept as select 7 as n');
});
afterAll(() => {
  template[Symbol.dispose]();
});
beforeEach(() => {
  folder = copyFolder(template);
  paths = statePaths(folder.path);
});
afterEach(() => {
  folder[Symbol.dispose]();
});

const open = (stateFolder = folder.path): Promise<EmbeddedPostgres> =>
  openEmbeddedPostgres({ stateFolder, logger: createLogger('silent') });

/** Runs the server once. */
async function runOnce(): Promise<URL> {
  await using embedded = await open();
  return new URL(embedded.url);
}

async function expectKept(embedded: EmbeddedPostgres): Promise<void> {
  expect(await sqlAt(embedded.url, 'select n from kept')).toEqual([{ n: 7 }]);
}

test.each(['missing', 'damaged'])('a %s postgres.json gets new passwords, and the data stays', async (state) => {
  const { password } = await runOnce();
  if (state === 'missing') rmSync(paths.credentials);
  else writeFileSync(paths.credentials, '{"passwords": {');
  await using embedded = await open();
  expect(new URL(embedded.url).password).not.toBe(password);
  await expectKept(embedded);
});

test('joining without postgres.json says what is wrong', async () => {
  await using embedded = await open();
  rmSync(paths.credentials);
  await expect(open()).rejects.toMatchObject({
    code: 'embedded-postgres-failed',
    message: expect.stringContaining('postgres.json'),
  });
  await sqlAt(embedded.url, 'select 1');
});

test('a failed start carries the end of the log [embedded-says-why]', async () => {
  await runOnce();
  writeFileSync(join(paths.data, 'PG_VERSION'), '17\n');
  await expect(open()).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'embedded-postgres-failed',
    message: expect.stringContaining('not compatible with this version'),
  });
});

test.each(['zombie', 'stranger'])(
  'a postmaster.pid whose number belongs to a %s does not stop the start',
  async (whose) => {
    await runOnce();
    // Without the lifeline there is no proof that no server is left: the process itself has to be judged.
    rmSync(paths.run, { recursive: true });
    const { uid, gid } = chooseRunAs(paths.data);
    const account = uid !== undefined && gid !== undefined ? { uid, gid } : {};
    // sleep(1) never reaps the child that it inherits from the shell.
    const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 & echo $!; exec sleep 600 3<&-'], {
      stdio: 'pipe',
      ...account,
    });
    const ended = once(parent, 'exit');
    try {
      const child = Number(String(await once(parent.stdout, 'data')));
      const statOf = (pid: number): string => readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
      await until('the shell has become sleep', () => statOf(parent.pid ?? 0).includes('(sleep)'));
      parent.stdin.end();
      await until('its child is a zombie', () => statOf(child).includes(') Z '));
      const pid = whose === 'zombie' ? child : parent.pid;
      writeFileSync(
        join(paths.data, 'postmaster.pid'),
        `${String(pid)}\n${paths.data}\n1\n5432\n\n127.0.0.1\n0 0\nready\n`,
      );
      await using embedded = await open();
      await expectKept(embedded);
      expect(postmasterOf(folder.path)).not.toBe(pid);
    } finally {
      parent.kill('SIGKILL');
      await ended;
    }
  },
);

test('a log that has grown too large starts anew, and one older file is kept', async () => {
  writeFileSync(paths.log, 'x'.repeat(6 * 1024 * 1024));
  await using _embedded = await open();
  expect(statSync(`${paths.log}.1`).size).toBe(6 * 1024 * 1024);
  expect(statSync(paths.log).size).toBeLessThan(100_000);
});

test.runIf(process.getuid?.() === 0)(
  'as root, a folder that Postgres’s user can’t enter is refused with a remedy [embedded-says-why]',
  async () => {
    const closed = join(folder.path, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    await expect(open(join(closed, 'deep', 'state'))).rejects.toMatchObject({
      code: 'state-folder-unreachable',
      message: expect.stringContaining(`chmod o+x '${closed}'`),
    });
  },
);

test('a state folder that can’t be made is refused with a remedy', async () => {
  writeFileSync(join(folder.path, 'file'), '');
  await expect(open(join(folder.path, 'file', 'state'))).rejects.toMatchObject({
    code: 'state-folder-unusable',
    message: expect.stringContaining('METAMCP_HOME'),
  });
});
