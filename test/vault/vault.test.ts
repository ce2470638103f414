import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { createVault } from '../../src/vault/vault.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

const masterKey = randomBytes(32).toString('base64');
const STREAM = 'apiKey-0198c0de-0000-7000-8000-00000000cafe';
const SECRET = { hash: 'argon', nested: { list: [1, null, 'ü'] } };

let database: TestDatabase;
const vaultWith = (current: string, previous?: string) =>
  createVault({ db: database.db, masterKeys: parseMasterKeys(current, previous) });

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
});

async function sealSomething() {
  const vault = vaultWith(masterKey);
  const dek = await vault.createDek(STREAM);
  return { vault, dek, sealed: await vault.seal(dek, STREAM, SECRET) };
}

describe('the vault', () => {
  test('opens what it sealed, in another process too', async () => {
    const { sealed, dek } = await sealSomething();
    expect(sealed.dek).toBe(dek);
    await expect(vaultWith(masterKey).open(sealed, STREAM)).resolves.toEqual(SECRET);
  });

  test('shows nothing of a secret, and seals the same value differently each time', async () => {
    const { vault, sealed, dek } = await sealSomething();
    expect(Buffer.from(sealed.box, 'base64url').toString('latin1')).not.toContain('argon');
    expect((await vault.seal(dek, STREAM, SECRET)).box).not.toBe(sealed.box);
  });

  test('does not open a secret as that of another stream [auth-sealed-in-place]', async () => {
    const { vault, sealed } = await sealSomething();
    await expect(vault.open(sealed, `${STREAM}f`)).rejects.toMatchObject({ code: 'sealed-damaged' });
  });

  test('does not open a secret under another DEK [auth-sealed-in-place]', async () => {
    const { vault, sealed } = await sealSomething();
    const dek = await vault.createDek(STREAM);
    await expect(vault.open({ ...sealed, dek }, STREAM)).rejects.toMatchObject({ code: 'sealed-damaged' });
  });

  test.each(['', 'AAAA', randomBytes(60).toString('base64url')])('refuses the box %j', async (box) => {
    const { vault, dek } = await sealSomething();
    await expect(vault.open({ dek, box }, STREAM)).rejects.toMatchObject({ kind: 'invalid', code: 'sealed-damaged' });
  });

  test('refuses a box with any one bit flipped [auth-sealed-in-place]', async () => {
    const { vault, sealed } = await sealSomething();
    const bytes = Buffer.from(sealed.box, 'base64url');
    for (const at of [0, 23, 24, bytes.length - 17, bytes.length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      const box = flipped.toString('base64url');
      await expect(vault.open({ ...sealed, box }, STREAM)).rejects.toMatchObject({ code: 'sealed-damaged' });
    }
  });

  test('reports that a secret was shredded once its DEK is gone [auth-shredding]', async () => {
    const { vault, sealed, dek } = await sealSomething();
    await vault.discard(dek);
    await expect(vault.open(sealed, STREAM)).rejects.toMatchObject({ kind: 'not-found', code: 'shredded' });
    await expect(vault.seal(dek, STREAM, SECRET)).rejects.toMatchObject({ code: 'shredded' });
  });

  test('distinguishes a wrong ENCRYPTION_KEY from a damaged row, each with its remedy [auth-wrong-encryption-key]', async () => {
    const { vault, sealed, dek } = await sealSomething();
    await expect(vaultWith(randomBytes(32).toString('hex')).open(sealed, STREAM)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'encryption-key-mismatch',
      message: expect.stringContaining('ENCRYPTION_KEY_PREVIOUS'),
    });
    await database.db.query(sql`update vault_keys set subject = ${'apiKey-other'} where id = ${dek}::uuid`);
    await expect(vault.open(sealed, STREAM)).rejects.toMatchObject({ code: 'vault-key-damaged' });
    await vault.discard(dek);
  });
});

describe('a system key', () => {
  test('is made once, whichever of several processes comes first', async () => {
    const name = randomUUID();
    const keys = await Promise.all(Array.from({ length: 8 }, () => vaultWith(masterKey).systemKey(name)));
    expect(keys[0]).toHaveLength(32);
    expect(keys[0]).not.toEqual(Buffer.alloc(32));
    for (const key of keys) expect(key).toEqual(keys[0]);
    await expect(vaultWith(masterKey).systemKey(name)).resolves.toEqual(keys[0]);
  });

  test('differs from name to name', async () => {
    const vault = vaultWith(masterKey);
    expect(await vault.systemKey('chain')).not.toEqual(await vault.systemKey('fingerprint'));
  });
});

describe('rotating ENCRYPTION_KEY', () => {
  test('keeps every secret and system key, before, during and after [auth-secrets-rotate]', async () => {
    const { vault, sealed } = await sealSomething();
    const chain = await vault.systemKey('chain');
    const next = randomBytes(32).toString('base64');
    const rotating = vaultWith(next, masterKey);
    const rotated = vaultWith(next);

    await expect(rotating.open(sealed, STREAM)).resolves.toEqual(SECRET);
    await expect(rotated.open(sealed, STREAM)).rejects.toMatchObject({ code: 'encryption-key-mismatch' });
    expect(await rotating.rewrap()).toBeGreaterThan(1);
    expect(await rotating.rewrap()).toBe(0);
    await expect(rotated.open(sealed, STREAM)).resolves.toEqual(SECRET);
    await expect(rotated.systemKey('chain')).resolves.toEqual(chain);
    await expect(vault.open(sealed, STREAM)).rejects.toMatchObject({ code: 'encryption-key-mismatch' });

    await vaultWith(masterKey, next).rewrap();
    await expect(vault.open(sealed, STREAM)).resolves.toEqual(SECRET);
  });

  test('stops before it loses anything when the previous key is not given', async () => {
    const { vault, sealed } = await sealSomething();
    await expect(vaultWith(randomBytes(32).toString('hex')).rewrap()).rejects.toMatchObject({
      code: 'encryption-key-mismatch',
    });
    await expect(vault.open(sealed, STREAM)).resolves.toEqual(SECRET);
  });
});
