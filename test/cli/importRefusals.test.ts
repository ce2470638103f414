import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { DANGEROUS, HOSTILE } from './hostileText.ts';
import { actions, openImportWorld, pristineWorlds, type ImportWorld } from './importWorld.ts';
import { runWithPerson } from './terminal.ts';

const worlds = pristineWorlds(openImportWorld);
let world: ImportWorld;
beforeEach(async () => {
  world = await worlds.next();
});
afterAll(() => worlds[Symbol.asyncDispose]());

describe('a reference', () => {
  it('without a value refuses its server and with it the whole file, and names itself [configuration-references] [configuration-all-or-nothing]', async () => {
    const file = await world.mcpServers({
      good: { url: 'https://good.example/mcp' },
      bad: {
        url: 'https://bad.example/mcp',
        headers: { Authorization: 'Bearer ${NOT_SET_HERE}', B: '${input:some-id}' },
      },
    });
    const { code, document } = await world.importFile(file, [], { env: { NOT_SET_HERE: '' } });
    expect(code).toBe(1);
    expect(document.error.message).toContain(
      'bad: ${NOT_SET_HERE} has no value here; set the variable NOT_SET_HERE; ' +
        '${input:some-id} has no value here; set the variable SOME_ID',
    );
    expect(await world.events()).toEqual([]);
    const others = await world.importFile(file, ['--skip-refused']);
    expect(others.code).toBe(0);
    expect(actions(others)).toEqual({ good: 'create', bad: 'refuse' });
    expect(await world.events()).toEqual(['McpServerRegistered']);
  });

  it.each([
    ['${VAR:-${OTHER}}', 'unknown form'],
    ['${command:pick}', 'unknown form'],
    ['before ${never closed hush', 'unknown form'],
    ['${file:no-such-file}', '${file:no-such-file} has no value here: there is no such file, or it is empty'],
    ['${NOT_SET_HERE}', '${NOT_SET_HERE} has no value'],
  ])('of the form %s is never stored as text [configuration-references]', async (value, words) => {
    const { code, document } = await world.importFile(
      await world.mcpServers({ one: { url: 'https://x.example/', headers: { A: value } } }),
    );
    expect(code).toBe(1);
    expect(document.error.message).toContain(words);
    expect(document.error.message).not.toContain('hush');
    expect(await world.events()).toEqual([]);
  });

  it.each([
    'https://x.example/?key=${API_KEY}',
    'https://x.example/${SECRET_PATH}/mcp',
    'https://x.example/mcp?a=${PLAIN}',
  ])('in a URL may not bring a secret into it: %s [configuration-no-secrets]', async (url) => {
    const env = { API_KEY: 'hush', SECRET_PATH: 'hush', PLAIN: 'hush' };
    const { code, document } = await world.importFile(await world.mcpServers({ one: { url } }), [], { env });
    expect(code).toBe(1);
    expect(document.error.data.servers[0]?.problems[0]?.code).toBe('reference-in-url');
    expect(JSON.stringify(document)).not.toContain('hush');
  });

  it('is $NAME, too: in files of Gemini anywhere, in others as a word [configuration-references]', async () => {
    for (const address of ['httpUrl', 'url']) {
      const headers = { A: 'Bearer $NOT_SET' };
      const { document } = await world.importFile(
        await world.mcpServers({ one: { [address]: 'https://x.example/', headers } }),
      );
      expect(document.error.message).toContain('one: ${NOT_SET} has no value here');
    }
    const within = { A: 'a$NOT_SET' };
    const gemini = await world.mcpServers({ one: { httpUrl: 'https://x.example/', headers: within } });
    expect((await world.importFile(gemini)).code).toBe(1);
    const other = await world.mcpServers({ one: { url: 'https://x.example/', headers: within } });
    expect((await world.importFile(other)).code).toBe(0);
  });

  it.each(['{env:NOT_SET}', '%NOT_SET%', '{{NOT_SET}}', 'Bearer <YOUR_KEY>', 'YOUR_API_KEY'])(
    'in the form %s is never stored as text either [configuration-placeholders]',
    async (value) => {
      const file = await world.mcpServers({ one: { url: 'https://x.example/', headers: { A: value } } });
      const { code, document } = await world.importFile(file);
      expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'import-refused' });
      expect(await world.events()).toEqual([]);
    },
  );

  it('has a default, which an empty variable does not override', async () => {
    const file = await world.mcpServers({ one: { url: 'https://${HOST:-default.example}/mcp' } });
    await world.importFile(file, [], { env: { HOST: '' } });
    expect(await world.shown('one')).toMatchObject({ url: 'https://default.example/mcp' });
    await world.importFile(file, ['--update'], { env: { HOST: 'set.example' } });
    expect(await world.shown('one')).toMatchObject({ url: 'https://set.example/mcp' });
  });
});

