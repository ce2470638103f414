import { describe, expect, it } from 'vitest';
import { sql } from '../../src/postgres/sql.ts';
import { displayWidth } from '../../cli/output/width.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import { type Document } from './inProcess.ts';
import { cliFixture } from './cliFixture.ts';

const cli = cliFixture();

async function create(...options: string[]): Promise<Document> {
  const { code, document } = await cli.json(['keys', 'create', '--name', 'ci', ...options]);
  expect(code).toBe(0);
  return document;
}

async function show(id: string) {
  return (await cli.json(['keys', 'show', id])).document;
}

describe('keys list', () => {
  it('lists active keys, and with --include-inactive all of them, the oldest first', async () => {
    const [a, b] = [await create(), await create()];
    await cli.run(['keys', 'delete', a.id, '--confirm']);
    const ids = async (...options: string[]) => (await cli.list(['keys', 'list', ...options])).map(({ id }) => id);
    const active = await ids();
    expect(active).toContain(b.id);
    expect(active).not.toContain(a.id);
    const all = await ids('--include-inactive');
    expect(all.indexOf(a.id)).toBeLessThan(all.indexOf(b.id));
  });

  it('says how to begin when there are none', async () => {
    await using empty = await createTestDatabase();
    const env = { DATABASE_URL: empty.url };
    expect(await cli.run(['keys', 'list'], { env })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('keys create'),
    });
    expect(await cli.run(['keys', 'list', '--json'], { env })).toMatchObject({ code: 0, stdout: '[]\n' });
  });

  it('goes through many keys page by page, and each comes once [http-pages-complete]', async () => {
    await using many = await createTestDatabase();
    await many.db.query(sql`
      insert into api_keys (id, name, status, scopes, grants, created_at, created_by, updated_at, revision)
      select ('019a0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'key ' || n, 'active', '{mcp}', '{*}',
        '2026-11-23'::timestamptz + n / 100 * interval '1 s', 'cli:test@host', '2026-11-23', 0
      from generate_series(1, 1201) as n`);
    const env = { DATABASE_URL: many.url };
    const keys = await cli.list(['keys', 'list'], { env });
    expect(keys.map(({ name }) => name)).toEqual(Array.from({ length: 1_201 }, (_, n) => `key ${n + 1}`));
    const { stdout } = await cli.run(['keys', 'list'], { env });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1_202);
  });

  it('fits a terminal of 40 columns, with enough of each id to name the key', async () => {
    const { id } = await create();
    const { stdout } = await cli.run(['keys', 'list'], { columns: 40, env: { NO_COLOR: '1' } });
    const lines = stdout.trimEnd().split('\n');
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(40);
    const line = lines.find((each) => each.startsWith('ci ') && each.includes(id.slice(-8)));
    expect(await show(line?.split(/ +/)[1] ?? '')).toMatchObject({ id });
    expect((await cli.run(['keys', 'list'], { env: { COLUMNS: '40' } })).stdout.split('\n')[0]).toHaveLength(
      lines[0]!.length,
    );
  });

  it('has colours in a terminal, and none in a pipe or with NO_COLOR', async () => {
    await create();
    const escapeCharacter = '\u001b';
    expect((await cli.run(['keys', 'list'], { columns: 100 })).stdout).toContain(escapeCharacter);
    expect((await cli.run(['keys', 'list'])).stdout).not.toContain(escapeCharacter);
    expect((await cli.run(['keys', 'list'], { columns: 100, env: { NO_COLOR: '1' } })).stdout).not.toContain(
      escapeCharacter,
    );
    expect((await cli.run(['keys', 'list'], { columns: 100, env: { TERM: 'dumb' } })).stdout).not.toContain(
      escapeCharacter,
    );
  });

  it('shows a hostile name without obeying it, wherever it is shown [cli-hostile-text]', async () => {
    const { document } = await cli.json(['keys', 'create', '--name', HOSTILE, '--description', HOSTILE]);
    const { id } = document;
    expect(document.name).toBe(HOSTILE);
    for (const argv of [
      ['keys', 'list', '--include-inactive'],
      ['keys', 'show', id],
      ['keys', 'inactivate', id, '--reason', HOSTILE],
      ['keys', 'show', id],
      ['keys', 'show', id.slice(0, 3)],
      ['keys', 'activate', id],
      ['keys', 'rotate', id],
    ]) {
      const text = await cli.run(argv);
      const json = await cli.run(['--json', ...argv]);
      for (const line of [text, json].flatMap(({ stdout, stderr }) => `${stdout}\n${stderr}`.split('\n'))) {
        expect(line).not.toMatch(DANGEROUS);
      }
    }
  });
});
