import { createHash } from 'node:crypto';
import { readdir, readFile, rename, lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/embeddedPostgres.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { makeFolder, type TestFolder } from '../embedded/folder.ts';
import { sqlAt } from '../embedded/sqlAt.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';

// What `doctor` and `status` look at is there afterwards as it was before: each file and each row.

/** Of an installation in a state folder of its own. */
const EMBEDDED = {
  DATABASE_URL: undefined,
  EVENT_STORE_URL: undefined,
  JWT_SECRET: undefined,
  ENCRYPTION_KEY: undefined,
};

let cli: InProcessCli;
let home: TestFolder;
let running: EmbeddedPostgres;

beforeAll(async () => {
  home = makeFolder('metamcp doctor ');
  cli = await openInProcessCli('');
  // As a gateway that runs keeps it.
  running = await openEmbeddedPostgres({ stateFolder: home.path, logger: createLogger('silent') });
  const { code, stderr } = await cli.run(['keys', 'create', '--name', 'laptop'], { env: state(home.path) });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  home[Symbol.dispose]();
});

const state = (folder: string) => ({ ...EMBEDDED, METAMCP_HOME: folder, SERVER_PORT: '1' });

interface Finding {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** Runs both, and compares all that there is before and after. */
async function examined(env: Readonly<Record<string, string | undefined>>, url: string | undefined) {
  const folder = env['METAMCP_HOME'] ?? cli.folder;
  const before = await everything(folder, url);
  const { stdout } = await cli.run(['doctor', '--json'], { env });
  expect((await cli.run(['status'], { env })).stdout).not.toBe('');
  expect(await everything(folder, url)).toEqual(before);
  return (JSON.parse(stdout) as { findings: Finding[] }).findings;
}

async function everything(folder: string, url: string | undefined) {
  return { files: await filesOf(folder), rows: url === undefined ? undefined : await rowsOf(url) };
}

/** What PostgreSQL writes for itself, and its log: its rows are compared instead. */
const POSTGRES = /^postgres(?:\.log)?(?:\/|$)/;

async function filesOf(folder: string): Promise<Readonly<Record<string, string>> | undefined> {
  const names = await readdir(folder, { recursive: true }).catch(() => undefined);
  if (names === undefined) return undefined;
  const found: Record<string, string> = {};
  for (const name of names.filter((each) => !POSTGRES.test(each)).toSorted()) {
    const stats = await lstat(join(folder, name));
    const content = stats.isFile() ? digest(await readFile(join(folder, name))) : '';
    found[name] = `${stats.mode.toString(8)} ${content}`;
  }
  return found;
}

async function rowsOf(url: string): Promise<Readonly<Record<string, string>>> {
  const tables = await sqlAt<{ name: string }>(
    url,
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const found: Record<string, string> = {};
  for (const { name } of tables) {
    const rows = await sqlAt<{ row: string }>(url, `select t::text as row from ${name} t order by 1`);
    found[name] = `${rows.length} ${digest(rows.map(({ row }) => row).join('\n'))}`;
  }
  return found;
}

function digest(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('an examination writes nothing', () => {
  it('of a whole installation [cli-doctor-writes-nothing]', async () => {
    const findings = await examined(state(home.path), running.url);
    expect(findings.filter(({ state: found }) => found === 'problem')).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'event-store', state: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'secrets-fit', state: 'ok' }));
  });

  it('of tables that lack events, and that know no store yet [cli-doctor-writes-nothing]', async () => {
    await sqlAt(
      running.url,
      `update checkpoints set position = null, store = null, bookmark_stream = null, bookmark_id = null, bookmark_hash = null;
       update installation set key_checks = null`,
    );
    const findings = await examined(state(home.path), running.url);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'event-store', state: 'ok' }));
    await cli.run(['keys', 'list'], { env: state(home.path) });
  });

  it('where secrets.json is missing beside a database, whose remedy it names, as each command does [cli-doctor-writes-nothing] [auth-secrets-lost]', async () => {
    const secrets = join(home.path, 'secrets.json');
    await rename(secrets, `${secrets}.away`);
    const findings = await examined(state(home.path), running.url);
    const { encryptionKey } = JSON.parse(await readFile(`${secrets}.away`, 'utf8')) as { encryptionKey: string };
    const set = await examined({ ...state(home.path), ENCRYPTION_KEY: encryptionKey }, running.url);
    const started = await cli.run(['keys', 'create', '--name', 'phone'], { env: state(home.path) });
    const left = await filesOf(home.path);
    await rename(`${secrets}.away`, secrets);
    // Nor does what comes after an examination make another one in its place.
    expect(started).toMatchObject({ code: 1, stderr: expect.stringContaining('secrets.json is missing') as string });
    expect(left).not.toHaveProperty(['secrets.json']);
    // Set, it opens what is in the database.
    expect(set.filter(({ state: found }) => found === 'problem')).toEqual([]);
    expect(findings).toContainEqual({
      check: 'secrets-fit',
      state: 'problem',
      detail: expect.stringMatching(/secrets\.json is missing.* from a backup/) as string,
      remedy: expect.stringContaining('docs/operating.md') as string,
    });
    // What needs no secret is looked at all the same.
    expect(findings).toContainEqual(expect.objectContaining({ check: 'event-store', state: 'ok' }));
    expect(findings).toContainEqual(expect.objectContaining({ check: 'read-tables', state: 'ok' }));
  });

  it('of a database that nothing has worked on yet, and says so [cli-doctor-writes-nothing]', async () => {
    await using database = await createTestDatabase();
    await database.db.query({ text: 'delete from installation', values: [] });
    const env = { DATABASE_URL: database.url, EVENT_STORE_URL: undefined, SERVER_PORT: '1' };
    const findings = await examined(env, database.url);
    for (const check of ['event-store', 'secrets-fit'])
      expect(findings).toContainEqual({
        check,
        state: 'unknown',
        detail: expect.any(String) as string,
        remedy: expect.any(String) as string,
      });
  });

  it('of a state folder that is empty, and of one that is not there [cli-doctor-writes-nothing]', async () => {
    using empty = makeFolder('metamcp empty ');
    for (const folder of [empty.path, join(empty.path, 'missing')]) {
      const findings = await examined(state(folder), undefined);
      expect(findings).toContainEqual(
        expect.objectContaining({
          check: 'database',
          state: 'warning',
          remedy: expect.stringContaining('METAMCP_HOME') as string,
        }),
      );
    }
  });
});