describe('in a terminal', () => {
  const FILE = {
    inputs: [
      { id: 'gw-key', description: 'The key', password: true },
      { id: 'team', description: 'Your team', default: 'platform' },
    ],
    servers: {
      one: {
        url: 'https://one.example/',
        headers: { A: '${input:gw-key}', B: '${input:team}', C: 'x ${NOT_SET}', D: '${NOT_SET}' },
      },
    },
  };

  it('what is missing is asked for, each once, and a secret is not shown while it is typed [configuration-references] [configuration-no-secrets]', async () => {
    const file = await world.write(JSON.stringify(FILE));
    const outcome = await runWithPerson(
      world.cli,
      ['servers', 'import', file],
      [
        { question: 'The key (hidden): ', answer: () => 'hush-1\r' },
        { question: 'Your team [platform]: ', answer: () => '\r' },
        { question: 'NOT_SET (hidden): ', answer: () => 'hush-2\r' },
      ],
    );
    expect(outcome.code).toBe(0);
    expect(outcome.stdout + outcome.stderr).not.toContain('hush');
    // What was typed was stored: with the same values in the environment there is nothing to change.
    const env = { GW_KEY: 'hush-1', TEAM: 'platform', NOT_SET: 'hush-2' };
    expect(actions(await world.importFile(file, ['--update'], { env }))).toEqual({ one: 'none' });
    expect(actions(await world.importFile(file, ['--update'], { env: { ...env, TEAM: 'other' } }))).toEqual({
      one: 'change',
    });
  });

  it('a person is asked before a variable or a file is read, and told which host gets it [configuration-deliveries]', async () => {
    await world.write('file-hush\n', 'token.txt');
    const file = await world.mcpServers({
      api: {
        url: 'https://api.example.com:8443/mcp',
        headers: {
          Authorization: 'Bearer ${GITHUB_TOKEN}',
          'X-File': '${file:token.txt}',
          Plain: 'x',
          No: '${JWT_SECRET}',
        },
      },
      plain: { url: 'https://plain.example/' },
    });
    const env = { GITHUB_TOKEN: 'var-hush' };
    const question = 'Read them and give them to these servers? [y/N]';
    const refused = await runWithPerson(
      world.cli,
      ['servers', 'import', file],
      [{ question, answer: () => '\r' }],
      env,
    );
    expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('Nothing was read') });
    expect(refused.stderr).toContain(
      'api: header Authorization from variable GITHUB_TOKEN goes to api.example.com:8443',
    );
    expect(refused.stderr).toMatch(/api: header X-File from file \/.*token\.txt goes to api\.example\.com:8443/);
    expect(refused.stderr).not.toContain('JWT_SECRET goes');
    expect(refused.stderr).not.toContain('plain:');
    expect(await world.events()).toEqual([]);

    const fine = await world.mcpServers({
      api: { url: 'https://api.example.com/', headers: { A: '${GITHUB_TOKEN}' } },
    });
    const agreed = await runWithPerson(
      world.cli,
      ['servers', 'import', fine],
      [{ question, answer: () => 'y\r' }],
      env,
    );
    expect(agreed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('header A from variable GITHUB_TOKEN goes to api.example.com'),
    });
    // Nobody answers: these do not ask.
    for (const option of ['--yes', '--dry-run']) {
      const silent = await runWithPerson(world.cli, ['servers', 'import', fine, option], [], env);
      expect(silent).toMatchObject({ code: 0, stderr: '' });
    }
    expect(await world.events()).toEqual(['McpServerRegistered']);
  });

  it('nobody is asked for what a server needs that is off: it is left out [configuration-passed-by]', async () => {
    const off = { url: 'https://off.example/', disabled: 'true', headers: { A: '${NOT_SET}' } };
    const file = await world.mcpServers({ off, on: { url: 'https://on.example/' } });
    const outcome = await runWithPerson(world.cli, ['servers', 'import', file], []);
    expect(outcome).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('the file turns it off, so it is left out'),
    });
    expect(await world.events()).toEqual(['McpServerRegistered']);
  });

  it('nothing typed is no value, and Ctrl-C changes nothing', async () => {
    const file = await world.mcpServers({ one: { url: 'https://one.example/', headers: { A: '${NOT_SET}' } } });
    const empty = await runWithPerson(
      world.cli,
      ['servers', 'import', file],
      [{ question: 'NOT_SET', answer: () => '\r' }],
    );
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining('${NOT_SET} has no value here') });
    const interrupted = await runWithPerson(
      world.cli,
      ['servers', 'import', file],
      [{ question: 'NOT_SET', answer: () => '\u0003' }],
    );
    expect(interrupted).toMatchObject({ code: 1, stderr: expect.stringContaining('Interrupted') });
    expect(await world.events()).toEqual([]);
  });
});

