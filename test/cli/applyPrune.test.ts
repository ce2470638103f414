import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { env, FILE, openApplyWorld, stepsOf, type ApplyWorld } from './applyWorld.ts';
import { pristineWorlds } from './importWorld.ts';
import { DANGEROUS } from './hostileText.ts';
import { runWithPerson } from './terminal.ts';

const KEY = /mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/g;

const worlds = pristineWorlds(openApplyWorld);
let world: ApplyWorld;
beforeEach(async () => {
  world = await worlds.next();
});
afterAll(() => worlds[Symbol.asyncDispose]());

describe('removal', () => {
  const LESS = 'version: 1\nservers: { github: { url: https://github.example/mcp } }\nkeys: { paused: {} }\n';

  it('is asked for by --prune and --yes, comes last, and says why [configuration-prune]', async () => {
    await world.apply(FILE, [], { env });
    const result = await world.apply(LESS);
    expect(result.document.unmanaged.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['server wiki', 'key ci']);
    expect(await world.apply(LESS, ['--prune'])).toMatchObject({ code: 2, document: { error: { code: 'usage' } } });
    const before = (await world.events()).length;
    const pruned = await world.apply(LESS.replace('paused: {}', 'paused: {}, more: {}'), [
      '--prune',
      '--yes',
      '--reason',
      'over',
    ]);
    expect(stepsOf(pruned).slice(-2)).toEqual(['remove key ci', 'remove server wiki']);
    expect((await world.events()).slice(before)).toEqual(['ApiKeyCreated', 'ApiKeyDeleted', 'McpServerDeleted']);
    const tail = await world.cli.run(['audit', 'tail', '--json']);
    expect(tail.stdout.match(/"reason":"over"/g)).toHaveLength(2);
    expect(await world.apply(LESS.replace('paused: {}', 'paused: {}, more: {}'), ['--prune'])).toMatchObject({
      code: 0,
    });
  });

  it('is asked about in a terminal, and a no changes nothing [configuration-prune]', async () => {
    await world.apply(FILE, [], { env });
    const before = await world.events();
    await world.write(LESS, 'less.yaml');
    const argv = ['apply', '-f', 'less.yaml', '--prune'];
    const no = await runWithPerson(world.cli, argv, [{ question: 'Remove for good', answer: () => 'n\r' }]);
    expect(no).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was changed') });
    expect(await world.events()).toEqual(before);
    const yes = await runWithPerson(world.cli, argv, [{ question: 'Remove for good', answer: () => 'y\r' }]);
    expect(yes.code).toBe(0);
    expect(await world.events()).toContain('McpServerDeleted');
  });
});

describe('what somebody else changes between plan and deed', () => {
  it('is left alone: the plan stops there and says what was done and what was not [configuration-conflict]', async () => {
    await world.apply(FILE, [], { env });
    const file = FILE.replace('title: GitHub', 'title: Hub')
      .replace('wiki: {', 'wiki: { title: Wiki,')
      .replace('paused: { active: false }', 'new: {}');
    await world.write(file, 'metamcp.yaml');
    const outcome = await runWithPerson(
      world.cli,
      ['apply', '-f', 'metamcp.yaml', '--prune'],
      [
        {
          question: 'Remove for good',
          answer: async () => {
            await world.cli.run(['servers', 'enable', 'wiki']);
            return 'y\r';
          },
        },
      ],
      env,
    );
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('Stopped at server wiki: It was changed since you read it.');
    expect(outcome.stderr).toContain('Done before: server github.');
    expect(outcome.stderr).toMatch(/Not done: key new, key paused/);
    expect(await world.shown('wiki')).toMatchObject({ enabled: true });
    expect(await world.shown('wiki')).not.toHaveProperty('title');
    // Running it again goes on from there.
    expect(await world.apply(file, ['--prune', '--yes'], { env })).toMatchObject({ code: 0 });
    expect(await world.shown('wiki')).toMatchObject({ enabled: false, title: 'Wiki' });
  });

  it('does not take the secret of a key that was made before [configuration-new-keys] [configuration-conflict]', async () => {
    const id = await world.createKey('old');
    await world.write('version: 1\nkeys: { new: {}, }\n', 'metamcp.yaml');
    const outcome = await runWithPerson(
      world.cli,
      ['--json', 'apply', '-f', 'metamcp.yaml', '--prune'],
      [
        {
          question: 'Remove for good',
          answer: async () => {
            await world.cli.run(['keys', 'inactivate', id]);
            return 'y\r';
          },
        },
      ],
    );
    expect(outcome.code).toBe(1);
    expect(outcome.stdout.match(KEY)).toHaveLength(1);
    expect(outcome.stderr).toContain('Stopped at key old');
    expect(outcome.stdout.trimEnd()).not.toMatch(DANGEROUS);
    expect(await world.key(id)).toMatchObject({ status: 'inactive' });
  });
});

describe('two that apply at once', () => {
  it('never make a key twice: the second is result to run it again [configuration-conflict]', async () => {
    await world.createKey('old');
    await world.write('version: 1\nkeys: { ci: {} }\n', 'metamcp.yaml');
    const argv = ['apply', '-f', 'metamcp.yaml'];
    const first = await runWithPerson(
      world.cli,
      [...argv, '--prune'],
      [
        {
          question: 'Remove for good',
          answer: async () => {
            const second = await world.cli.run(argv);
            expect(second).toMatchObject({
              code: 1,
              stdout: '',
              stderr: expect.stringContaining('Somebody else is applying'),
            });
            expect(await world.cli.run(['diff', '-f', 'metamcp.yaml'])).toMatchObject({ code: 1 });
            return 'y\r';
          },
        },
      ],
    );
    expect(first.code).toBe(0);
    expect((await world.cli.run(argv)).stdout).toContain('Everything is as the file says.');
    expect((await world.events()).filter((type) => type === 'ApiKeyCreated')).toHaveLength(2);
  });
});

it('a store that goes away in the middle ends with 3, and it is said what was done and what was not [configuration-conflict]', async () => {
  const proxy = await openTcpProxy(world.cli.env['DATABASE_URL'] ?? '');
  await world.createKey('old');
  const before = await world.events();
  await world.write('version: 1\nservers: { a: { url: "https://a.example" } }\nkeys: {}\n', 'metamcp.yaml');
  const outcome = await runWithPerson(
    world.cli,
    ['apply', '-f', 'metamcp.yaml', '--prune'],
    [{ question: 'Remove for good', answer: async () => (await proxy.stop(), 'y\r') }],
    { DATABASE_URL: proxy.url },
  );
  await proxy[Symbol.asyncDispose]();
  expect(outcome).toMatchObject({ code: 3, stdout: '' });
  expect(outcome.stderr).toMatch(/Stopped at server a: [^]*Done before: nothing\.\n *Not done: key old/);
  expect(await world.events()).toEqual(before);
});
