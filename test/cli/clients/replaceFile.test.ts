import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readOrEmpty, replaceFile } from '../../../cli/clients/replaceFile.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-replace-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('of many that write at once, one writes, and the others are told so [cli-connect-undamaged]', async () => {
  const file = join(folder, 'settings.json');
  await writeFile(file, 'before', { mode: 0o600 });
  const now = new Date();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, (_, at) => replaceFile(file, { before: 'before', after: `after ${at}`, now })),
  );
  const written = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [`after ${at}`] : []));
  expect(written).toEqual([await readFile(file, 'utf8')]);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/^client-file-(?:locked|changed)$/) });
  }
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).filter((name) => name.includes('.metamcp-new'))).toEqual([]);
});

it('what another process has left of a write is named, and nothing is written [cli-connect-undamaged]', async () => {
  const file = join(folder, 'settings.json');
  await writeFile(file, 'before');
  await writeFile(`${file}.metamcp-new`, 'half');
  await expect(replaceFile(file, { before: 'before', after: 'after', now: new Date() })).rejects.toMatchObject({
    code: 'client-file-locked',
    message: expect.stringContaining(`${file}.metamcp-new`),
  });
  expect(await readFile(file, 'utf8')).toBe('before');
});

it('a link to a file that is not there yet stays a link [cli-connect-undamaged]', async () => {
  await mkdir(join(folder, 'dotfiles'));
  const [link, between, real] = ['settings.json', 'between.json', 'dotfiles/real.json'].map((name) =>
    join(folder, name),
  );
  await symlink('between.json', link!);
  await symlink('dotfiles/real.json', between!);
  expect(await replaceFile(link!, { before: '', after: 'new', now: new Date() })).toBeUndefined();
  expect((await lstat(link!)).isSymbolicLink()).toBe(true);
  expect(await readlink(between!)).toBe('dotfiles/real.json');
  expect(await readFile(real!, 'utf8')).toBe('new');
});

it.each([
  ['Latin-1', Buffer.from('// caf\xe9\n{}', 'latin1')],
  ['UTF-16', Buffer.from('\ufeff{}', 'utf16le')],
])('a file in %s is refused, since its bytes would not be kept [cli-connect-undamaged]', async (_name, bytes) => {
  const file = join(folder, 'settings.json');
  await writeFile(file, bytes);
  await expect(readOrEmpty(file)).rejects.toMatchObject({
    code: 'client-file-unreadable',
    message: expect.stringContaining('UTF-8'),
  });
});

it('a byte order mark is read as one, and written again [cli-connect-undamaged]', async () => {
  const file = join(folder, 'settings.json');
  await writeFile(file, '\ufeff{}');
  await chmod(file, 0o640);
  expect(await readOrEmpty(file)).toBe('\ufeff{}');
});

it('what could not be written leaves no copy behind, and the reason is in words [cli-connect-undamaged]', async () => {
  const file = join(folder, 'settings.json');
  await writeFile(file, 'theirs');
  // Nothing that can be written: it fails once the copy is made.
  const writes = replaceFile(file, { before: 'theirs', after: Symbol('ours') as never, now: new Date() });
  await expect(writes).rejects.toMatchObject({ code: 'client-file-not-written' });
  expect(await readdir(folder)).toEqual(['settings.json']);
  const below = replaceFile(join(file, 'inner', 'settings.json'), { before: '', after: 'ours', now: new Date() });
  await expect(below).rejects.toMatchObject({
    code: 'client-file-not-written',
    message: expect.stringMatching(/no(?:ne| folder).*: ENOTDIR|: EEXIST/),
  });
});
