import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { isHarmless } from '../../cli/commands/init/check.ts';
import { parseApiKey } from '../../src/auth/keyFormat.ts';
import { startFixtureServer, type FixtureServer } from '../support/fixtureServer.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { startTestGateway } from '../support/testGateway.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const NOWHERE = 'http://127.0.0.1:1/mcp';

let fixture: FixtureServer;
beforeAll(async () => (fixture = await startFixtureServer()));
afterAll(() => fixture[Symbol.asyncDispose]());

/** What `init --json` answers with. */
interface Report {
  readonly servers: readonly { readonly name: string; readonly made: boolean }[];
  readonly key?: { readonly id: string; readonly name: string; readonly api_key: string };
  readonly keys: number;
  readonly clients: readonly { readonly client: string; readonly text: string }[];
  readonly check: Readonly<Record<string, unknown>>;
  readonly secrets: readonly string[];
  readonly error: { readonly code: string };
}

/** An installation that holds nothing yet. */
async function openInstallation() {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await createTestDatabase());
  const cli: InProcessCli = opened.use(await openInProcessCli(database.url));
  const closing = opened.move();
  return {
    cli,
    async init(...options: string[]) {
      const { code, stdout, stderr } = await cli.run(['init', '--json', '--yes', ...options], {
        env: { SERVER_PORT: '0' },
      });
      return { code, stderr, report: JSON.parse(stdout) as Report };
    },
    events: async () => (await cli.list(['audit', 'tail', '-n', '1000'])).map(({ type }) => type),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

const flags = () => ['--server', `first=${fixture.url}`, '--key-name', 'laptop', '--client', 'claude-code'];

describe('init', () => {
  it('makes a server, a key and the configuration of a client, and a call works through a gateway [cli-init]', async () => {
    await using installation = await openInstallation();
    const { code, stderr, report } = await installation.init(...flags(), '--check-tool', 'test_simple_text');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(report).toMatchObject({
      embedded: false,
      servers: [{ name: 'first', url: fixture.url, enabled: true, made: true }],
      keys: 1,
      key: { name: 'laptop' },
      secrets: ['ENCRYPTION_KEY', 'JWT_SECRET'],
      check: { ok: true, gateway: 'temporary', server: 'first', tool: 'test_simple_text' },
      clients: [{ client: 'claude-code', text: expect.stringContaining('/mcp"') }],
    });
    expect(parseApiKey(report.key?.api_key ?? '')?.id).toBe(report.key?.id);
    expect(JSON.stringify(report.clients)).not.toContain(report.key?.api_key);
    expect(await installation.events()).toEqual(['McpServerRegistered', 'ApiKeyCreated']);
  });

  it('calls no tool unasked that may change something or needs what its schema does not state [cli-init]', async () => {
    const readOnly = { annotations: { readOnlyHint: true } };
    const tool = { name: 'x', inputSchema: { type: 'object' } };
    expect(isHarmless(tool)).toBe(false);
    expect(isHarmless({ ...tool, annotations: { readOnlyHint: false } })).toBe(false);
    expect(isHarmless({ ...tool, ...readOnly })).toBe(true);
    expect(isHarmless({ ...tool, ...readOnly, inputSchema: { required: null } })).toBe(true);
    expect(isHarmless({ ...tool, annotations: null })).toBe(false);
    expect(isHarmless({ ...tool, ...readOnly, inputSchema: { type: 'object', required: [] } })).toBe(true);
    expect(isHarmless({ ...tool, ...readOnly, inputSchema: { type: 'object', required: ['a'] } })).toBe(false);
    const stated = { required: ['a'], properties: { a: { type: 'number', examples: [2] } } };
    expect(isHarmless({ ...tool, ...readOnly, inputSchema: stated })).toBe(true);
    expect(isHarmless({ ...tool, inputSchema: stated })).toBe(false);
    const some = { required: ['a', 'b'], properties: { a: { default: 1 }, b: { type: 'number' } } };
    expect(isHarmless({ ...tool, ...readOnly, inputSchema: some })).toBe(false);
    await using installation = await openInstallation();
    const { code, report } = await installation.init('--server', `first=${fixture.url}`);
    expect({ code, check: report.check }).toMatchObject({ code: 0, check: { ok: true, tools: expect.any(Number) } });
    expect(report.check).not.toHaveProperty('tool');
  });

  it('calls a tool that changes nothing with the values that its schema states, and shows what it answered [cli-init]', async () => {
    await using calculator = await startBackendServer1();
    await using installation = await openInstallation();
    const argv = ['init', '--yes', '--server', `calculator=${calculator.url}`];
    const { code, stdout } = await installation.cli.run(argv, { env: { SERVER_PORT: '0' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/calculator has 5 tools, and echo \{"message":"Hello"\} answered: Hello\n/);
    const { report } = await installation.init(
      '--server',
      `second=${calculator.url}`,
      '--key-name',
      'ci',
      '--check-tool',
      'add',
    );
    expect(report.check).toMatchObject({ ok: true, tool: 'add', arguments: { a: 2, b: 3 }, answer: '2 + 3 = 5' });
  });

  it('finds what is there when it runs again, makes only what is missing, and never overwrites [cli-init]', async () => {
    await using installation = await openInstallation();
    await installation.init(...flags());
    const again = await installation.init(...flags());
    expect(again).toMatchObject({ code: 0, report: { servers: [{ name: 'first', made: false }], keys: 1 } });
    expect(again.report.key).toBeUndefined();
    expect(again.report.check).toEqual({ skipped: expect.stringContaining('METAMCP_KEY') });
    expect(await installation.events()).toHaveLength(2);

    const more = await installation.init('--server', `second=${fixture.url}`, '--key-name', 'ci');
    expect(more.report).toMatchObject({
      servers: [
        { name: 'second', made: true },
        { name: 'first', made: false },
      ],
      keys: 2,
      key: { name: 'ci' },
    });
    expect(await installation.events()).toHaveLength(4);
    expect(await installation.init('--server', `first=${NOWHERE}`)).toMatchObject({
      code: 1,
      report: { error: { code: 'server-exists', message: expect.stringContaining('servers update first --url URL') } },
    });
    expect((await installation.cli.json(['servers', 'show', 'first'])).document.url).toBe(fixture.url);
    // Nothing given, and everything there: nothing to do.
    expect((await installation.init()).report).toMatchObject({ keys: 2 });
    expect(await installation.events()).toHaveLength(4);
  });

  it('tests a server before it saves it, and makes nothing of it when it does not answer [cli-init]', async () => {
    await using installation = await openInstallation();
    const dead = ['--server', `dead=${NOWHERE}`];
    expect(await installation.init(...dead)).toMatchObject({
      code: 1,
      report: { error: { code: 'upstream-unreachable' } },
    });
    expect(await installation.events()).toEqual([]);
    const forced = await installation.init(...dead, '--skip-test');
    // The key is shown although the check fails: nobody can show it later.
    expect(forced).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('check failed'),
      report: { check: { ok: false }, key: { name: 'first' } },
    });
    expect(await installation.events()).toHaveLength(2);
  });

  it('checks through the gateway that runs, with the key of METAMCP_KEY if none was made [cli-init]', async () => {
    await using gateway = await startTestGateway();
    await gateway.addServer('first', fixture.url);
    const { apiKey } = await gateway.createKey();
    await using cli = await openInProcessCli(gateway.settings.databaseUrl ?? '');
    const env = {
      JWT_SECRET: gateway.settings.jwtSecret,
      ENCRYPTION_KEY: gateway.settings.encryptionKey,
      SERVER_PORT: new URL(gateway.url).port,
      METAMCP_KEY: apiKey,
    };
    const { code, stdout } = await cli.run(['init', '--yes', '--json'], { env });
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as Report).check).toMatchObject({ ok: true, gateway: 'running', url: gateway.url });
    expect(stdout).not.toContain(apiKey);
    const unchecked = await cli.run(['init', '--yes'], { env: { ...env, METAMCP_KEY: '' } });
    expect(unchecked.stdout).toContain('left out');
    expect(unchecked.stdout).toContain(`The gateway runs at ${gateway.url}.`);
    const wrong = await cli.run(['init', '--yes', '--json', '--check-tool', 'no-such-tool'], { env });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('no-such-tool') });
  });

  it('says what it made, where the secrets are and what to back up, and repeats no credential [cli-init] [cli-repeats-no-secret]', async () => {
    await using installation = await openInstallation();
    const argv = ['init', '--yes', '--server', `first=${fixture.url}`, '--header', 'Authorization: @-'];
    const { code, stdout } = await installation.cli.run(argv, { stdin: 'Bearer hush-hush', env: { SERVER_PORT: '0' } });
    expect(code).toBe(0);
    for (const words of [
      'Back up',
      'ENCRYPTION_KEY',
      'first, new',
      'shown this once',
      'passed, through a gateway that ran for the check alone',
      'Start the gateway',
    ])
      expect(stdout).toContain(words);
    expect(stdout).not.toContain('hush');
    expect((await installation.cli.json(['servers', 'show', 'first'])).document.header_names).toEqual([
      'Authorization',
    ]);
  });

  it('does not guess where nobody can be asked [cli-init] [cli-exit-codes]', async () => {
    await using installation = await openInstallation();
    for (const argv of [
      ['init'],
      ['init', '--json'],
      ['init', '--yes', '--header', 'A: b'],
      ['init', '--yes', '--server', 'x'],
      ['init', '--yes', '--server', `X Y=${NOWHERE}`],
    ]) {
      expect(await installation.cli.run(argv)).toMatchObject({ code: 2 });
    }
    expect(await installation.events()).toEqual([]);
  });
});