describe('what can’t be imported', () => {
  it.each<[string, object, string]>([
    [
      'a name twice',
      { 'My Tools': { url: 'https://a.example/' }, 'my-tools': { url: 'https://b.example/' } },
      'name-collision',
    ],
    ['no mapping', { one: 'https://x.example' }, 'entry-invalid'],
    ['no address', { one: { headers: {} } }, 'entry-invalid'],
    ['a header that is no text', { one: { url: 'https://x.example', headers: { A: ['hush'] } } }, 'entry-invalid'],
    ['a header twice', { one: { url: 'https://x.example', headers: { A: '1', a: '2' } } }, 'header-repeated'],
    [
      'a header twice, in two members',
      { one: { url: 'https://x.example', http_headers: { authorization: '1' }, bearer_token_env_var: 'HOME' } },
      'header-repeated',
    ],
    [
      'a header twice, in arguments',
      { one: { command: 'npx', args: ['mcp-remote', 'https://x.example', '--header', 'A: 1', '--header', 'A: 2'] } },
      'header-repeated',
    ],
    [
      'a header called __proto__',
      JSON.parse('{"one":{"url":"https://x.example","headers":{"__proto__":"x"}}}') as object,
      'member-reserved',
    ],
    [
      'an argument’s header called __proto__',
      { one: { command: 'npx', args: ['mcp-remote', 'https://x.example', '--header', '__proto__: x'] } },
      'member-reserved',
    ],
    [
      'a setting called constructor',
      { one: { url: 'https://x.example', constructor: { prototype: {} } } },
      'member-reserved',
    ],
    ['a server called __proto__', JSON.parse('{"__proto__":{"url":"https://x.example"}}') as object, 'member-reserved'],
    ['a header of the gateway', { one: { url: 'https://x.example', headers: { Host: 'x' } } }, 'server-header-invalid'],
    [
      'a header with a line end',
      { one: { url: 'https://x.example', headers: { A: 'hush\r\nB: 1' } } },
      'server-header-invalid',
    ],
    ['credentials in a URL', { one: { url: 'https://me:hush@x.example' } }, 'server-url-has-credentials'],
    ['a text that can’t be stored', { one: { url: 'https://x.example', title: 'a\0b' } }, 'server-settings-invalid'],
    [
      'a text too long',
      { one: { url: 'https://x.example', description: 'x'.repeat(4_097) } },
      'server-settings-invalid',
    ],
    [
      'a time-out of more than a century',
      { one: { url: 'https://x.example', options: { timeout: 4e12 } } },
      'server-settings-invalid',
    ],
    ['a URL without its slashes', { one: { url: 'http:api.example.com/mcp' } }, 'server-url-invalid'],
    ['a URL that is none', { one: { url: 'ftp://x.example' } }, 'server-url-invalid'],
  ])('%s refuses the file, and nothing is changed [configuration-all-or-nothing]', async (_what, servers, error) => {
    const all = [['fine', { url: 'https://fine.example/' }], ...Object.entries(servers)];
    const file = await world.mcpServers(Object.fromEntries(all) as object);
    const { code, document } = await world.importFile(file);
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'import-refused' });
    expect(document.error.data.servers.flatMap(({ problems }) => problems.map((each) => each.code))).toContain(error);
    expect(JSON.stringify(document)).not.toContain('hush');
    expect(await world.events()).toEqual([]);
  });

  it('is told when nothing is left', async () => {
    const { code, document } = await world.importFile(await world.mcpServers({ one: { type: 'ws', url: 'ws://x/' } }));
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'nothing-to-import' });
    expect(document.error.message).toContain('does not know its transport ws');
  });

  it('names are shown escaped and never obeyed, however long [cli-hostile-text]', async () => {
    const file = await world.mcpServers({
      [HOSTILE]: { url: 'https://x.example/', [HOSTILE]: 1 },
      ['n'.repeat(300)]: { url: 'https://y.example/' },
    });
    const text = await world.cli.run(['servers', 'import', file], { columns: 40, env: { NO_COLOR: '1' } });
    expect(text.code).toBe(0);
    expect(text.stdout.replaceAll('\n', '')).not.toMatch(DANGEROUS);
    const json = await world.importFile(file);
    expect(Object.keys(actions(json))[1]).toMatch(/^n{23}-[0-9a-f]{8}$/);
    expect(actions(await world.importFile(file))).toEqual(actions(json));
  });
});
