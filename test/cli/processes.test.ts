import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/postgres/sql.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type Document, type Outcome } from './inProcess.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

// The CLI itself, in processes of its own.

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(DATABASE_URL|EVENT_STORE_URL|JWT_|ENCRYPTION_|METAMCP_|SERVER_|LOG_LEVEL)/.test(name),
  ),
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder(), 'metamcp cli '));
  // As root, Postgres runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function start(argv: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { ...CLEAN, XDG_CACHE_HOME: join(folder, 'cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
  const child = start(argv, env);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: code as number, stdout, stderr };
}

describe('the CLI', () => {
  it('needs nothing but a state folder: two commands at once start one database, and a third finds both keys [embedded-shared] [projections-read-your-writes]', async () => {
    const env = { METAMCP_HOME: join(folder, 'state') };
    const created = await Promise.all(['a', 'b'].map((name) => run(['keys', 'create', '--name', name, '--json'], env)));
    expect(created).toMatchObject([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
    const ids = created.map(({ stdout }) => (JSON.parse(stdout) as Document).id).sort();
    const { code, stdout } = await run(['keys', 'list', '--json'], env);
    expect(code).toBe(0);
    const listed = JSON.parse(stdout) as Document[];
    expect(listed.map(({ id }) => id).sort()).toEqual(ids);
  });

  it('ends with 3 when the database can’t be reached, and with 2 when it is used wrongly', async () => {
    const secret = Buffer.alloc(32, 1).toString('base64');
    const env = { DATABASE_URL: 'postgresql://m:p@127.0.0.1:1/m', JWT_SECRET: secret, ENCRYPTION_KEY: secret };
    const [unreachable, wrong] = await Promise.all([run(['keys', 'list'], env), run(['keys'], env)]);
    expect(unreachable).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('can’t be reached') });
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--help') });
  });

  it('ends quietly when nobody reads on', async () => {
    await using database = await createTestDatabase();
    await using cli = await openInProcessCli(database.url);
    await database.db.query(sql`
      insert into api_keys (id, name, status, scopes, grants, created_at, created_by, updated_at, revision)
      select gen_random_uuid(), 'key ' || n, 'active', '{mcp}', '{*}', '2026-11-23'::timestamptz + n * interval '1 s',
        'cli:test@host', '2026-11-23', 0
      from generate_series(1, 5000) as n`);
    const child = start(['keys', 'list', '--json'], cli.env);
    const closed = once(child, 'close');
    const errors = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect((await closed)[0]).toBe(0);
    expect(await errors).toBe('');
  });
});
