import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Queryable } from '../../src/postgres/database.ts';
import { findSecrets, openSecrets } from '../../src/stores/installationSecrets.ts';
import { openLocalSecrets } from '../../src/vault/localSecrets.ts';
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

it('no secrets are made beside a database that was sealed with others; the error names the remedy [auth-secrets-lost]', async () => {
  const failure = await openSecrets(settings(), sealed.db).catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'refused', code: 'secrets-lost' });
  expect(String(failure)).toContain('from a backup of the state folder');
  expect(await readdir(home)).toEqual([]);
});

it('with the ENCRYPTION_KEY that sealed it only the secret of tokens is made [auth-secrets-lost]', async () => {
  const encryptionKey = randomBytes(32).toString('base64');
  expect(await findSecrets(settings({ encryptionKey }), sealed.db)).toBeUndefined();
  const made = await openSecrets(settings({ encryptionKey }), sealed.db);
  expect(made.encryptionKey).toBe(encryptionKey);
  expect(made.jwtSecret).toBe((await openLocalSecrets(home)).jwtSecret);
});

it('whoever starts while another makes the first secrets gets the same, also when that one has sealed with them already [auth-secrets-lost]', async () => {
  let other: Awaited<ReturnType<typeof openSecrets>> | undefined;
  /** The other process makes its secrets after this one has found none, and is done before this one sees the database. */
  const overtaken: Queryable = {
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
