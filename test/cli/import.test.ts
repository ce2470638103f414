import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { actions, openImportWorld, pristineWorlds, type ImportWorld } from './importWorld.ts';

const SECRETS = {
  GITHUB_TOKEN: 'ghp-hush',
  LINEAR_TOKEN: 'lin-hush',
  JIRA_TOKEN: 'jira-hush',
  FIGMA_TOKEN: 'figma-hush',
  SEARCH_TOKEN: 'search-hush',
  AMAP_KEY: 'amap-hush',
  SENTRY_TOKEN: 'sentry-hush',
  SENTRY_ORG: 'org-hush',
  HOME: '/home/me',
};

const worlds = pristineWorlds(openImportWorld);
let world: ImportWorld;
beforeEach(async () => {
  world = await worlds.next();
});
afterAll(() => worlds[Symbol.asyncDispose]());

function fixture(name: string): string {
  return fileURLToPath(new URL(`../configuration/files/${name}`, import.meta.url));
}

describe('servers import', () => {
  it.each<[string, Record<string, string>, string[]]>([
    [
      'claude-code.mcp.json',
      { github: 'create', 'internal-api': 'create', 'old-events': 'create', files: 'create' },
      [],
    ],
    ['claude_desktop_config.json', { 'weather-reports': 'create', filesystem: 'create' }, []],
    ['cursor.mcp.json', { linear: 'create', local: 'create' }, []],
    ['vscode.mcp.json', { jira: 'create', playwright: 'create' }, []],
    [
      'windsurf.mcp_config.json',
      { figma: 'create', paused: 'create', notes: 'create', legacy: 'create' },
      ['McpServerDisabled'],
    ],
    ['gemini.settings.json', { search: 'create', events: 'create', python: 'create' }, []],
    [
      'mcphub.mcp_settings.json',
      { amap: 'create', off: 'create', 'sse-server': 'create', petstore: 'skip', fetch: 'create' },
      ['McpServerDisabled'],
    ],
    ['codex.config.toml', { sentry: 'create', off: 'create', docs: 'create' }, ['McpServerDisabled']],
  ])(
    'reads %s, once [configuration-import-formats] [configuration-import-idempotent] [configuration-no-secrets]',
    async (file, expected, more) => {
      const first = await world.importFile(fixture(file), [], { env: SECRETS });
      expect(first).toMatchObject({ code: 0, stderr: '' });
      expect(actions(first)).toEqual(expected);
      const created = Object.values(expected).filter((action) => action === 'create');
      const written = await world.events();
      expect(written.toSorted()).toEqual([...more, ...created.map(() => 'McpServerRegistered')].toSorted());

      const again = await world.importFile(fixture(file), ['--update'], { env: SECRETS });
      expect(actions(again)).toEqual(mapValues(expected, (action) => (action === 'create' ? 'none' : action)));
      expect(await world.events()).toEqual(written);
      const text = await world.cli.run(['servers', 'import', fixture(file), '--dry-run'], { env: SECRETS });
      expect(text.code).toBe(0);
      for (const output of [JSON.stringify(first), JSON.stringify(again), text.stdout + text.stderr]) {
        expect(output).not.toContain('hush');
      }
    },
  );

  it('takes over addresses, headers, time-outs, titles and whether a server is enabled', async () => {
    for (const file of [
      'gemini.settings.json',
      'codex.config.toml',
      'mcphub.mcp_settings.json',
      'windsurf.mcp_config.json',
    ]) {
      expect(
        await world.importFile(fixture(file), ['--prefix', `${file.slice(0, 2)}-`], { env: SECRETS }),
      ).toMatchObject({
        code: 0,
      });
    }
    expect(await world.shown('ge-search')).toMatchObject({
      url: 'https://search.example/mcp',
      description: 'Searches the web',
      timeouts: { total_ms: 60_000, idle_ms: 300_000 },
      header_names: ['Authorization', 'X-Price'],
    });
    expect(await world.shown('co-sentry')).toMatchObject({
      timeouts: { connect_ms: 20_000, total_ms: 90_500 },
      header_names: ['X-Region', 'X-Org', 'Authorization'],
    });
    expect(await world.shown('mc-amap')).toMatchObject({
      timeouts: { idle_ms: 60_000, total_ms: 600_000 },
      enabled: true,
    });
    const folder = fixture('').replace(/\/$/, '');
    expect(await world.shown('ge-python')).toMatchObject({
      transport: 'stdio',
      command: 'python',
      args: ['-m', 'server'],
      cwd: `${folder}/server`,
      timeouts: { total_ms: 15_000 },
    });
    expect(await world.shown('co-docs')).toMatchObject({ args: ['-y', 'docs-server'], env_names: ['MODE'] });
    expect(await world.shown('wi-legacy')).toMatchObject({ transport: 'sse', url: 'https://legacy.example/sse' });
    for (const name of ['co-off', 'mc-off', 'wi-paused'])
      expect(await world.shown(name)).toMatchObject({ enabled: false });
  });

  it('takes a server of the MCP registry, and says what will be run [configuration-registry]', async () => {
    const environmentVariables = [{ name: 'WEATHER_KEY', isRequired: true, isSecret: true }];
    const registryPackage = { registryType: 'npm', identifier: 'weather', version: '1.2.3', environmentVariables };
    const server = {
      name: 'io.github.someone/weather',
      title: 'Weather',
      version: '1.2.3',
      packages: [registryPackage],
    };
    const file = await world.write(JSON.stringify(server), 'server.json');
    const argv = ['servers', 'import', '--registry', file];
    const missing = await world.cli.run(argv);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('set the variable WEATHER_KEY') });
    const run = { env: { WEATHER_KEY: 'hush' } };
    const planned = await world.cli.run([...argv, '--dry-run'], run);
    expect(planned.stdout).toContain('command: npx');
    expect(planned.stdout).toContain('variable WEATHER_KEY from variable WEATHER_KEY goes to npx');
    const done = await world.cli.run(argv, run);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('the gateway will run: npx -y weather@1.2.3');
    expect(done.stdout).toContain('in the folder / (none is configured)');
    expect((await world.cli.run(['servers', 'show', 'weather'])).stdout).toMatch(/Folder +\/ \(none is configured\)/);
    expect(await world.shown('weather')).toMatchObject({
      title: 'Weather',
      command: 'npx',
      args: ['-y', 'weather@1.2.3'],
      env_names: ['WEATHER_KEY'],
    });
    expect(planned.stdout + done.stdout).not.toContain('hush');
    for (const wrong of [
      ['servers', 'import'],
      [...argv, file],
      ['servers', 'import', file, '--use', 'npm'],
    ]) {
      expect((await world.cli.run(wrong)).code).toBe(2);
    }
  });

  it('tells what it does not take over', async () => {
    const { document } = await world.importFile(fixture('gemini.settings.json'), [], { env: SECRETS });
    expect(document.servers?.[0]?.notes).toContain('not taken over: trust, includeTools');
  });

  it('tells of servers and keys in a file that it leaves alone', async () => {
    const one = { mcpServers: { one: { url: 'https://one.example/' } } };
    const claude = await world.write(JSON.stringify({ ...one, projects: { '/p': one, '/q': { mcpServers: {} } } }));
    expect((await world.cli.run(['servers', 'import', claude])).stderr).toMatch(/^warning: The servers of projects/);
    const own = await world.write(
      'version: 1\nservers: { one: { url: "https://one.example/" } }\nkeys: { ci: {} }\n',
      'own.yaml',
    );
    expect((await world.importFile(own)).document.notes).toMatchObject([expect.stringContaining('metamcp-cli apply')]);
    expect(await world.events()).toEqual(['McpServerRegistered']);
  });

  it('shows a plan with --dry-run and does nothing', async () => {
    const planned = await world.importFile(fixture('cursor.mcp.json'), ['--dry-run'], { env: SECRETS });
    expect(planned.document).toMatchObject({
      dry_run: true,
      servers: [{ name: 'linear', action: 'create', done: false }, {}],
    });
    const text = await world.cli.run(['servers', 'import', fixture('cursor.mcp.json'), '--dry-run'], { env: SECRETS });
    expect(text.stdout).toContain('headers.authorization: (secret)');
    expect(text.stdout).toContain('with ${LINEAR_TOKEN}');
    expect(text.stdout).toContain('Nothing was changed');
    expect(await world.events()).toEqual([]);
  });

  it('refuses a server that exists with other settings, unless it is told to change it: by one event [configuration-import-idempotent]', async () => {
    await world.importFile(await world.mcpServers({ one: { url: 'https://one.example/mcp', headers: { A: '1' } } }));
    const moved = await world.mcpServers({ one: { url: 'https://two.example/mcp', headers: { a: '2' } } });
    const refused = await world.importFile(moved);
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'import-refused' } } });
    expect(refused.document.error.message).toContain('(url, headers.a)');
    const changed = await world.importFile(moved, ['--update']);
    expect(changed.document.servers?.[0]).toMatchObject({
      action: 'change',
      done: true,
      changes: [
        { field: 'url', before: 'https://one.example/mcp', after: 'https://two.example/mcp' },
        { field: 'headers.a', before: '(secret)', after: '(secret)' },
      ],
    });
    expect(await world.events()).toEqual(['McpServerRegistered', 'McpServerUpdated']);
  });

  it('leaves a server disabled that an administrator has disabled, unless the file says otherwise', async () => {
    await world.importFile(await world.mcpServers({ one: { url: 'https://one.example/mcp' } }));
    await world.cli.run(['servers', 'disable', 'one']);
    expect(
      actions(await world.importFile(await world.mcpServers({ one: { url: 'https://one.example/mcp' } }))),
    ).toEqual({
      one: 'none',
    });
    const stated = await world.mcpServers({ one: { url: 'https://one.example/mcp', disabled: false } });
    expect(actions(await world.importFile(stated, ['--update', '--reason', 'back']))).toEqual({ one: 'change' });
    expect(await world.events()).toEqual(['McpServerRegistered', 'McpServerDisabled', 'McpServerEnabled']);
  });

  it('imports from stdin, only what is asked for, under a prefix', async () => {
    const stdin = await readFile(fixture('claude-code.mcp.json'), 'utf8');
    const read = await world.importFile('-', ['--only', 'internal-api', '--prefix', 'old-'], { stdin });
    expect(read).toMatchObject({ code: 0 });
    expect(actions(read)).toEqual({ 'old-internal-api': 'create' });
    expect(await world.importFile('-', ['--only', 'nothing'], { stdin })).toMatchObject({
      code: 1,
      document: { error: { code: 'server-not-in-file' } },
    });
  });

  it('examines only what is asked for, also in a file of our own [configuration-passed-by]', async () => {
    const client = await world.mcpServers({
      good: { url: 'https://good.example/' },
      bad: { url: 'https://bad.example/', headers: { A: ['no text'] } },
    });
    expect(actions(await world.importFile(client, ['--only', 'good']))).toEqual({ good: 'create' });
    const own = await world.write(
      'version: 1\nservers: { good: { url: "https://good.example/" }, bad: { uri: "x" } }\nkeys: { ci: { no: 1 } }\n',
      'own.yaml',
    );
    expect(actions(await world.importFile(own, ['--only', 'good']))).toEqual({ good: 'none' });
    expect((await world.importFile(own)).document.error.code).toBe('configuration-invalid');
  });

  it('tells what it leaves out of a file of Windows, and what was off stays off [configuration-off] [configuration-gateways-headers]', async () => {
    const file = await world.mcpServers({
      one: {
        command: 'cmd',
        args: ['/c', 'npx', '-y', 'mcp-remote', 'https://one.example/mcp', '--header', 'Accept: */*'],
        env: null,
        disabled: 'true',
      },
    });
    const { document } = await world.importFile(file);
    expect(document.servers?.[0]?.notes).toContain('left out, because the gateway sends its own: Accept');
    expect(await world.shown('one')).toMatchObject({
      url: 'https://one.example/mcp',
      enabled: false,
      header_names: [],
    });
  });

  it('reads what a terminal of Windows writes: a byte order mark, CRLF, UTF-16', async () => {
    const text = '{\r\n  // one\r\n  "mcpServers": { "one": { "url": "https://one.example/mcp" } }\r\n}\r\n';
    expect(actions(await world.importFile(await world.write(`\ufeff${text}`)))).toEqual({ one: 'create' });
    expect(actions(await world.importFile(await world.write(Buffer.from(`\ufeff${text}`, 'utf16le'))))).toEqual({
      one: 'none',
    });
  });
});

function mapValues<T>(record: Record<string, T>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