const hasScript = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'script')));

/** Runs `init` on a real terminal, in a state folder of its own, and answers each question once it is asked. */
async function onTerminal(folder: string, answers: readonly (readonly [question: string, answer: string])[]) {
  const child = spawn('script', ['-qec', `"${process.execPath}" "${MAIN}" init`, '/dev/null'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      TERM: 'xterm',
      HOME: folder,
      METAMCP_HOME: join(folder, 'state'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      SERVER_PORT: '0',
    },
  });
  let seen = '';
  let next = 0;
  let from = 0;
  const closed = once(child, 'close');
  child.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    const [question, answer] = answers[next] ?? [];
    if (question === undefined || answer === undefined || !seen.slice(from).includes(question)) return;
    next += 1;
    from = seen.length;
    child.stdin.write(answer);
  });
  const [code] = (await closed) as [number];
  return { code, seen, answered: next };
}

describe.skipIf(!hasScript)('init on a terminal', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(memoryFolder(), 'metamcp init '));
    // As root, Postgres runs as another user, who must be able to enter.
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const questions = (): (readonly [string, string])[] => [
    ['[Y/n]', 'y\r'],
    ['(Enter: later): ', `${fixture.url}\r`],
    ['A name for it', 'calculator\r'],
    ['Enter: none): ', 'Bearer hush-hush\r'],
    ['first key', 'mine\r'],
    ['> ', 'codex\r'],
  ];

  it('Ctrl-C at any question leaves nothing half done [cli-init] [cli-prompts]', async () => {
    for (const at of [0, 1, 3, 5]) {
      const answers = questions();
      answers[at] = [answers[at]?.[0] ?? '', '\u0003'];
      const { code, seen, answered } = await onTerminal(
        folder,
        at === 0 ? answers : existsSync(join(folder, 'state')) ? answers.slice(1) : answers,
      );
      expect(code).toBe(1);
      expect(seen).toContain('Interrupted; nothing was changed.');
      expect(answered).toBeGreaterThan(0);
      if (at === 0) expect(await readdir(folder)).not.toContain('state');
    }
  });

  it('answered to the end, it makes a set-up that works, on a database of its own [cli-init] [embedded-shared]', async () => {
    const answers = existsSync(join(folder, 'state')) ? questions().slice(1) : questions();
    const { code, seen } = await onTerminal(folder, answers);
    expect(seen).toContain('passed, through');
    expect(code).toBe(0);
    expect(seen).toContain('[mcp_servers.metamcp]');
    expect(seen).toMatch(/mcp_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/);
    expect(seen).not.toContain('hush');
    expect(JSON.parse(await readFile(join(folder, 'state', 'secrets.json'), 'utf8'))).toHaveProperty('encryptionKey');
    // Run again, there is nothing to ask but for clients.
    const again = await onTerminal(folder, [['> ', '\r']]);
    expect(again).toMatchObject({ code: 0, answered: 1 });
    expect(again.seen).toContain('1, nothing new');
  });
});
