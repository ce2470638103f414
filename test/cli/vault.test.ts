import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { createVault } from '../../src/vault/vault.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { startGateway } from '../../src/gateway.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { openStores } from '../../src/stores/stores.ts';
import { cliFixture } from './cliFixture.ts';

// What one command has changed, the next one has to read.
const cli = cliFixture({ stores: 'opened by each command' });
let before: string;
const after = randomBytes(32).toString('base64');
beforeAll(async () => {
  before = (await cli.json(['keys', 'create', '--name', 'ci'])).document.api_key;
  await cli.run(['servers', 'add', 'github', '--url', 'http://127.0.0.1:9/mcp', '--header', 'Authorization: hunter2']);
});

const rotating = () => ({ env: { ENCRYPTION_KEY: after, ENCRYPTION_KEY_PREVIOUS: cli.env['ENCRYPTION_KEY'] } });

async function masterKeyIds(): Promise<Set<string>> {
  const rows = await cli.database.db.query<{ id: string }>(sql`select master_key_id as id from vault_keys`);
  return new Set(rows.map(({ id }) => id));
}

/** Asks a gateway that runs with this ENCRYPTION_KEY for something, with an API key. */
async function statusFor(apiKey: string, encryptionKey: string): Promise<number> {
  const env = { ...cli.env, ENCRYPTION_KEY: encryptionKey, SERVER_PORT: '0', LOG_LEVEL: 'error' };
  const settings = readSettings({ env, cwd: cli.folder });
  const logger = createLogger(settings.logLevel);
  await using stores = await openStores({ settings, logger, applicationName: 'test' });
  await using gateway = await startGateway({ settings, stores, logger });
  return (await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } })).status;
}

describe('vault rewrap', () => {
  it('has nothing to do while the key is the same', async () => {
    expect(await cli.json(['vault', 'rewrap'])).toMatchObject({ code: 0, stderr: '', document: { rewrapped: 0 } });
    expect((await cli.run(['vault', 'rewrap'])).stdout).toContain('already');
  });

  it('refuses a new key without the one before it, and says what to set [auth-wrong-encryption-key]', async () => {
    const { code, stderr } = await cli.run(['vault', 'rewrap'], { env: { ENCRYPTION_KEY: after } });
    expect(code).toBe(2);
    expect(stderr).toContain('ENCRYPTION_KEY_PREVIOUS');
    expect((await cli.run(['vault', 'rewrap', 'more'])).code).toBe(2);
  });

  it('rotates ENCRYPTION_KEY, also when it was interrupted: keys, secrets and the history stay good [auth-secrets-rotate]', async () => {
    const { document } = await cli.json(['keys', 'create', '--name', 'while rotating'], rotating());
    // As an interruption leaves it: some are wrapped anew, some are not.
    const { db } = cli.database;
    const half = createVault({ db, masterKeys: parseMasterKeys(after, cli.env['ENCRYPTION_KEY']) });
    let count = 0;
    await expect(
      half.rewrap(() => {
        count += 1;
        if (count === 2) throw new Error('interrupted');
      }),
    ).rejects.toThrow('interrupted');
    expect((await masterKeyIds()).size).toBe(2);

    const rewrapped = await cli.json(['vault', 'rewrap'], rotating());
    expect(rewrapped).toMatchObject({ code: 0, document: { rewrapped: expect.any(Number) } });
    expect((await masterKeyIds()).size).toBe(1);
    const again = await cli.run(['vault', 'rewrap'], rotating());
    expect(again.stdout).toContain('unset');

    const alone = { env: { ENCRYPTION_KEY: after } };
    expect(await statusFor(before, after)).toBe(200);
    expect(await statusFor(document.api_key, after)).toBe(200);
    expect(await cli.json(['audit', 'verify'], alone)).toMatchObject({ code: 0, document: { ok: true } });
    expect((await cli.json(['servers', 'show', 'github'], alone)).document.header_names).toEqual(['Authorization']);
    expect(await cli.json(['keys', 'rotate', document.id], alone)).toMatchObject({ code: 0 });
    // The old key opens nothing any more.
    expect((await cli.json(['keys', 'rotate', document.id])).code).toBe(2);
  });
});
