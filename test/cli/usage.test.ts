import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInProcessCli, type Document, type InProcessCli } from './inProcess.ts';

// Nothing here gets as far as a store: port 1 refuses connections.
const NOWHERE = 'postgresql://metamcp:s3cretpassword@127.0.0.1:1/nowhere';
const KEY = 'mcp_0352Ksxv7nuAM2byDVmx2w_dsWz0axONDr5i9aVyjJ2sjZCP462CTAEzxxcHZiAep520WJY8';

let cli: InProcessCli;
beforeAll(async () => {
  cli = await openInProcessCli(NOWHERE);
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
});

describe('the command line', () => {
  it('without a command shows a person what there is, and tells a script that it is wrong', async () => {
    const person = await cli.run([], { columns: 80 });
    expect(person).toMatchObject({ code: 0, stderr: '' });
    expect(person.stdout).toContain('Usage: metamcp-cli');
    const script = await cli.run([]);
    expect(script).toMatchObject({ code: 2, stdout: '' });
    expect(script.stderr).toContain('init, keys, roles, servers, ');
    expect(script.stderr.split('\n')[0]).not.toMatch(/__complete|help/);
  });

  it('has help for everything, also as one JSON document', async () => {
    for (const path of [[], ['keys'], ['servers', 'add'], ['db', 'status']]) {
      const { code, stdout, stderr } = await cli.run([...path, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain(`Usage: ${['metamcp-cli', ...path].join(' ')}`);
    }
    const { stdout } = await cli.run(['keys', '--help', '--json']);
    expect((JSON.parse(stdout) as Document).help).toContain('create');
  });

  it('tells its version', async () => {
    expect(await cli.run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const json = await cli.run(['--version', '--json']);
    expect((JSON.parse(json.stdout) as Document).version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each<[string[], string]>([
    [['kyes', 'list'], "Unknown command 'kyes'"],
    [['export'], 'Did you mean metamcp-cli servers export?'],
    [['create', '--name', 'x'], 'Did you mean metamcp-cli keys create or metamcp-cli roles create?'],
    [
      ['list'],
      'Did you mean metamcp-cli keys list or metamcp-cli roles list or metamcp-cli servers list or metamcp-cli tools list?',
    ],
    [['keys', 'lst'], 'Did you mean one of list, ls?'],
    [['keys'], 'list, create, show'],
    [['keys', 'list', '--includ-inactive'], '--include-inactive'],
    [['keys', 'create'], '--name <name>'],
    [['keys', 'create', '--name'], 'argument missing'],
    [['keys', 'create', '--name', ' '], 'may not be blank'],
    [['keys', 'create', '--name', 'n'.repeat(257)], '256 characters'],
    [['keys', 'create', '--name', 'ci', '--expires-in', '90'], '90d, 24h, 30m or 45s'],
    [['keys', 'create', '--name', 'ci', '--expires-in', '0d'], 'longer than nothing'],
    [['keys', 'create', '--name', 'ci', '--scope', 'mcp,all'], 'mcp, servers:read, servers:write'],
    [['keys', 'create', '--name', 'ci', '--scope', ','], 'needs a scope'],
    [['keys', 'create', '--name', 'ci', '--grant', 'Git Hub'], 'github:search_*'],
    [['keys', 'show'], "Missing required argument 'key'"],
    [['keys', 'access', '01'], '--never-expires'],
    [['keys', 'access', '01', '--expires-in', '1d', '--never-expires'], 'exclude each other'],
    [['keys', 'rotate', '01', '--grace', 'soon'], '90d, 24h, 30m or 45s'],
    [['keys', 'delete', '01'], '--confirm'],
    [['servers', 'add', 'x'], '--url URL'],
    [['servers', 'add', 'x', '--'], 'comes the command'],
    [['servers', 'add', 'x', '--url', 'http://h/', '--', 'npx'], 'either a URL or a command'],
    [['servers', 'add', 'x', '--url', 'http://h/', '--env', 'A=b'], 'started by a command'],
    [['servers', 'add', 'x', '--header', 'A: b', '--', 'npx'], 'with a URL'],
    [['servers', 'add', 'x', '--url', 'http://h/', '--transport', 'ftp'], 'http, sse'],
    [['servers', 'add', 'x', '--url', 'http://h/', '--header', 'no colon'], "'Name: value'"],
    [['servers', 'add', 'x', '--url', 'http://h/', '--header', 'A: 1', '--header', 'a: 2'], 'given twice'],
    [['servers', 'add', 'x', '--url', 'http://h/', '--header', 'A: @no-such-file'], 'ENOENT'],
    [['servers', 'add', 'x', '--env', 'NOT_SET_HERE', '--', 'npx'], 'NOT_SET_HERE is not set'],
    [['servers', 'add', 'x', '--url', 'http://h/', '--max-in-flight', '0'], 'above 0'],
    [['servers', 'update', 'x'], 'what to change'],
    [['servers', 'remove', 'x'], '--confirm'],
    [['servers', 'list', '--', 'what'], 'takes nothing after --'],
    [['--config', 'no-such.toml', 'keys', 'list'], 'no-such.toml'],
  ])('%j is wrong usage [cli-exit-codes] [cli-json-document] [cli-stdout-is-the-answer]', async (argv, words) => {
    const text = await cli.run(argv);
    expect(text).toMatchObject({ code: 2, stdout: '' });
    expect(text.stderr).toMatch(/^error: /);
    expect(text.stderr).toContain(words);
    const json = await cli.run(['--json', ...argv]);
    expect(json).toMatchObject({ code: 2, stderr: '' });
    expect(JSON.parse(json.stdout)).toEqual({ error: expect.objectContaining({ code: expect.any(String) }) });
  });

  it('names the way to the help of the command that was meant', async () => {
    expect((await cli.run(['keys', 'create', '--nome', 'x'])).stderr).toContain('See: metamcp-cli keys create --help');
  });

  it.each([
    [
      'a header that was not quoted',
      ['servers', 'add', 'x', '--url', 'u', '--header', 'Authorization:', 'Bearer', 'hush'],
    ],
    ['an option of another command', ['keys', 'list', '--header=Authorization: Bearer hush']],
    ['a header with a character too much', ['servers', 'add', 'x', '--url', 'u', '--header', 'Bearer hush']],
    ['a variable with a bad name', ['servers', 'add', 'x', '--env', 'a b=hush', '--', 'npx']],
    ['a key in the place of an id', ['keys', 'show', KEY]],
    ['a key in the place of a command', ['keys', KEY]],
    ['the password of the database', ['keys', 'list']],
  ])('repeats no secret: %s [cli-repeats-no-secret]', async (_what, argv) => {
    for (const { stdout, stderr } of [await cli.run(argv), await cli.run(['--json', ...argv])]) {
      expect(stdout + stderr).not.toMatch(/hush|dsWz0axONDr5i9|s3cretpassword/);
      expect(stdout + stderr).toMatch(/error/);
    }
  });
});

describe('a store that can’t be reached', () => {
  it.each([
    [['keys', 'list']],
    [['keys', 'create', '--name', 'ci']],
    [['servers', 'list']],
    [['servers', 'test', 'x']],
    [['db', 'status']],
    [['db', 'migrate']],
  ])('ends %j with exit code 3 and the reason [cli-exit-codes]', async (argv) => {
    const text = await cli.run(argv);
    expect(text).toMatchObject({ code: 3, stdout: '' });
    expect(text.stderr).toMatch(/^error: PostgreSQL can’t be reached\. Check .*DATABASE_URL.* \(.*ECONNREFUSED.*\)\n$/);
    const { code, document, stderr } = await cli.json(argv);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    expect(document.error).toMatchObject({
      code: 'database-unavailable',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('the settings', () => {
  it('that are wrong are wrong usage, in one sentence', async () => {
    await writeFile(join(cli.folder, 'bad.toml'), 'colour = "blue"\n');
    const { code, stderr } = await cli.run(['keys', 'list', '--config', 'bad.toml']);
    expect(code).toBe(2);
    expect(stderr).toContain('colour');
    expect(await cli.run(['keys', 'list'], { env: { DATABASE_URL: 'mysql://x' } })).toMatchObject({ code: 2 });
    expect(await cli.run(['keys', 'list'], { env: { ENCRYPTION_KEY: undefined } })).toMatchObject({ code: 2 });
  });
});
