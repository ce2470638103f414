import { describe, expect, it } from 'vitest';
import { cliFixture } from './cliFixture.ts';
import type { Document } from './inProcess.ts';
import { runWithPerson, type Dialogue } from './terminal.ts';

const cli = cliFixture();

async function create(name: string, ...options: string[]): Promise<Document> {
  const { code, document } = await cli.json(['keys', 'create', '--name', name, ...options]);
  expect(code).toBe(0);
  return document;
}
const show = async (id: string) => (await cli.json(['keys', 'show', id])).document;
const grantsOf = async (id: string) => ((await show(id)) as unknown as { grants: readonly string[] }).grants;

const person = (argv: readonly string[], ...dialogue: Dialogue[]) => runWithPerson(cli, argv, dialogue);
const answering = (question: string, text: string): Dialogue => ({ question, answer: () => `${text}\r` });

describe('several keys', () => {
  it('are changed by their names, each by its own event, all with one correlation id [auth-many-keys]', async () => {
    const [a, b, c] = [await create('one'), await create('two'), await create('three')];
    const plan = await cli.list(['keys', 'inactivate', 'one', b.id, 'one', '--dry-run']);
    expect(plan).toMatchObject([
      { id: a.id, changes: [{ what: 'status', from: 'active', to: 'inactive' }] },
      { id: b.id, would_append: ['ApiKeyInactivated'] },
    ]);
    expect(await cli.run(['keys', 'inactivate', 'one', 'two'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/inactivate 2 keys:[^]*one[^]*--confirm/),
    });
    const done = await cli.list(['keys', 'inactivate', 'one', 'two', '--confirm']);
    expect(done).toMatchObject([{ changed: true }, { changed: true }]);
    const last = await Promise.all([a, b].map(async ({ id }) => (await show(id)).history.at(-1)));
    expect(new Set(last.map((each) => each?.correlation_id))).toEqual(
      new Set([(done[0] as unknown as { correlation_id: string }).correlation_id]),
    );
    expect((await show(c.id)).status).toBe('active');
    const unknown = await cli.run(['keys', 'inactivate', 'three', 'nobody', '--confirm']);
    expect(unknown.code).toBe(1);
    expect((await show(c.id)).status).toBe('active');
  });

  it('are shown as they would change, with totals, and one question is asked for all of them [auth-many-keys] [cli-confirm]', async () => {
    const tag = ['--tag', 'asked=1'];
    const [a, b] = [await create('ann', ...tag, '--grant', 'old'), await create('ben', ...tag, '--grant', 'new')];
    const change = ['keys', 'access', ...tag, '--add-grant', 'new'];
    const no = await person(change, answering('[y/N]', 'n'));
    expect(no).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Nothing was changed.') });
    expect(no.stderr).toMatch(/ann +\w{8} +active +grants \+new/);
    expect(no.stderr).toContain('2 keys: 1 would be changed, 1 is so already.');
    expect(no.stderr).toContain('Change the access of 1 key? [y/N]');
    expect(await grantsOf(a.id)).toEqual(['old']);
    const interrupted = await person(change, { question: '[y/N]', answer: () => '\u0003' });
    expect(interrupted).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
    const ended = await person(change, { question: '[y/N]', answer: () => '\u0004' });
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
    const yes = await person(change, answering('[y/N]', 'y'));
    expect(yes).toMatchObject({ code: 0, stdout: expect.stringMatching(/ann.*is changed\n[^]*ben.*was so already/) });
    expect(await grantsOf(a.id)).toEqual(['old', 'new']);
    expect(await grantsOf(b.id)).toEqual(['new']);
    // What would change nothing asks nothing.
    expect(await person(change)).toMatchObject({ code: 0 });
  });

  it('that somebody changes between the plan and the answer are left as they are, and named [auth-many-keys]', async () => {
    const tag = ['--tag', 'raced=1'];
    const [a, b] = [await create('raced', ...tag), await create('calm', ...tag)];
    const asked: Dialogue = {
      question: '[y/N]',
      async answer() {
        expect((await cli.run(['keys', 'label', a.id, '--owner', 'new@example.org'])).code).toBe(0);
        return 'y\r';
      },
    };
    const outcome = await person(['keys', 'inactivate', ...tag], asked);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/1 could not be changed:\n +raced \(\w{8}\): Somebody has changed it since/);
    expect(await Promise.all([a, b].map(async ({ id }) => (await show(id)).status))).toEqual(['active', 'inactive']);
    const rotated = await person(['--json', 'keys', 'rotate', a.id, b.id, '--dry-run']);
    expect(JSON.parse(rotated.stdout)).toMatchObject([{ would_change: true }, { error: { code: 'key-inactive' } }]);
  });

  it('are deleted only by one who types how many, or says it by an option [cli-confirm]', async () => {
    const tag = ['--tag', 'gone=1'];
    const keys = [await create('x', ...tag), await create('y', ...tag)];
    const statuses = () => Promise.all(keys.map(async ({ id }) => (await show(id)).status));
    const yes = await person(['keys', 'delete', ...tag], answering('number of them:', 'y'));
    expect(yes).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was changed.') });
    const other = await cli.run(['keys', 'delete', ...tag, '--confirm', '--expect', '3']);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('2 keys are meant, and not 3') });
    expect(await statuses()).toEqual(['active', 'active']);
    expect((await person(['keys', 'delete', ...tag], answering('number of them:', '2'))).code).toBe(0);
    expect(await statuses()).toEqual(['deleted', 'deleted']);
  });

  it('are all meant by --all, which takes more than a yes [cli-confirm] [auth-many-keys]', async () => {
    const key = await create('everybody');
    const all = ['keys', 'access', '--all', '--add-scope', 'audit:read'];
    const count = (await cli.list(['keys', 'list'])).length;
    const confirmed = await cli.run([...all, '--confirm']);
    expect(confirmed).toMatchObject({ code: 2, stderr: expect.stringContaining(`--expect ${String(count)}`) });
    const filtered = await cli.run([...all, '--tag', 'a=b']);
    expect(filtered).toMatchObject({ code: 2, stderr: expect.stringContaining('exclude each other') });
    const done = await cli.run([...all, '--confirm', '--expect', String(count)]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(await show(key.id)).toMatchObject({ scopes: ['mcp', 'servers:read', 'audit:read'] });
  });

  it('are nearly all that there are where a status alone says which, so that this takes more than a yes, too [cli-confirm]', async () => {
    const key = await create('almost everybody', '--tag', 'few=1');
    const active = ['keys', 'inactivate', '--status', 'active'];
    const count = (await cli.list(['keys', 'list', '--status', 'active'])).length;
    const confirmed = await cli.run([...active, '--confirm']);
    expect(confirmed).toMatchObject({ code: 2, stderr: expect.stringContaining(`--expect ${String(count)}`) });
    expect((await show(key.id)).status).toBe('active');
    const narrow = await cli.run([...active, '--tag', 'few=1', '--confirm']);
    expect(narrow).toMatchObject({ code: 0, stderr: '' });
    expect((await show(key.id)).status).toBe('inactive');
  });

  it('that were rotated before are left out of another rotation, and named with the reason [auth-many-keys]', async () => {
    const tag = ['--tag', 'turned=1'];
    const [old, other] = [await create('turned', ...tag), await create('straight', ...tag)];
    const successor = (await cli.json(['keys', 'rotate', old.id])).document;
    const leftOut = { id: old.id, left_out: expect.stringContaining('its successor is turned (') as string };
    const plan = await cli.list(['keys', 'rotate', ...tag, '--dry-run']);
    expect(plan[0]).toMatchObject(leftOut);
    expect(plan.slice(1)).toMatchObject([other.id, successor.id].map((id) => ({ id, would_change: true })));
    const text = await cli.run(['keys', 'rotate', ...tag, '--dry-run']);
    expect(text.stdout).toContain('3 keys: 2 would be changed, 1 is left out.');
    const { code, stdout, stderr } = await cli.run(['keys', '--json', 'rotate', ...tag, '--confirm', '--expect', '2']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject([leftOut, { changed: true }, { changed: true }]);
    // One that is named is refused: its successor is what was meant.
    expect((await cli.run(['keys', 'rotate', old.id])).code).toBe(1);
  });
});

