import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { openBox } from '../../src/vault/box.ts';
import { fromBase62 } from '../../src/auth/base62.ts';
import { createFingerprints } from '../../src/auth/fingerprint.ts';
import { parseApiKey } from '../../src/auth/keyFormat.ts';
import { parseMasterKeys } from '../../src/vault/masterKey.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { sealedSchema } from '../../src/events/sealed.ts';
import { createLogger } from '../../src/logging/logger.ts';
import type { Queryable } from '../../src/postgres/database.ts';
import { listVaultKeys } from '../../src/vault/vaultKeys.ts';
import { openStores } from '../../src/stores/stores.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { clusterUrl, createTestDatabase } from '../support/testDatabase.ts';

/** Of one key alone. */
const KEY_SECRET = `own-${randomBytes(24).toString('hex')}`;
const HEADER_SECRET = `Bearer upstream-${randomBytes(24).toString('hex')}`;

/** Everything that PostgreSQL holds in this database, as text. */
async function dump(db: Queryable): Promise<string> {
  const tables = await db.query<{ name: string }>({
    text: `select format('%I.%I', schemaname, tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`,
    values: [],
  });
  const rows = await Promise.all(
    tables.map(({ name }) => db.query<{ row: string }>({ text: `select t::text as row from ${name} t`, values: [] })),
  );
  return rows
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

/** Every form in which bytes are commonly written. */
function forms(bytes: Buffer): string[] {
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [bytes.toString('hex'), base64, bytes.toString('base64url'), bytes.toString('latin1')];
}

/** Opens every sealed box of `events` with every key that the vault still holds, as an attacker with the master key would. */
async function openEverything(db: Queryable, events: readonly object[], encryptionKey: string): Promise<string[]> {
  const { current } = parseMasterKeys(encryptionKey);
  const keys = (await listVaultKeys(db, { limit: 1_000 })).map((row) => {
    expect(row.masterKeyId).toBe(current.id);
    return openBox(current.wrappingKey, `${row.id} ${row.subject}`, row.wrapped)!;
  });
  const withSealed = z.object({ stream: z.string(), data: z.object({ sealed: sealedSchema }) });
  const opened: string[] = [];
  for (const event of events) {
    const parsed = withSealed.safeParse(event);
    if (!parsed.success) continue;
    const { stream, data } = parsed.data;
    for (const key of keys) {
      const plain = openBox(key, stream, Buffer.from(data.sealed.box, 'base64url'));
      if (plain !== undefined) opened.push(plain.toString('utf8'));
    }
  }
  return opened;
}

async function issue(cli: InProcessCli, argv: readonly string[]): Promise<{ id: string; apiKey: string }> {
  const { document } = await cli.json(argv);
  return { id: document.id, apiKey: document.api_key };
}

it('what was deleted can be recovered from no store and no log, with the master key neither, and the history still verifies [auth-shredding-proved]', async () => {
  await using database = await createTestDatabase();
  await using cli = await openInProcessCli(database.url);
  const home = await mkdtemp(join(tmpdir(), 'metamcp-shredding-'));
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rm(home, { recursive: true, force: true }));
  await using gateway = await startGatewayProcess({ home, env: { ...cli.env, LOG_LEVEL: 'trace' } });
  await using calculator = await startBackendServer1({ port: 0 });

  // Everything that a secret goes through: made, used as a key and as a token, rotated; a header sent to a server.
  await cli.run([
    'servers',
    'add',
    'calculator',
    '--url',
    calculator.url,
    '--header',
    `Authorization: ${HEADER_SECRET}`,
  ]);
  const first = await issue(cli, ['keys', 'create', '--name', 'doomed']);
  await cli.run(['servers', 'credential', 'calculator', '--key', first.id, '--header', `X-Own: ${KEY_SECRET}`]);
  const second = await issue(cli, ['keys', 'rotate', first.id, '--grace', '1h']);
  const kept = await issue(cli, ['keys', 'create', '--name', 'kept']);
  for (const { apiKey } of [first, second, kept]) {
    const token = await fetch(`${gateway.url}/api/v1/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ api_key: apiKey }),
    });
    expect(token.status).toBe(200);
    const tools = await fetch(`${gateway.url}/api/v1/mcp/servers/calculator/tools`, {
      headers: { 'x-api-key': apiKey },
    });
    expect(tools.status).toBe(200);
  }

  const settings = readSettings({ env: cli.env, cwd: cli.folder });
  const stores = opened.use(
    await openStores({ settings, logger: createLogger('error'), applicationName: 'metamcp test' }),
  );
  const fingerprints = createFingerprints(await stores.vault.systemKey('fingerprint'));
  const history = () => Array.fromAsync(stores.events.readAll());
  const { ENCRYPTION_KEY = '' } = cli.env;

  // That the search finds what is there: before the deletion the secrets can be opened, with the master key.
  const before = (await openEverything(stores.db, await history(), ENCRYPTION_KEY)).join('\n');
  const hashes = [...before.matchAll(/\$argon2id\$[^"]+/g)].map(([hash]) => hash);
  expect(hashes).toHaveLength(3);
  for (const { apiKey } of [first, second, kept])
    expect(before).toContain(fingerprints.of(parseApiKey(apiKey)!.secret));
  expect(before).toContain(parseApiKey(second.apiKey)!.secret);
  expect(before).toContain(HEADER_SECRET);
  expect(before.split(KEY_SECRET)).toHaveLength(3);

  for (const { id } of [first, second]) {
    expect(await cli.run(['keys', 'delete', id, '--confirm', '--reason', 'leaked'])).toMatchObject({ code: 0 });
  }
  expect(await cli.run(['servers', 'remove', 'calculator', '--confirm'])).toMatchObject({ code: 0 });

  const after = (await openEverything(stores.db, await history(), ENCRYPTION_KEY)).join('\n');
  // Of the three, the one that was kept.
  const [keptHash, ...others] = hashes.filter((hash) => after.includes(hash));
  expect(others).toEqual([]);
  const lost = hashes.filter((hash) => hash !== keptHash);
  const secrets = [first, second].map(({ apiKey }) => parseApiKey(apiKey)!.secret);
  const needles = [
    HEADER_SECRET,
    KEY_SECRET,
    ...[first, second].map(({ apiKey }) => apiKey),
    ...secrets,
    ...secrets.flatMap((secret) => forms(fromBase62(secret, 32)!)),
    ...secrets.flatMap((secret) => forms(Buffer.from(fingerprints.of(secret), 'base64url'))),
    ...lost,
    // Of a PHC string, salt and digest stand last.
    ...lost.flatMap((hash) => hash.split('$').slice(-2)),
    ...secrets.flatMap((secret) => forms(createHash('sha256').update(secret).digest())),
  ];
  const places = {
    'the boxes that still open': after,
    'the event store': JSON.stringify(await history(), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
    PostgreSQL: await dump(stores.db),
    'the gateway’s log': gateway.log.join('\n'),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(100);
    for (const needle of needles) expect(text.includes(needle), `${needle} in ${place}`).toBe(false);
  }
  // What was never deleted is still there, so that an empty vault would not pass.
  expect(after).toContain(fingerprints.of(parseApiKey(kept.apiKey)!.secret));

  // In the clear it was nowhere on the disk at any time, write-ahead log included.
  if (process.env['TEST_DATABASE_URL'] === undefined) {
    await stores.db.query({ text: 'checkpoint', values: [] });
    const [row] = await stores.db.query<{ folder: string }>({
      text: `select current_setting('data_directory') as folder`,
      values: [],
    });
    expect(await clusterUrl()).toContain('postgres.socket');
    const found = await searchFiles(
      row!.folder,
      [HEADER_SECRET, KEY_SECRET, ...secrets, ...lost].map((text) => Buffer.from(text)),
    );
    expect(found).toEqual([]);
  }

  expect(await cli.json(['audit', 'verify'])).toMatchObject({ code: 0, document: { ok: true } });
  const shown = await cli.json(['keys', 'show', first.id]);
  expect(shown.document).toMatchObject({ status: 'deleted' });
  expect(shown.document.history.map(({ type }) => type)).toEqual([
    'ApiKeyCreated',
    'ApiKeyCredentialSet',
    'ApiKeyRotated',
    'ApiKeyDeleted',
  ]);
});

/** Finds the files below a folder that hold one of the needles. */
async function searchFiles(folder: string, needles: readonly Buffer[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  let searched = 0;
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    // Files come and go while the server runs.
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    searched += bytes.length;
    if (needles.some((needle) => bytes.includes(needle))) found.push(path);
  }
  expect(searched).toBeGreaterThan(10_000_000);
  return found;
}
