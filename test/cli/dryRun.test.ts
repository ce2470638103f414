import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../../cli/schemas/shapes.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { sql } from '../../src/postgres/sql.ts';
import { describedCommands, describedCommandLine } from './commandTree.ts';
import { MATRIX } from './matrix.ts';
import type { Invocation } from './matrixRow.ts';
import { openWorld, where, type World } from './matrixWorld.ts';

let world: World;
let stores: Stores;
beforeAll(async () => {
  world = await openWorld();
  const settings = readSettings({ env: world.cli.env, cwd: world.cli.folder });
  stores = await openStores({ settings, logger: createLogger('silent'), applicationName: 'test' });
});
afterAll(async () => {
  await stores[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** What a command could have left behind. */
async function traces() {
  const [deks] = await stores.db.query<{ count: string }>(sql`select count(*) from vault_keys`);
  return { last: await stores.events.end(), deks: deks?.count };
}

interface Foreseen {
  readonly dry_run: boolean;
  readonly would_change: boolean;
  readonly would_append: readonly string[];
}

async function dry(argv: readonly string[], options: Partial<Invocation> = {}) {
  const { code, stdout } = await world.cli.run(['--json', ...argv, '--dry-run'], options);
  expect(code).toBe(0);
  return JSON.parse(stdout) as Foreseen;
}

const dryCommands = describedCommands(await describedCommandLine())
  .filter(({ command }) => command.options.some(({ long }) => long === '--dry-run'))
  .map(({ path }) => path);

describe.each(dryCommands)('%s --dry-run', (path) => {
  const row = MATRIX[path]!;
  it('leaves neither an event nor a key in the vault [cli-dry-run]', async () => {
    const { argv, ...options } = await row.done(world);
    const before = await traces();
    for (const form of [[], ['--json']]) {
      const { code, stdout, stderr } = await world.cli.run([...form, ...argv, '--dry-run'], options);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/\S/);
      if (form.length > 0) expect(SHAPES[path]?.safeParse(JSON.parse(stdout)).error).toBeUndefined();
    }
    expect(await traces()).toEqual(before);
    // Done in earnest, it leaves something, or it is no change at all.
    expect(await world.cli.run(argv, options)).toMatchObject({ code: 0 });
  });

  const { refused } = row;
  where(typeof refused !== 'string')('is refused with what would refuse the command [cli-dry-run]', async () => {
    if (typeof refused === 'string') return;
    const { argv, ...options } = await refused.run(world);
    const before = await traces();
    const { code, stdout, stderr } = await world.cli.run(['--json', ...argv, '--dry-run'], options);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain(refused.code);
    expect(await traces()).toEqual(before);
  });
});

describe('a dry run', () => {
  it('exists for every command that changes a key or a server [cli-dry-run]', () => {
    for (const path of ['create', 'inactivate', 'activate', 'access', 'rotate', 'delete'])
      expect(dryCommands).toContain(`keys ${path}`);
    for (const path of ['add', 'update', 'enable', 'disable', 'remove'])
      expect(dryCommands).toContain(`servers ${path}`);
  });

  it('foresees the very events that follow, and none when things are already so [cli-dry-run]', async () => {
    const { id } = await world.key();
    const server = await world.server();
    for (const [argv, events] of [
      [['keys', 'activate', id], []],
      [['keys', 'inactivate', id], ['ApiKeyInactivated']],
      [['keys', 'access', id, '--grant', 'jira'], ['ApiKeyAccessChanged']],
      [['keys', 'access', id, '--grant', 'jira'], []],
      [['keys', 'activate', id], ['ApiKeyActivated']],
      [
        ['keys', 'rotate', id, '--grace', '1h'],
        ['ApiKeyCreated', 'ApiKeyRotated'],
      ],
      [['servers', 'enable', server], []],
      [['servers', 'disable', server], ['McpServerDisabled']],
      [['servers', 'update', server, '--title', 'New'], ['McpServerUpdated']],
      [['servers', 'update', server, '--title', 'New'], []],
      [['servers', 'update', server, '--header', 'X-Secret: hush'], []],
      [['servers', 'update', server, '--header', 'X-Secret: other'], ['McpServerUpdated']],
      [['servers', 'remove', server, '--confirm'], ['McpServerDeleted']],
      [['servers', 'add', server, '--url', 'http://h/', '--header', 'A: b'], ['McpServerRegistered']],
      [['keys', 'delete', id, '--confirm'], ['ApiKeyDeleted']],
      [['keys', 'delete', id, '--confirm'], []],
    ] as const) {
      expect({ argv, ...(await dry(argv)) }).toMatchObject({
        argv,
        dry_run: true,
        would_change: events.length > 0,
        would_append: events,
      });
      const before = (await world.cli.list(['audit', 'tail', '-n', '1000'])).length;
      expect(await world.cli.run(argv)).toMatchObject({ code: 0 });
      const all = await world.cli.list(['audit', 'tail', '-n', '1000']);
      expect(all.slice(before).map(({ type }) => type)).toEqual(events);
    }
  });

  it.each([
    ['keys rotate', 'key-inactive', ['keys', 'inactivate']],
    ['keys rotate', 'key-already-rotated', ['keys', 'rotate']],
    ['keys activate', 'key-deleted', ['keys', 'delete', '--confirm']],
  ])('of %s is refused: %s [cli-dry-run]', async (path, code, before) => {
    const { id } = await world.key();
    const [group = '', verb = '', ...options] = before;
    await world.cli.run([group, verb, id, ...options]);
    const { stdout } = await world.cli.run(['--json', ...path.split(' '), id, '--dry-run']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  });

  it('needs no --confirm, for nothing is lost [cli-dry-run] [cli-confirm]', async () => {
    const { id } = await world.key();
    expect((await dry(['keys', 'delete', id])).would_append).toEqual(['ApiKeyDeleted']);
    expect(await world.cli.json(['keys', 'show', id])).toMatchObject({ document: { status: 'active' } });
    expect((await dry(['servers', 'remove', await world.server()])).would_append).toEqual(['McpServerDeleted']);
  });
});
