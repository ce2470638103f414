import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { env, FILE, openApplyWorld, stepsOf, type ApplyWorld } from './applyWorld.ts';
import { pristineWorlds } from './importWorld.ts';

const KEY = /mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/g;

const worlds = pristineWorlds(openApplyWorld);
let world: ApplyWorld;
beforeEach(async () => {
  world = await worlds.next();
});
afterAll(() => worlds[Symbol.asyncDispose]());

describe('apply', () => {
  it('makes what the file says, servers first, one event for each change, and nothing the second time [configuration-apply] [configuration-no-secrets]', async () => {
    const first = await world.apply(FILE, ['--reason', 'set up'], { env });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(first)).toEqual([
      'create server github',
      'create server wiki',
      'create key ci',
      'create key paused',
    ]);
    expect(first.document.steps.every(({ done }) => done)).toBe(true);
    // Of what is new, the plan shows what is not so by default.
    expect(first.document.steps.map(({ changes }) => changes.map(({ field }) => field))).toEqual([
      ['url', 'title', 'headers.authorization'],
      ['url', 'enabled'],
      ['description', 'scopes', 'grants', 'expires'],
      ['scopes', 'grants', 'active'],
    ]);
    const written = [
      'McpServerRegistered',
      'McpServerRegistered',
      'McpServerDisabled',
      'ApiKeyCreated',
      'ApiKeyCreated',
      'ApiKeyInactivated',
    ];
    expect(await world.events()).toEqual(written);
    const [ci] = first.document.keys;
    expect(first.document.keys.map(({ name }) => name)).toEqual(['ci', 'paused']);
    expect(ci?.api_key).toMatch(KEY);
    expect(await world.key(ci?.id ?? '')).toMatchObject({
      description: 'builds',
      scopes: ['mcp'],
      grants: ['github:search_*', 'wiki'],
      expires_at: '2099-12-31T00:00:00.000Z',
    });

    const again = await world.apply(FILE, [], { env });
    expect(stepsOf(again).every((step) => step.startsWith('none'))).toBe(true);
    expect(await world.events()).toEqual(written);
    expect(await world.diff(FILE, [], { env })).toMatchObject({ code: 0, stderr: '', document: { differs: false } });
    expect(JSON.stringify([first, again])).not.toContain('hush');
  });

  it('shows each field before and after, a secret as (secret), and changes that alone', async () => {
    await world.apply(FILE, [], { env });
    const before = (await world.events()).length;
    const changed = FILE.replace('title: GitHub', 'title: Hub')
      .replace('enabled: false', 'limits: { max_in_flight: 3 }')
      .replace("['github:search_*', wiki]", '[wiki]')
      .replace('active: false', 'expires: 2100-01-01T02:00:00+02:00');
    const { code, document } = await world.apply(changed, [], { env: { GITHUB_TOKEN: 'other-hush' } });
    expect(code).toBe(0);
    expect(document.steps.map(({ name, changes }) => [name, changes])).toEqual([
      [
        'github',
        [
          { field: 'title', before: 'GitHub', after: 'Hub' },
          { field: 'headers.authorization', before: '(secret)', after: '(secret)' },
        ],
      ],
      [
        'wiki',
        [
          { field: 'limits.max_in_flight', before: 1_000, after: 3 },
          { field: 'enabled', before: false, after: true },
        ],
      ],
      ['ci', [{ field: 'grants', before: ['github:search_*', 'wiki'], after: ['wiki'] }]],
      [
        'paused',
        [
          { field: 'expires', before: null, after: '2100-01-01T00:00:00.000Z' },
          { field: 'active', before: false, after: true },
        ],
      ],
    ]);
    // Narrow before, widen after: a server is never enabled, and a key never active, with what it should not have.
    expect((await world.events()).slice(before)).toEqual([
      'McpServerUpdated',
      'McpServerUpdated',
      'McpServerEnabled',
      'ApiKeyAccessChanged',
      'ApiKeyAccessChanged',
      'ApiKeyActivated',
    ]);
  });

  it('takes back what the file does not say any more: a header, a title, a limit', async () => {
    await world.apply(FILE, [], { env });
    const { document } = await world.apply('version: 1\nservers: { github: { url: https://github.example/mcp } }\n');
    expect(document.steps[0]?.changes).toEqual([
      { field: 'title', before: 'GitHub', after: null },
      { field: 'headers.authorization', before: '(secret)', after: null },
    ]);
    expect(await world.shown('github')).toMatchObject({ header_names: [], has_secrets: false });
  });

  it('takes a header in other letters for the same, and the order of scopes, grants and headers for nothing', async () => {
    const yaml = (headers: string, access: string) =>
      `version: 1\nservers: { a: { url: "https://a.example", headers: ${headers} } }\nkeys: { k: ${access} }\n`;
    await world.apply(yaml('{ A-B: "1", C: "2" }', '{ scopes: [mcp, "keys:read"], grants: [a, b] }'));
    const { code, document } = await world.diff(
      yaml('{ c: "2", a-b: "1" }', '{ scopes: ["keys:read", mcp, mcp], grants: [b, a] }'),
    );
    expect({ code, differs: document.differs }).toEqual({ code: 0, differs: false });
    const moved = yaml('{ c: "2", a-b: "1" }', '{ scopes: ["keys:read", mcp], grants: [b, a] }').replace(
      'a.example',
      'b.example',
    );
    expect((await world.apply(moved)).document.steps[0]?.changes).toHaveLength(1);
    expect(await world.events()).toEqual(['McpServerRegistered', 'ApiKeyCreated', 'McpServerUpdated']);
  });

  it('does nothing with --dry-run, and shows the plan to people', async () => {
    const { code, stdout, stderr } = await world.applyAsText(FILE, ['--dry-run', '--secrets-out', 'keys'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const words of ['+ server github', '    headers.authorization: (secret)', '+ key ci', '4 to create']) {
      expect(stdout).toContain(words);
    }
    expect(await world.events()).toEqual([]);
    await expect(stat(join(world.cli.folder, 'keys'))).rejects.toThrow('ENOENT');
  });

  it('shows a new key once, or writes it to a file that only its owner can read [configuration-new-keys]', async () => {
    const shown = await world.applyAsText('version: 1\nkeys: { one: {} }\n');
    expect(shown.stdout.match(KEY)).toHaveLength(1);
    const quiet = await world.applyAsText('version: 1\nkeys: { one: {}, two: {} }\n', ['--secrets-out', 'keys.jsonl']);
    expect(quiet.code).toBe(0);
    expect(quiet.stdout + quiet.stderr).not.toMatch(KEY);
    const path = join(world.cli.folder, 'keys.jsonl');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const line = JSON.parse(await readFile(path, 'utf8')) as { name: string; api_key: string };
    expect(line).toMatchObject({ name: 'two', api_key: expect.stringMatching(KEY) });
    // A file that exists is never written over, and nothing is done without it.
    const refused = await world.apply('version: 1\nkeys: { three: {} }\n', ['--secrets-out', 'keys.jsonl']);
    expect(refused).toMatchObject({ code: 2, document: { error: { code: 'usage' } } });
    expect(await world.events()).toHaveLength(2);
  });

  it('works with the example as it stands', async () => {
    const folder = join(world.cli.folder, 'configuration');
    await cp(fileURLToPath(new URL('../../examples/configuration/', import.meta.url)), folder, { recursive: true });
    await mkdir(join(folder, 'secrets'));
    await writeFile(join(folder, 'secrets', 'search-key'), 'search-hush\n');
    const argv = ['apply', '-f', 'configuration/metamcp.yaml'];
    expect(await world.cli.run(argv, { env })).toMatchObject({ code: 0, stderr: '' });
    const again = await world.cli.run(argv, { env });
    expect(again.stdout).toContain('Everything is as the file says.');
    expect(again.stdout).toContain('= 6 unchanged');
  });

  it('reads an export of the servers that are there as no difference [configuration-export-round-trip]', async () => {
    await world.apply(FILE, [], { env });
    const { stdout } = await world.cli.run(['servers', 'export']);
    expect(await world.diff(stdout, [], { env: { GITHUB_AUTHORIZATION: 'Bearer ghp-hush' } })).toMatchObject({
      code: 0,
    });
  });
});

describe('diff', () => {
  it('ends with 1 when there is a difference, and changes nothing [configuration-diff]', async () => {
    const first = await world.diff(FILE, [], { env });
    expect(first).toMatchObject({ code: 1, document: { differs: true } });
    expect(first.stderr).toContain('4 to create');
    expect(await world.events()).toEqual([]);
    await world.write(FILE, 'metamcp.yaml');
    const text = await world.cli.run(['diff', '-f', '-'], { stdin: FILE, env });
    expect(text).toMatchObject({ code: 1, stdout: expect.stringContaining('+ key ci') });
  });

  it('counts what is not in the file only with --prune [configuration-diff] [configuration-prune]', async () => {
    await world.createKey('by hand');
    const empty = 'version: 1\nkeys: {}\n';
    const quiet = await world.diff(empty);
    expect(quiet).toMatchObject({ code: 0, document: { unmanaged: [{ kind: 'key', name: 'by hand' }] } });
    expect(await world.diff(empty, ['--prune'])).toMatchObject({ code: 1 });
    // A section that is absent is not managed.
    expect(await world.diff('version: 1\nservers: {}\n', ['--prune'])).toMatchObject({ code: 0 });
  });
});