describe('keys access', () => {
  it('adds and removes what a key has, and tells what it did not have [auth-access-revised]', async () => {
    const key = await create('revised', '--grant', 'github,old', '--scope', 'mcp,servers:read');
    const change = ['keys', 'access', key.id, '--add-grant', 'jira', '--remove-grant', 'old,never'];
    const { code, stdout, stderr } = await cli.run(change);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/granted the server jira.*not exist/) });
    expect(stdout).toContain('grants github, jira, and never expires; it had no never');
    const scopes = await cli.json(['keys', 'access', key.id, '--remove-scope', 'mcp', '--add-scope', 'usage:read']);
    expect(scopes.document).toMatchObject({ scopes: ['servers:read', 'usage:read'], grants: ['github', 'jira'] });
    for (const dry of [[], ['--dry-run']]) {
      const nothing = await cli.run(['keys', 'access', key.id, '--remove-grant', 'never', ...dry]);
      expect(nothing).toMatchObject({ code: 1, stderr: expect.stringMatching(/does not have never.*github, jira/) });
    }
    const twice = await cli.run(['keys', 'access', key.id, '--add-grant', 'jira']);
    expect(twice).toMatchObject({ code: 0, stdout: expect.stringContaining('already') });
    const empty = await cli.run(['keys', 'access', key.id, '--remove-grant', 'github,jira']);
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('No grant would be left') });
    expect((await cli.run(['keys', 'access', key.id, '--grant', 'a', '--add-grant', 'b'])).code).toBe(2);
    expect((await cli.run(['keys', 'access', key.id, '--add-grant', 'b', '--remove-grant', 'b'])).code).toBe(2);
  });

  it('finds keys by a grant that they have, and label by the owner that they have [auth-many-keys]', async () => {
    const mine = await create('mine', '--grant', 'wiki', '--owner', 'ann');
    await create('other', '--grant', 'mail', '--owner', 'ben');
    const access = await cli.list(['keys', 'access', '--with-grant', 'wiki', '--add-grant', 'chat', '--dry-run']);
    expect(access).toMatchObject([{ id: mine.id, changes: [{ what: 'grants', added: ['chat'], removed: [] }] }]);
    const label = await cli.list(['keys', 'label', '--with-owner', 'ann', '--owner', 'ben', '--confirm']);
    expect(label).toMatchObject([{ id: mine.id, changed: true }]);
    const none = ['keys', 'access', '--with-grant', 'wiki', '--remove-grant', 'nowhere', '--confirm'];
    expect(await cli.run(none)).toMatchObject({ code: 1, stderr: expect.stringMatching(/None of the 1 keys|mine/) });
  });
});

