import { afterAll, beforeEach, expect, it } from 'vitest';
import { openApplyWorld, stepsOf, type ApplyWorld } from './applyWorld.ts';
import { pristineWorlds } from './importWorld.ts';
import { runWithPerson } from './terminal.ts';

const worlds = pristineWorlds(openApplyWorld);
let world: ApplyWorld;
beforeEach(async () => {
  world = await worlds.next();
});
afterAll(() => worlds[Symbol.asyncDispose]());

const FILE = `version: 1
servers: { github: { url: https://github.example/mcp }, wiki: { url: https://wiki.example/mcp } }
roles:
  engineering: { grants: [github] }
keys:
  ann: { roles: [engineering] }
`;

it('apply makes roles before the keys that have them, changes them once for all, and nothing the second time [configuration-roles]', async () => {
  expect(stepsOf(await world.apply(FILE, ['--dry-run']))).toContain('create role engineering');
  expect(await world.events()).toEqual([]);
  const first = await world.apply(FILE);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(stepsOf(first).slice(2)).toEqual(['create role engineering', 'create key ann']);
  const id = first.document.keys[0]?.id ?? '';
  expect(await world.key(id)).toMatchObject({ grants: [], roles: [{ name: 'engineering', grants: ['github'] }] });
  expect(await world.diff(FILE)).toMatchObject({ code: 0, document: { differs: false } });

  const before = (await world.events()).length;
  const wider = await world.apply(FILE.replace('[github]', '[github, wiki]'));
  expect(wider.document.steps.find(({ kind }) => kind === 'role')?.changes).toEqual([
    { field: 'grants', before: ['github'], after: ['github', 'wiki'] },
  ]);
  expect((await world.events()).slice(before)).toEqual(['KeyRoleChanged']);
  expect(await world.key(id)).toMatchObject({ roles: [{ grants: ['github', 'wiki'] }] });

  // One of the same name is another one, which the key is given anew.
  await world.cli.run(['roles', 'delete', 'engineering', '--confirm']);
  const again = await world.apply(FILE);
  expect(stepsOf(again).slice(2)).toEqual(['create role engineering', 'change key ann']);
  expect(await world.key(id)).toMatchObject({ roles: [{ name: 'engineering', grants: ['github'] }] });
});

it('a role that gives more does so once keys have lost it, and one that gives less before keys get it [configuration-roles]', async () => {
  const keys = (a: string, b: string) => `keys: { ann: ${a}, bob: ${b} }\n`;
  const roles = (grants: string) => `version: 1\nroles: { ops: { grants: ${grants} } }\n`;
  const has = '{ roles: [ops] }';
  const none = '{ grants: [github] }';
  await world.apply(roles('[github]') + keys(has, none));
  const wider = await world.apply(roles('[github, wiki]') + keys(none, none));
  expect(stepsOf(wider)).toEqual(['change key ann', 'none key bob', 'change role ops']);
  const narrower = await world.apply(roles('[github]') + keys(none, has));
  expect(stepsOf(narrower)).toEqual(['change role ops', 'none key ann', 'change key bob']);
});

it('a role that gives something more and something less gives less before keys get it, and more once keys have lost it [configuration-roles]', async () => {
  const keys = (a: string, b: string) => `keys: { ann: ${a}, bob: ${b} }\n`;
  const roles = (grants: string) => `version: 1\nroles: { ops: { grants: ${grants} } }\n`;
  const has = '{ roles: [ops] }';
  const none = '{ grants: [github] }';
  await world.apply(roles("[mail, '*']") + keys(has, none));
  // What includes what is one change.
  const narrower = await world.apply(roles("[github, 'wiki:*', chat]") + keys(has, none));
  expect(stepsOf(narrower)).toEqual(['change role ops', 'none key ann', 'none key bob']);
  const before = (await world.events()).length;
  const file = roles("[github, 'wiki:read_*', files]") + keys(none, has);
  expect(stepsOf(await world.apply(file, ['--dry-run']))).toHaveLength(4);
  const both = await world.apply(file);
  expect(both).toMatchObject({ code: 0, stderr: '' });
  expect(stepsOf(both)).toEqual(['change role ops', 'change key ann', 'change key bob', 'change role ops']);
  const [less, , , more] = both.document.steps.map(({ changes }) => changes);
  expect(less).toEqual([{ field: 'grants', before: ['chat', 'github', 'wiki:*'], after: ['github', 'wiki:read_*'] }]);
  expect(more).toEqual([
    { field: 'grants', before: ['github', 'wiki:read_*'], after: ['files', 'github', 'wiki:read_*'] },
  ]);
  expect((await world.events()).slice(before)).toEqual([
    'KeyRoleChanged',
    'ApiKeyAccessChanged',
    'ApiKeyAccessChanged',
    'KeyRoleChanged',
  ]);
  expect(await world.diff(file)).toMatchObject({ code: 0, document: { differs: false } });
});

it('what stops between the two changes of a role says which of them is done and which is not [configuration-roles] [configuration-conflict]', async () => {
  const file = (grants: string, ann: string, rest = '') =>
    `version: 1\nroles: { ops: { grants: ${grants} } }\nkeys: { ann: ${ann}${rest} }\n`;
  await world.apply(file('[github, chat]', '{ roles: [ops] }', ', old: {}'));
  await world.write(file('[github, files]', '{ grants: [github] }'), 'metamcp.yaml');
  const outcome = await runWithPerson(
    world.cli,
    ['--json', 'apply', '-f', 'metamcp.yaml', '--prune'],
    [
      {
        question: 'Remove for good',
        answer: async () => {
          await world.cli.run(['keys', 'inactivate', 'ann']);
          return 'y\r';
        },
      },
    ],
  );
  expect(outcome.code).toBe(1);
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    error: {
      message: expect.stringMatching(
        /Done before: role ops: what it loses\.\n +Not done: role ops: what it gains, key old/,
      ),
      data: {
        failed: expect.stringMatching(/^key ann/),
        done: ['role ops: what it loses'],
        not_done: ['role ops: what it gains', expect.stringMatching(/^key old/)],
      },
    },
  });
});

it('a role that is neither in the file nor there, or that goes, is refused before anything is changed [configuration-roles]', async () => {
  const unknown = await world.apply('version: 1\nkeys: { ann: { roles: [nobody] } }\n');
  expect(unknown).toMatchObject({
    code: 2,
    document: { error: { data: { problems: [{ code: 'role-not-found', line: 2 }] } } },
  });
  await world.apply(FILE);
  const pruned = await world.apply('version: 1\nroles: {}\nkeys: { ann: { roles: [engineering] } }\n', [
    '--prune',
    '--yes',
  ]);
  expect(pruned.document.error.data.problems).toMatchObject([{ code: 'role-not-found' }]);
  const gone = await world.apply('version: 1\nroles: {}\n', ['--prune', '--yes']);
  expect(stepsOf(gone)).toEqual(['remove role engineering']);
});
