import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLIENTS } from '../../cli/clients/client.ts';
import { CLIENT_NAMES } from '../../cli/clients/clientNames.ts';
import { replaceFile } from '../../cli/clients/replaceFile.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';
import { keepStores, type KeptStores } from './keptStores.ts';

const GATEWAY = 'https://mcp.example.com';
const ENTRY = ['--server', 'github', '--url', GATEWAY];

let gateway: TestGateway;
let cli: InProcessCli;
let kept: KeptStores;
/** The user's folder, anew for each test. */
let home: string;
let count = 0;
beforeAll(async () => {
  gateway = await startTestGateway();
  kept = keepStores();
  cli = await openInProcessCli(gateway.settings.databaseUrl ?? '', {}, kept.open);
  for (const name of ['github', 'jira', 'off']) await gateway.addServer(name, 'http://127.0.0.1:1/mcp');
});
afterAll(async () => {
  await kept[Symbol.asyncDispose]();
  await cli[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});
beforeEach(async () => {
  count += 1;
  home = join(cli.folder, `home-${String(count)}`);
  await mkdir(home);
});

/** The stores are the gateway's. */
const secrets = () => ({ JWT_SECRET: gateway.settings.jwtSecret, ENCRYPTION_KEY: gateway.settings.encryptionKey });
const run = (argv: readonly string[]) => cli.run(argv, { env: { HOME: home, ...secrets() } });
const json = async (argv: readonly string[]) => {
  const { code, stdout, stderr } = await run(['--json', ...argv]);
  return { code, stderr, document: JSON.parse(stdout) as Record<string, unknown> };
};

describe('connect', () => {
  it('without a client names those that there are [cli-connect]', async () => {
    const { code, stderr } = await run(['connect']);
    expect(code).toBe(2);
    for (const name of CLIENT_NAMES) expect(stderr).toContain(name);
  });

  it.each(CLIENT_NAMES)('prints what %s expects, without the key and without a store [cli-connect]', async (name) => {
    const env = { HOME: home, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/x', METAMCP_KEY: 'mcp_mine' };
    const { code, stdout, stderr } = await cli.run(['connect', name, ...ENTRY], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${GATEWAY}/mcp/github`);
    expect(stdout).not.toContain('mcp_mine');
    // These see no variable that a shell exports.
    const isDesktop = ['cursor', 'windsurf', 'cline', 'goose'].includes(name);
    expect(stdout.includes('started from a menu does not see that: ')).toBe(isDesktop);
    expect(existsSync(CLIENTS[name].file({ platform: 'linux', env, cwd: home }))).toBe(false);
  });

  it.each([
    ['linux', 'claude-desktop', '/home/me/.config/Claude/claude_desktop_config.json'],
    ['darwin', 'claude-desktop', '/home/me/Library/Application Support/Claude/claude_desktop_config.json'],
    ['win32', 'claude-desktop', 'C:\\Users\\me\\AppData\\Roaming\\Claude\\claude_desktop_config.json'],
    ['linux', 'cursor', '/home/me/.cursor/mcp.json'],
    ['win32', 'cursor', 'C:\\Users\\me\\.cursor\\mcp.json'],
    ['linux', 'codex', '/home/me/.codex/config.toml'],
    ['linux', 'gemini-cli', '/home/me/.gemini/settings.json'],
    ['darwin', 'windsurf', '/home/me/.codeium/windsurf/mcp_config.json'],
    ['linux', 'vscode', '/work/here/.vscode/mcp.json'],
    ['linux', 'claude-code', '/work/here/.mcp.json'],
  ] as const)('knows on %s the file of %s [cli-connect]', (platform, name, file) => {
    const env = { HOME: '/home/me', USERPROFILE: 'C:\\Users\\me' };
    expect(CLIENTS[name].file({ platform, env, cwd: '/work/here' })).toBe(file);
  });

  it('goes by XDG_CONFIG_HOME, APPDATA and CODEX_HOME [cli-connect]', () => {
    const env = { HOME: '/home/me', XDG_CONFIG_HOME: '/xdg', APPDATA: 'D:\\data', CODEX_HOME: '/codex' };
    const desktop = CLIENTS['claude-desktop'];
    expect(desktop.file({ platform: 'linux', env, cwd: '/' })).toBe('/xdg/Claude/claude_desktop_config.json');
    expect(desktop.file({ platform: 'win32', env, cwd: 'C:\\' })).toBe('D:\\data\\Claude\\claude_desktop_config.json');
    expect(CLIENTS.codex.file({ platform: 'linux', env, cwd: '/' })).toBe('/codex/config.toml');
  });

  it('writes one entry for all servers, and one for each that is named [cli-connect]', async () => {
    const all = (await json(['connect', 'cursor'])).document;
    expect(all).toMatchObject({ servers: ['metamcp'], text: expect.stringMatching(/:\d+\/mcp"/) });
    const offline = await cli.run(['connect', 'codex', '--url', GATEWAY], { env: { HOME: home, DATABASE_URL: 'x:' } });
    expect(offline.stdout).toContain(`[mcp_servers.metamcp]\nurl = "${GATEWAY}/mcp"`);
    expect((await json(['connect', 'cursor', '--server', 'jira'])).document).toMatchObject({ servers: ['jira'] });
    const { id } = await gateway.createKey({ grants: ['nothing'] });
    expect(await json(['connect', 'cursor', '--key', id])).toMatchObject({
      code: 1,
      document: { error: { code: 'no-servers' } },
    });
  });

  it.each(['cursor', 'vscode', 'claude-desktop', 'gemini-cli', 'opencode', 'zed', 'copilot-cli'] as const)(
    'puts the one entry in the place of those that it wrote for single servers of %s, and leaves others [cli-connect-one]',
    async (name) => {
      const file = join(home, 'mcp.json');
      const client = CLIENTS[name];
      const foreign = { url: `${GATEWAY}/mcp/foreign`, headers: { Authorization: 'Bearer mine' } };
      const before = {
        [client.member]: {
          github: { ...client.entry(`${GATEWAY}/mcp/github`, 'github'), alwaysAllow: ['x'] },
          foreign,
          away: client.entry('https://other.example/mcp/away', 'away'),
          jira: client.entry(`${GATEWAY}/mcp/jira`, 'jira'),
        },
      };
      const text = `{ // mine\n${JSON.stringify(before, undefined, 2).slice(1)}\n`;
      await writeFile(file, text);
      const options = ['--url', GATEWAY, '--file', file, '--write', '--yes'];
      const { code, document } = await json(['connect', name, ...options]);
      expect({ code, servers: document['servers'] }).toEqual({ code: 0, servers: ['metamcp'] });
      const written = await readFile(file, 'utf8');
      expect(written).toMatch(/^\{ \/\/ mine\n/);
      const servers = (JSON.parse(written.replace('// mine', '')) as Record<string, Record<string, object>>)[
        client.member
      ];
      expect(Object.keys(servers ?? {})).toEqual(['foreign', 'away', 'metamcp']);
      expect(servers?.['foreign']).toEqual(foreign);
      // What the user had added to an entry of ours goes on in the new one.
      expect(servers?.['metamcp']).toMatchObject({ ...client.entry(`${GATEWAY}/mcp`, 'metamcp'), alwaysAllow: ['x'] });
      expect((await json(['connect', name, ...options])).document).toMatchObject({ changed: false });
    },
  );

  it('does so in TOML, too, tables within included [cli-connect-one]', async () => {
    const file = join(home, 'config.toml');
    const own = (server: string) =>
      `[mcp_servers.${server}]\nurl = "${GATEWAY}/mcp/${server}"\nbearer_token_env_var = "METAMCP_KEY"\n`;
    const rest = '# mine\nmodel = "x"\n\n';
    const other = '[mcp_servers.other]\ncommand = "x" # stays\n';
    await writeFile(file, `${rest}${own('github')}[mcp_servers.github.tools]\na = 1\n\n${other}\n${own('jira')}`);
    await json(['connect', 'codex', '--url', GATEWAY, '--file', file, '--write', '--yes']);
    const written = await readFile(file, 'utf8');
    expect(written.startsWith(`${rest}${other}`)).toBe(true);
    expect(written).toContain(`[mcp_servers.metamcp]\nurl = "${GATEWAY}/mcp"\nbearer_token_env_var = "METAMCP_KEY"\n`);
    expect(written).not.toMatch(/github|jira/);
  });

  it('with --write keeps the rest, a copy, the mode and a symbolic link, and changes nothing the second time [cli-connect]', async () => {
    const real = join(home, 'dotfiles', 'mcp.json');
    const link = join(home, '.cursor', 'mcp.json');
    const before = '{\n    // mine\n    "mcpServers": {}\n}\n';
    await mkdir(dirname(real));
    await mkdir(dirname(link));
    await writeFile(real, before);
    await chmod(real, 0o640);
    await symlink(real, link);

    const write = ['connect', 'cursor', ...ENTRY, '--write', '--yes'];
    const first = await json(write);
    expect(first).toMatchObject({ code: 0, stderr: '', document: { written: true, changed: true, file: link } });
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect((await stat(real)).mode & 0o777).toBe(0o640);
    const text = await readFile(real, 'utf8');
    expect(text).toMatch(/^\{\n {4}\/\/ mine\n {4}"mcpServers": \{\n {8}"github": \{\n {12}"url"/);
    expect(await readFile(first.document['backup'] as string, 'utf8')).toBe(before);
    expect(first.document['backup']).toMatch(/\/mcp\.json\.bak-\d{8}T\d{6}Z$/);

    expect((await json(write)).document).toMatchObject({ written: false, changed: false, diff: [] });
    expect(await readFile(real, 'utf8')).toBe(text);
    expect((await readdir(dirname(link))).length).toBe(2);
    expect(await readdir(dirname(real))).toEqual(['mcp.json']);
  });

  it('makes a file that is missing, for its owner alone [cli-connect]', async () => {
    expect((await run(['connect', 'gemini-cli', ...ENTRY, '--write', '--yes'])).stdout).toContain('is written.');
    const file = join(home, '.gemini', 'settings.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      mcpServers: { github: { httpUrl: `${GATEWAY}/mcp/github` } },
    });
  });

  it('shows the change with --dry-run, and writes only what was confirmed [cli-connect] [cli-dry-run]', async () => {
    const file = join(home, 'own.toml');
    const target = ['connect', 'codex', ...ENTRY, '--file', file];
    const dry = await run([...target, '--write', '--dry-run']);
    expect(dry.stdout).toContain('+ [mcp_servers.github]');
    expect(dry.stdout).toContain('Nothing was written');
    // Nobody can be asked.
    expect(await run([...target, '--write'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('--yes'),
    });
    expect(await readdir(home)).toEqual([]);
  });

  it('writes over no change that somebody made meanwhile [cli-connect]', async () => {
    const file = join(home, 'mcp.json');
    await writeFile(file, 'theirs');
    await expect(replaceFile(file, { before: 'read', after: 'ours', now: new Date() })).rejects.toMatchObject({
      code: 'client-file-changed',
    });
    expect(await readFile(file, 'utf8')).toBe('theirs');
    expect(await readdir(home)).toEqual(['mcp.json']);
    // Two within a second keep two copies.
    const now = new Date();
    const first = await replaceFile(file, { before: 'theirs', after: 'one', now });
    const second = await replaceFile(file, { before: 'one', after: 'two', now });
    expect(await Promise.all([first, second].map((copy) => readFile(copy!, 'utf8')))).toEqual(['theirs', 'one']);
  });

  it('leaves a file alone that it can’t read [cli-connect]', async () => {
    const file = join(home, 'broken.json');
    await writeFile(file, '{"mcpServers": {"a": ');
    expect(await json(['connect', 'windsurf', ...ENTRY, '--file', file, '--write', '--yes'])).toMatchObject({
      code: 1,
      document: { error: { code: 'client-file-unreadable', message: expect.stringContaining(`${file}: `) } },
    });
    expect(await readFile(file, 'utf8')).toBe('{"mcpServers": {"a": ');
    expect(await readdir(home)).toEqual(['broken.json']);
  });

  it.each([
    [['connect', 'cursor', '--headers-helper']],
    [['connect', 'claude-code', '--key-file', 'x']],
    [['connect', 'cursor', '--yes']],
    [['connect', 'cursor', '--url', 'example.com']],
    [['connect', 'cursor', '--url', 'https://me:hush@example.com']],
  ])('%j is wrong usage [cli-exit-codes]', async (argv) => {
    const { code, stderr } = await run(argv);
    expect(code).toBe(2);
    expect(stderr).not.toContain('hush');
  });

  it.skipIf(!(process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'script'))))(
    'asks on a terminal: no and Ctrl-C write nothing, yes writes [cli-connect] [cli-prompts]',
    async () => {
      const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
      const file = join(home, 'asked.json');
      const command = `"${process.execPath}" "${main}" connect cursor --server github --url ${GATEWAY} --file "${file}" --write`;
      for (const [answer, code] of [
        ['n\r', 1],
        ['\u0003', 1],
        ['y\r', 0],
      ] as const) {
        const child = spawn('script', ['-qec', command, '/dev/null'], {
          cwd: home,
          env: { ...process.env, ...cli.env, HOME: home, XDG_CACHE_HOME: cli.folder },
        });
        let seen = '';
        const closed = once(child, 'close');
        child.stdout.on('data', (chunk: Buffer) => {
          const before = seen;
          seen += chunk.toString();
          if (!before.includes('[y/N]') && seen.includes('[y/N]')) child.stdin.write(answer);
        });
        expect((await closed)[0]).toBe(code);
        expect(seen).toContain(`"url": "${GATEWAY}/mcp/github"`);
        expect(existsSync(file)).toBe(code === 0);
      }
    },
  );
});
