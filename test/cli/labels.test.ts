import { describe, expect, it } from 'vitest';
import { createCounters } from '../../src/usage/counters.ts';
import { addUsage } from '../../src/usage/keyUsage.ts';
import { call } from '../usage/calls.ts';
import { cliFixture } from './cliFixture.ts';
import type { Document } from './inProcess.ts';

const cli = cliFixture();

async function create(name: string, ...options: string[]): Promise<Document> {
  const { code, document } = await cli.json(['keys', 'create', '--name', name, ...options]);
  expect(code).toBe(0);
  return document;
}
const names = async (...options: string[]) => (await cli.list(['keys', 'list', ...options])).map(({ name }) => name);
const show = async (id: string) => (await cli.json(['keys', 'show', id])).document;

describe('labels', () => {
  it('find keys in lists and usage, are changed by one event, and go on to the successor [auth-labels]', async () => {
    const a = await create('a', '--tag', 'team=search', '--tag', 'env=prod', '--owner', 'alice@example.org');
    const b = await create('b', '--tag', 'team=search');
    await create('c', '--tag', 'team=searching', '--owner', 'bob');
    expect(await names('--tag', 'team=search')).toEqual(['a', 'b']);
    expect(await names('--tag', 'team=search', '--tag', 'env=prod')).toEqual(['a']);
    expect(await names('--owner', 'ALICE@example.org')).toEqual(['a']);
    // As the list of the terminal interface is filtered: all words, each in any of these.
    expect(await names('--match', 'BOB team=search')).toEqual(['c']);

    const labelled = ['keys', 'label', b.id, '--tag', 'team=ads', '--owner', 'carol', '--reason', 'moved'];
    expect((await cli.json(labelled)).document).toMatchObject({ changed: true, tags: ['team=ads'], owner: 'carol' });
    expect((await cli.json(labelled)).document).toMatchObject({ changed: false });
    const trailOf = async (...options: string[]) =>
      (await cli.list(['audit', 'tail', ...options])).map(({ type }) => type);
    expect(await trailOf('--owner', 'Carol')).toEqual(['ApiKeyCreated', 'ApiKeyLabelled']);
    expect(await trailOf('--tag', 'team=search', '--tag', 'env=prod')).toEqual(['ApiKeyCreated']);
    const text = (await cli.run(['audit', 'keys', b.id])).stdout;
    expect(text).toMatch(/Labelled.*moved.*owner carol; tags team=search → team=ads/);
    await cli.run(['keys', 'label', b.id, '--remove-tag', 'team', '--no-owner']);
    expect(await show(b.id)).not.toHaveProperty('tags');
    expect(await show(b.id)).not.toHaveProperty('owner');

    const successor = (await cli.json(['keys', 'rotate', a.id])).document;
    const labels = { owner: 'alice@example.org', tags: ['env=prod', 'team=search'] };
    expect(await show(successor.id)).toMatchObject(labels);
    expect(successor).toMatchObject(labels);

    const counters = createCounters({ clock: () => Date.now() });
    counters.count(call({ keyId: successor.id }));
    counters.count(call({ keyId: b.id }));
    await addUsage(cli.database.db, { id: crypto.randomUUID(), increments: counters.take() });
    const used = (await cli.json(['usage', '--by', 'key', '--tag', 'team=search'])).document;
    expect(used).toMatchObject({ items: [{ key_id: successor.id, calls: 1 }], total: { calls: 1 } });
    expect(await names('--unused-since', '1h ago')).toEqual([]);
  });

  it.each([
    [['--tag', 'team'], /must be NAME=VALUE/],
    [['--tag', 'Team=x'], /lower-case/],
    [['--tag', 'team=a b'], /must be NAME=VALUE/],
    [['--tag', `team=${'x'.repeat(129)}`], /128/],
    [['--tag', 'team=a', '--tag', 'team=b'], /two values/],
    [Array.from({ length: 33 }, (_, at) => ['--tag', `t${String(at)}=x`]).flat(), /32 tags at most/],
    [['--owner', ' '], /blank/],
  ])('%j is refused with what is allowed', async (options, message) => {
    const { code, stderr } = await cli.run(['keys', 'create', '--name', 'x', ...options]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('keys are found by status, name, grant and expiry, sorted and limited [auth-labels]', async () => {
    const on = ['--owner', 'filters'];
    await create('Zebra one', ...on, '--grant', 'github:search_*', '--expires-in', '1h');
    await create('apple', ...on, '--grant', 'github', '--expires-in', '90d');
    const off = await create('mango', ...on, '--grant', 'jira');
    await cli.run(['keys', 'inactivate', off.id]);
    expect(await names(...on, '--grant', 'github')).toEqual(['Zebra one', 'apple']);
    expect(await names(...on, '--name', 'zeb')).toEqual(['Zebra one']);
    expect(await names(...on, '--status', 'inactive')).toEqual(['mango']);
    expect(await names(...on, '--expires-before', 'in 1d')).toEqual(['Zebra one']);
    expect(await names(...on, '--sort', 'name')).toEqual(['apple', 'Zebra one']);
    expect(await names(...on, '--sort', 'expires', '--include-inactive')).toEqual(['Zebra one', 'apple', 'mango']);
    expect(await names(...on, '--sort', 'name', '--limit', '1')).toEqual(['apple']);
  });
});

describe('changes of many keys', () => {
  it('are shown before they are made, each is reported, and one that fails does not stop the others [auth-many-keys]', async () => {
    const tag = ['--tag', 'batch=1'];
    const ids = [await create('one', ...tag), await create('two', ...tag), await create('three', ...tag)].map(
      ({ id }) => id,
    );
    const plan = await cli.list(['keys', 'inactivate', ...tag, '--dry-run']);
    expect(plan.map(({ id }) => id)).toEqual(ids);
    expect(plan[0]).toMatchObject({ would_change: true, would_append: ['ApiKeyInactivated'] });
    const asked = await cli.run(['keys', 'inactivate', ...tag]);
    expect(asked).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/inactivate 3 keys:[^]*one[^]*--confirm/),
    });
    expect(await names(...tag)).toEqual(['one', 'two', 'three']);

    // An inactive key can't be rotated.
    await cli.run(['keys', 'inactivate', ids[1] ?? '']);
    const rotate = ['keys', 'rotate', ...tag, '--status', 'active', '--status', 'inactive', '--confirm'];
    expect((await cli.run(rotate)).stderr).toContain('--json');
    const rotated = await cli.run(['--json', ...rotate]);
    expect(rotated.code).toBe(1);
    expect(JSON.parse(rotated.stdout)).toMatchObject([
      { id: ids[0], changed: true, api_key: expect.stringMatching(/^mcp_/) },
      { id: ids[1], error: { code: 'key-inactive' } },
      { id: ids[2], changed: true },
    ]);

    const changed = await cli.run(['keys', 'access', ...tag, '--never-expires', '--scope', 'mcp', '--confirm']);
    expect(changed).toMatchObject({ code: 0, stderr: '' });
    const done = await cli.list(['keys', 'inactivate', ...tag, '--confirm', '--reason', 'over']);
    expect(done.every((each) => (each as unknown as { changed: boolean }).changed)).toBe(true);
    expect(await names(...tag)).toEqual([]);
    expect((await cli.run(['keys', 'activate', ...tag, '--confirm'])).code).toBe(0);
    expect((await cli.list(['keys', 'delete', ...tag, '--confirm'])).length).toBe(5);
    expect((await cli.run(['keys', 'delete', ...tag, '--confirm'])).stdout).toContain('No key is meant');
  });

  it('need an id or a filter, and not both [auth-many-keys]', async () => {
    expect(await cli.run(['keys', 'inactivate'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--tag') });
    const both = await cli.run(['keys', 'inactivate', '019a', '--tag', 'a=b']);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('Either') });
  });
});

describe('keys report-leak', () => {
  it('inactivates every key that stands in any text, and shows no secret [auth-leak-reported]', async () => {
    const [a, b, spared] = [await create('a'), await create('b'), await create('spared')];
    const log = `${'x'.repeat(200_000)}KEY="${a.api_key}"\n\u00ff${'y'.repeat(100_000)}${b.api_key}${spared.api_key.slice(0, 70)}`;
    const dry = await cli.run(['--json', 'keys', 'report-leak', '--dry-run'], { stdin: log });
    expect(JSON.parse(dry.stdout)).toMatchObject([{ would_change: true }, { would_change: true }]);
    const done = await cli.run(['--json', 'keys', 'report-leak', '--where', 'the CI log'], { stdin: log });
    expect(done.stdout).not.toContain('mcp_');
    expect((JSON.parse(done.stdout) as Document[]).map(({ id }) => id).sort()).toEqual([a.id, b.id].sort());
    expect(await show(spared.id)).toMatchObject({ status: 'active' });
    const { history, status } = await show(a.id);
    expect(status).toBe('inactive');
    expect(history.at(-1)).toMatchObject({ data: { leaked: true, reason: expect.stringContaining('the CI log') } });
    const none = await cli.run(['keys', 'report-leak'], { stdin: 'nothing' });
    expect(none).toMatchObject({ code: 0, stdout: expect.stringContaining('No key') });
  });
});
