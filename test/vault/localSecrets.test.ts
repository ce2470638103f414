import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLocalSecrets } from '../../src/vault/localSecrets.ts';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { parseTokenSecrets } from '../../src/auth/tokenSecret.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'metamcp-secrets-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

it('the first to come makes the secrets, for the owner’s eyes only, and everyone after reads the same [auth-secrets-0600]', async () => {
  const folder = join(home, 'new');
  const made = await openLocalSecrets(folder, {});
  expect(await openLocalSecrets(folder, {})).toEqual(made);
  expect((await stat(join(folder, 'secrets.json'))).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['secrets.json']);
  expect(parseMasterKeys(made.encryptionKey).current.wrappingKey).toHaveLength(32);
  expect(parseTokenSecrets(made.jwtSecret).current.id).toMatch(/./);
});

it('of several that come first at once, one makes them [auth-secrets-0600]', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => openLocalSecrets(home, {})));
  expect(new Set(all.map(({ encryptionKey }) => encryptionKey)).size).toBe(1);
  expect(await readdir(home)).toEqual(['secrets.json']);
});

it('a file of a version that stored both, also one that a setting stood over, is read as it is', async () => {
  const both = { encryptionKey: 'old', jwtSecret: 'older' };
  await writeFile(join(home, 'secrets.json'), JSON.stringify(both));
  expect(await openLocalSecrets(home, {})).toEqual(both);
  expect(await openLocalSecrets(home, { encryptionKey: 'set' })).toEqual({ ...both, encryptionKey: 'set' });
  expect(JSON.parse(await readFile(join(home, 'secrets.json'), 'utf8'))).toEqual(both);
});

it.each(['{}', '{"encryptionKey":"precious","jwtSecret":""}', '[]'])('a file %s is damaged', async (text) => {
  await writeFile(join(home, 'secrets.json'), text);
  await expect(openLocalSecrets(home, {})).rejects.toMatchObject({ code: 'secrets-unreadable' });
  expect(await readFile(join(home, 'secrets.json'), 'utf8')).toBe(text);
});

it('a damaged file is never replaced, and the error does not quote it', async () => {
  await writeFile(join(home, 'secrets.json'), '{"encryptionKey":"precious"');
  const failure = await openLocalSecrets(home, {}).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'secrets-unreadable' });
  expect(String(failure) + String((failure as Error).cause)).not.toContain('precious');
});
