import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { databaseUrl, newPasswords, readCredentials } from '../../src/embedded/credentials.ts';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { exposureOf } from '../../src/embedded/privateFolder.ts';
import { chooseRunAs } from '../../src/embedded/runAs.ts';
import { makeSocketFolder, socketOwner } from '../../src/embedded/socketFolder.ts';
import { statePaths } from '../../src/embedded/stateFolder.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openConnection } from '../../src/postgres/connection.ts';
import { openFakePostgres, REQUESTS } from '../postgres/fakePostgres.ts';
import { makeFolder, type TestFolder } from './folder.ts';
import { until } from '../support/until.ts';
import { hasFollowed, postmasterOf } from './processes.ts';
import { sqlAt } from './sqlAt.ts';

const root = process.getuid?.() === 0;
const logger = createLogger('silent');

let folder: TestFolder;
const made: string[] = [];
beforeEach(() => {
  folder = makeFolder('m');
});
afterEach(() => {
  folder[Symbol.dispose]();
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A state folder inside the test's, whose path has that many bytes. */
function stateFolder(bytes: number, name = 'x'): string {
  const path = join(folder.path, name.repeat(Math.max(1, bytes - Buffer.byteLength(folder.path) - 1)));
  mkdirSync(path);
  chmodSync(path, root ? 0o711 : 0o700);
  return path;
}

/** The longest state folder that holds its own socket: /postgres.socket/.s.PGSQL.5432 takes 30 bytes. */
const LONGEST = (process.platform === 'linux' ? 107 : 103) - 30;

const socketFolderOf = (state: string): string => {
  const path = readCredentials(statePaths(state).credentials)?.socketFolder ?? '';
  if (!path.startsWith(state)) made.push(path);
  return path;
};
const open = (state: string): Promise<EmbeddedPostgres> => openEmbeddedPostgres({ stateFolder: state, logger });

describe('the server’s socket', () => {
  test.each([
    ['as long as it may be', LONGEST, 'inside'],
    ['one byte longer', LONGEST + 1, 'elsewhere'],
    ['much too long for a socket', 200, 'elsewhere'],
  ])('is reached when the state folder’s path is %s [embedded-private]', async (_, bytes, where) => {
    const state = stateFolder(bytes);
    await using embedded = await open(state);
    await sqlAt(embedded.url, 'create table kept as select 7 as n');
    const socketFolder = socketFolderOf(state);
    expect(dirname(socketFolder) === state ? 'inside' : 'elsewhere').toBe(where);
    const { mode, uid } = lstatSync(socketFolder);
    expect([(mode & 0o777).toString(8), uid]).toEqual(['700', socketOwner(chooseRunAs(statePaths(state).data))]);
    await embedded[Symbol.asyncDispose]();

    // The next start uses the same one.
    await using again = await open(state);
    expect(again.url).toBe(embedded.url);
    expect(await sqlAt(again.url, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  test.each(['a, "quoted" name', 'sp ace%20and%', 'ünïcödé 漢字', "it's#here?yes&no"])(
    'is reached when the state folder is called %s',
    async (name) => {
      const state = join(folder.path, name);
      await using embedded = await open(state);
      expect(await sqlAt(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(socketFolderOf(state)).toBe(join(state, 'postgres.socket'));
    },
  );

  test('is another one for a copy of the state folder', async () => {
    const state = stateFolder(150);
    await open(state).then((embedded) => embedded[Symbol.asyncDispose]());
    const copy = join(folder.path, 'y'.repeat(120));
    cpSync(state, copy, { recursive: true, filter: (source) => !source.endsWith('postgres.run') });
    await using original = await open(state);
    await using copied = await open(copy);
    expect(socketFolderOf(copy)).not.toBe(socketFolderOf(state));
    for (const { url } of [original, copied]) expect(await sqlAt(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test.each(['ok', 'clear text', 'MD5'] as const)(
    'hands nothing to a program that answers there and asks for %s [embedded-private] [ops-password-kept]',
    async (asks) => {
      const socketFolder = folder.path;
      await using server = await openFakePostgres(REQUESTS[asks], { path: join(socketFolder, '.s.PGSQL.5432') });
      const passwords = newPasswords();
      const url = databaseUrl({ socketFolder, stateFolder: '/', passwords }, 'metamcp_owner');
      await expect(openConnection({ url, applicationName: 'test' })).rejects.toMatchObject({
        code: 'database-authentication-refused',
      });
      await server.gone;
      expect(server.received()).toHaveLength(0);
    },
  );

  test('is made again when the folder for temporary files was cleared', async () => {
    const state = stateFolder(150);
    const first = await open(state);
    await first[Symbol.asyncDispose]();
    rmSync(socketFolderOf(state), { recursive: true });
    await using second = await open(state);
    expect(second.url).toBe(first.url);
    await sqlAt(second.url, 'select 1');
  });

  test('comes back at the same place when it is lost with the postmaster while gateways run [embedded-recovers]', async () => {
    const state = stateFolder(150);
    await using embedded = await open(state);
    const killed = postmasterOf(state);
    rmSync(socketFolderOf(state), { recursive: true });
    process.kill(killed, 'SIGKILL');
    await until('another postmaster has followed', () => hasFollowed(state, killed));
    expect(await sqlAt(embedded.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('is not looked for where others may have put theirs [embedded-private]', async () => {
    const state = stateFolder(150);
    const embedded = await open(state);
    const socketFolder = socketFolderOf(state);
    chmodSync(socketFolder, 0o755);
    await expect(open(state)).rejects.toMatchObject({
      code: 'embedded-postgres-failed',
      message: expect.stringContaining('others may enter'),
    });
    await embedded[Symbol.asyncDispose]();
    // No process uses it any more: the next start takes another one.
    await using next = await open(state);
    expect(socketFolderOf(state)).not.toBe(socketFolder);
    await sqlAt(next.url, 'select 1');
  });
});

describe('the place of the socket', () => {
  const runAs = chooseRunAs('/nowhere');
  const place = (state: string, previous?: string, fixed = false): string => {
    const path = makeSocketFolder({ paths: statePaths(state), runAs, previous, fixed });
    made.push(path);
    return path;
  };
  const others = root ? 65_533 : 0;

  const make = (path: string, mode: number, owner?: number): void => {
    mkdirSync(path);
    chmodSync(path, mode);
    if (owner !== undefined) chownSync(path, owner, owner);
  };
  const hostile: [string, (path: string) => void][] = [
    ['that others may enter', (path) => make(path, 0o755)],
    ['that is a symbolic link to a folder of ours', (path) => symlinkSync(mkdtempSync(join(folder.path, 'l')), path)],
    ['that is a file', (path) => cpSync(import.meta.filename, path)],
  ];
  if (root) hostile.push(['of another user', (path) => make(path, 0o700, others)]);
  test.each(hostile)('is never an earlier folder %s [embedded-private]', (_, makeHostile) => {
    const state = stateFolder(150);
    const previous = join(tmpdir(), `metamcp-test-${process.pid}`);
    made.push(previous);
    makeHostile(previous);
    expect(place(state, previous)).not.toBe(previous);
    expect(() => place(state, previous, true)).toThrow(
      expect.objectContaining({ code: 'state-folder-unusable', message: expect.stringContaining('METAMCP_HOME') }),
    );
  });

  test.each([
    ['every user may write to', 0o777, true],
    ['every user may write to, but each rename their own only', 0o1777, false],
    ['a group may write to', 0o770, root],
    ['others may read', 0o755, false],
  ])('is outside the state folder when its parent is one that %s: %o', (_, mode, outside) => {
    const state = stateFolder(60);
    if (root) chownSync(folder.path, 0, 12_345);
    chmodSync(folder.path, mode);
    expect(place(state).startsWith(state)).toBe(!outside);
  });

  test.runIf(root)('is outside a state folder whose parent another user owns', () => {
    const state = stateFolder(60);
    chownSync(folder.path, others, others);
    expect(place(state).startsWith(state)).toBe(false);
  });

  test('is never an earlier folder in whose parent others may rename it [embedded-private]', () => {
    const state = stateFolder(150);
    const parent = mkdtempSync(join(tmpdir(), 'm'));
    made.push(parent);
    chmodSync(parent, 0o755);
    const previous = join(parent, 'earlier');
    expect(place(state, previous)).toBe(previous);
    chmodSync(parent, 0o777);
    expect(place(state, previous)).not.toBe(previous);
    expect(exposureOf(previous, socketOwner(runAs))).toContain(`every user may write to ${parent}`);
  });

  test('replaces whatever stands at its place in the state folder', () => {
    const state = stateFolder(60);
    symlinkSync('/', join(state, 'postgres.socket'));
    expect(lstatSync(place(state)).isDirectory()).toBe(true);
    expect(existsSync('/etc')).toBe(true);
  });

  test('is in /tmp when TMPDIR is too long, or missing', () => {
    for (const bytes of [150, 160]) {
      const long = stateFolder(bytes);
      vi.stubEnv('TMPDIR', bytes === 150 ? long : join(long, 'missing'));
      try {
        expect(dirname(place(long))).toBe('/tmp');
      } finally {
        vi.unstubAllEnvs();
      }
    }
  });

  test('is refused when the path goes by a symbolic link, which another user could turn', () => {
    const state = stateFolder(60);
    const link = join(folder.path, 'link');
    symlinkSync(state, link);
    const path = place(state);
    expect(exposureOf(path, socketOwner(runAs))).toBeUndefined();
    expect(exposureOf(join(link, 'postgres.socket'), socketOwner(runAs))).toContain('symbolic link');
    // Asked for by the link, it is named by what the link leads to.
    expect(place(link)).toBe(path);
  });
});

test('postgres.json names the socket’s folder for people and programs', async () => {
  const state = stateFolder(60);
  await using _embedded = await open(state);
  expect(JSON.parse(readFileSync(statePaths(state).credentials, 'utf8'))).toMatchObject({
    socketFolder: join(state, 'postgres.socket'),
    passwords: { metamcp: expect.any(String), metamcp_owner: expect.any(String), metamcp_cli: expect.any(String) },
  });
});
