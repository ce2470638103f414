import { describe, expect, it } from 'vitest';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { cliFixture } from './cliFixture.ts';
import { openInProcessCli } from './inProcess.ts';

const cli = cliFixture();

const done = async (...argv: string[]) => {
  const result = await cli.json(argv);
  expect(result).toMatchObject({ code: 0 });
  return result.document;
};
const text = async (...argv: string[]) => (await cli.run(argv)).stdout;

describe('roles', () => {
  it('give a new server to all keys that have them by one change, and each key shows where its access comes from [auth-roles]', async () => {
    await done('roles', 'create', 'engineering', '--grant', 'github,jira:search_*', '--description', 'All of it');
    const ann = await done('keys', 'create', '--name', 'ann', '--role', 'engineering');
    expect(ann).toMatchObject({
      scopes: [],
      grants: [],
      roles: [{ name: 'engineering', scopes: ['mcp', 'servers:read'], grants: ['github', 'jira:search_*'] }],
    });
    const bob = await done('keys', 'create', '--name', 'bob', '--grant', 'github', '--scope', 'mcp');
    await done('keys', 'access', bob.id, '--add-role', 'engineering');
    const changed = await done('roles', 'access', 'engineering', '--add-grant', 'wiki', '--reason', 'the new wiki');
    expect(changed).toMatchObject({ changed: true, keys: 2, grants: ['github', 'jira:search_*', 'wiki'] });

    expect(await text('keys', 'show', 'bob')).toMatch(
      /Grants +github, jira:search_\* \(by engineering\), wiki \(by engineering\)\nRoles +engineering\n/,
    );
    const found = async (...filter: string[]) => (await cli.list(['keys', 'list', ...filter])).map(({ name }) => name);
    expect(await found('--role', 'engineering')).toEqual(['ann', 'bob']);
    expect(await found('--grant', 'wiki')).toEqual(['ann', 'bob']);
    expect(await text('roles', 'list')).toMatch(/engineering +2 +github, jira:search_\*, wiki/);
    const shown = await text('roles', 'show', 'engineering');
    expect(shown).toMatch(/Keys +ann \([0-9a-f]{8}\), bob \([0-9a-f]{8}\)/);
    expect(shown).toMatch(/Changed.*the new wiki.*grants github, jira:search_\* → github, jira:search_\*, wiki/);
    expect(await text('audit', 'tail', '--subject', 'engineering')).toMatch(/KeyRoleChanged +engineering/);

    expect(await text('audit', 'at', 'now')).toMatch(/ROLE +GRANTS.*\n *engineering +github, jira:search_\*, wiki/);
    const then = await done('audit', 'at', 'now', '--key', 'ann');
    expect(then).toMatchObject({
      keys: [{ roles: [{ name: 'engineering', grants: expect.arrayContaining(['wiki']) }] }],
    });

    await done('keys', 'access', 'bob', '--remove-role', 'engineering');
    expect(await done('keys', 'show', 'bob')).not.toHaveProperty('roles');
    const successor = await done('keys', 'rotate', 'ann');
    expect(successor).toMatchObject({ scopes: [], roles: [{ name: 'engineering' }] });
  });

  it('are looked up once, however many keys get them by one command [auth-roles]', async () => {
    await done('roles', 'create', 'once', '--grant', 'github');
    for (const name of ['first', 'second', 'third']) await done('keys', 'create', '--name', name, '--tag', 'once=1');
    let lookUps = 0;
    await using counting = await openInProcessCli(cli.database.url, cli.env, async (options) => {
      const stores = await openStores(options);
      const find: Stores['roles']['find'] = (names) => {
        lookUps += 1;
        return stores.roles.find(names);
      };
      return { ...stores, roles: { ...stores.roles, find } };
    });
    const { code, stderr } = await counting.run([
      'keys',
      'access',
      '--tag',
      'once=1',
      '--add-role',
      'once',
      '--confirm',
    ]);
    expect({ code, stderr, lookUps }).toEqual({ code: 0, stderr: '', lookUps: 1 });
    expect(await text('keys', 'list', '--role', 'once')).toMatch(/first[^]*second[^]*third/);
  });

  it('are deleted only by --confirm, which is told how many keys lose them [auth-roles]', async () => {
    await done('roles', 'create', 'guests', '--grant', 'wiki');
    await done('keys', 'create', '--name', 'guest', '--role', 'guests');
    const asked = await cli.run(['roles', 'delete', 'guests']);
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining('is lost by 1 key') });
    const dry = await done('roles', 'delete', 'guests', '--dry-run');
    expect(dry).toMatchObject({ would_change: true, would_append: ['KeyRoleDeleted'], keys: 1 });
    expect(await text('roles', 'delete', 'guests', '--confirm')).toContain(
      'is deleted. What it gives is lost by 1 key.',
    );
    expect(await text('keys', 'show', 'guest')).toMatch(/Roles +guests \(gives nothing: deleted\)/);
    expect(await done('keys', 'show', 'guest')).toMatchObject({
      roles: [{ name: 'guests', lost: 'deleted', grants: [] }],
    });
    expect((await cli.json(['roles', 'show', 'guests'])).document).toMatchObject({ error: { code: 'role-not-found' } });
    // Another role of the name: a change of those who have it is none of who had the old one.
    await done('roles', 'create', 'guests', '--grant', '*');
    await done('keys', 'create', '--name', 'later', '--role', 'guests');
    expect((await cli.list(['keys', 'list', '--role', 'guests'])).map(({ name }) => name)).toEqual(['later']);
  });

  it('that are left out of a filter make no filter wider [auth-many-keys]', async () => {
    const { code, stderr } = await cli.run(['keys', 'inactivate', '--tag', 'team=a', '--role', 'none', '--confirm']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('name it')]);
  });

  it.each([
    [['roles', 'create', 'None!', '--grant', '*'], /role-invalid|no name of a role/],
    [['roles', 'create', 'none', '--grant', '*'], /stands for no role/],
    [['keys', 'access', 'x', '--role', 'a', '--add-role', 'b'], /--role replaces what there is/],
    [['roles', 'access', 'x', '--grant', 'a', '--add-grant', 'b'], /--grant says what it grants/],
    [['roles', 'access', 'x'], /Say what to change/],
  ])('%j is refused with what is allowed', async (argv, message) => {
    const { code, stderr } = await cli.run(argv);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(message);
  });

  it('that there are not are given to nobody', async () => {
    const { code, document } = await cli.json(['keys', 'create', '--name', 'x', '--role', 'nobody']);
    expect([code, document]).toMatchObject([1, { error: { code: 'role-not-found' } }]);
  });
});
