import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/postgres/database.ts';
import { findSecrets, openSecrets } from '../../src/stores/installationSecrets.ts';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { createVault } from '../../src/vault/vault.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

let empty: TestDatabase;
let sealed: TestDatabase;
let home: string;

beforeAll(async () => {
  [empty, sealed] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const masterKeys = parseMasterKeys(randomBytes(32).toString('base64'));
  await createVault({ db: sealed.db, masterKeys }).systemKey('chain');
});
afterAll(async () => {
  await Promise.all([empty[Symbol.asyncDispose](), sealed[Symbol.asyncDispose]()]);
});
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'metamcp-secrets-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const settings = (set: { encryptionKey?: string; jwtSecret?: string } = {}) => ({
  home,
  encryptionKey: undefined,
  jwtSecret: undefined,
  ...set,
});

const secret = () => randomBytes(32).toString('base64');
const path = () => join(home, 'secrets.json');
const stored = async () => JSON.parse(await readFile(path(), 'utf8')) as unknown;

it('no secrets are made beside a database that was sealed with others; the error names the remedy [auth-secrets-lost]', async () => {
  const failure = await openSecrets(settings(), sealed.db).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'refused', code: 'secrets-lost' });
  expect(String(failure)).toContain('from a backup of the state folder');
  expect(await readdir(home)).toEqual([]);
});

it('with the ENCRYPTION_KEY that sealed it only the secret of tokens is made, and later nothing opens without that key [auth-secrets-lost] [auth-secrets-made]', async () => {
  const encryptionKey = secret();
  expect(await findSecrets(settings({ encryptionKey }), sealed.db)).toBeUndefined();
  const made = await openSecrets(settings({ encryptionKey }), sealed.db);
  expect(made.encryptionKey).toBe(encryptionKey);
  expect(await stored()).toEqual({ jwtSecret: made.jwtSecret });
  const failure = await openSecrets(settings(), sealed.db).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'refused', code: 'secrets-lost' });
  expect(String(failure)).toContain('has no encryption key');
  expect(String(failure)).toContain('set ENCRYPTION_KEY to the one that was in use before');
  expect(await findSecrets(settings({ encryptionKey }), sealed.db)).toEqual(made);
  expect(await stored()).toEqual({ jwtSecret: made.jwtSecret });
});

it('a JWT_SECRET is not stored either, and once it is not set any more one is made beside the key [auth-secrets-made]', async () => {
  const first = await openSecrets(settings({ jwtSecret: 'set' }), empty.db);
  expect(await stored()).toEqual({ encryptionKey: first.encryptionKey });
  expect(await findSecrets(settings(), sealed.db)).toBeUndefined();
  const later = await openSecrets(settings(), sealed.db);
  expect(later.encryptionKey).toBe(first.encryptionKey);
  expect(await stored()).toEqual(later);
});

it('with both set nothing is made [auth-secrets-made]', async () => {
  const set = { encryptionKey: secret(), jwtSecret: 'set' };
  expect(await openSecrets(settings(set), empty.db)).toEqual(set);
  expect(await readdir(home)).toEqual([]);
});

it('of several that find a file without the key, and nothing sealed, one makes it [auth-secrets-made] [auth-secrets-0600]', async () => {
  const { jwtSecret } = await openSecrets(settings({ encryptionKey: secret() }), empty.db);
  const atOnce = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 8 }, work));
  // Connections that are there already, so that none comes long before the others.
  await atOnce(() => findSecrets(settings(), empty.db));
  const all = await atOnce(() => openSecrets(settings(), empty.db));
  const written = await stored();
  expect(written).toMatchObject({ jwtSecret });
  for (const each of all) expect(each).toEqual(written);
  expect(await readdir(home)).toEqual(['secrets.json']);
  expect((await stat(path())).mode & 0o777).toBe(0o600);
});

it('whoever starts while another makes the first secrets gets the same, also when that one has sealed with them already [auth-secrets-lost]', async () => {
  let other: Awaited<ReturnType<typeof openSecrets>> | undefined;
  /** The other process makes its secrets after this one has found none, and is done before this one sees the database. */
  const overtaken: Database = {
    ...sealed.db,
    async query(statement) {
      other = await openSecrets(settings(), empty.db);
      return sealed.db.query(statement);
    },
  };
  const made = await openSecrets(settings(), overtaken);
  expect(other).toBeDefined();
  expect(made).toEqual(other);
});