describe('on a terminal', () => {
  it('a question stands in the place of the refusal without --confirm [cli-confirm]', async () => {
    const key = await create('final');
    expect((await cli.run(['servers', 'add', 'final', '--url', 'http://127.0.0.1:1/mcp'])).code).toBe(0);
    for (const [argv, words] of [
      [['keys', 'delete', key.id], 'Delete final'],
      [['servers', 'remove', 'final'], 'Remove the server final'],
    ] as const) {
      const piped = await cli.run(argv);
      expect(piped).toMatchObject({ code: 2, stderr: expect.stringContaining('--confirm') });
      const no = await person(argv, answering(words, ''));
      expect(no).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Nothing was changed.') });
      const gone = await person(argv, { question: words, answer: () => '\u0003' });
      expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing was changed') });
      expect(await person(argv, answering(words, 'yes'))).toMatchObject({ code: 0 });
    }
  });
});

describe('aliases', () => {
  it.each([
    [
      ['key', 'ls'],
      ['keys', 'list'],
    ],
    [
      ['server', 'ls'],
      ['servers', 'list'],
    ],
    [
      ['tool', 'ls'],
      ['tools', 'list'],
    ],
    [
      ['keys', 'revoke'],
      ['keys', 'inactivate'],
    ],
    [
      ['keys', 'rm'],
      ['keys', 'delete'],
    ],
    [
      ['servers', 'rm'],
      ['servers', 'remove'],
    ],
  ])('%j does what %j does [cli-aliases]', async (alias, words) => {
    const [short, long] = [await cli.run([...alias, '--help']), await cli.run([...words, '--help'])];
    expect(short).toEqual(long);
    expect(short.stdout).toContain(words.at(-1));
  });

  it('are understood by errors, and shown once [cli-aliases]', async () => {
    expect((await cli.run(['key', 'revoke', '--nope'])).stderr).toContain('See: metamcp-cli keys inactivate --help');
    const { stdout } = await cli.run(['--help']);
    expect(stdout).toMatch(/^ +keys +API keys$/m);
    expect((await cli.run(['keys', '--help'])).stdout).toContain('list|ls');
    expect((await cli.run(['server', 'add', 'x', '--', 'true'])).code).toBe(0);
  });
});
