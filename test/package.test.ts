import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startGatewayProcess, type GatewayProcess } from './support/gatewayProcess.ts';
import { startTestGateway } from './support/testGateway.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const execute = promisify(execFile);
const manifest = z
  .object({ version: z.string(), bin: z.record(z.string(), z.string()) })
  .parse(createRequire(import.meta.url)('../package.json'));

/** What people have in the names of their folders, and globs, URLs and shells take for something else. */
const FOLDER = 'a folder [1] (2) {3,4} #5 100% é+!';

let folder: string;
let installed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp package '));
  await chmod(folder, 0o755);
  installed = await install(join(folder, FOLDER));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Builds and packs as `npm publish` does, and unpacks where `npm install` would. Needs no network. */
async function install(into: string): Promise<string> {
  const source = join(folder, 'source');
  const modules = join(into, 'node_modules');
  const package_ = join(modules, 'metamcp');
  await mkdir(package_, { recursive: true });
  await mkdir(source);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'CONTRIBUTING.md', 'migrations', 'test/golden']) {
    await cp(join(ROOT, name), join(source, name), { recursive: true });
  }
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
  await execute(compiler, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(source, 'dist')]);
  const { stdout } = await execute('npm', ['pack', '--ignore-scripts', '--silent'], {
    cwd: source,
    env: { ...process.env, npm_config_cache: join(folder, 'npm cache') },
  });
  await execute('tar', ['-xzf', join(source, stdout.trim()), '-C', package_, '--strip-components=1']);
  // The dependencies are those of the checkout.
  await symlink(join(ROOT, 'node_modules'), join(package_, 'node_modules'));
  return package_;
}

function bin(name: 'metamcp' | 'metamcp-cli'): string {
  return join(installed, manifest.bin[name] ?? '');
}

async function run(name: 'metamcp' | 'metamcp-cli', args: string[], env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await execute(process.execPath, [bin(name), ...args], {
    cwd: dirname(folder),
    env: { PATH: process.env['PATH'], HOME: folder, ...env },
  });
  return stdout;
}

describe('the package, installed', () => {
  test.each(['metamcp', 'metamcp-cli'] as const)('%s tells its version', async (name) => {
    expect((await run(name, ['--version'])).trim()).toBe(manifest.version);
  });

  test('metamcp-cli tells what it can do', async () => {
    const help = await run('metamcp-cli', ['--help']);
    expect(help).toContain('keys');
    expect(help).toContain('servers');
  });

  test('holds what runs and what people read, and nothing of the tests', async () => {
    const { stdout } = await execute('find', ['.', '-maxdepth', '1', '-not', '-name', 'node_modules'], {
      cwd: installed,
    });
    expect(stdout.trim().split('\n').sort()).toEqual([
      '.',
      './LICENSE',
      './README.md',
      './dist',
      './migrations',
      './package.json',
    ]);
  });

  describe('and started', () => {
    let home: string;
    let gateway: GatewayProcess;

    beforeAll(async () => {
      home = join(folder, 'home');
      gateway = await startGatewayProcess({ home: await made(home), program: bin('metamcp') });
    });
    afterAll(() => gateway[Symbol.asyncDispose]());

    test('its gateway is well, and takes keys that its CLI makes', async () => {
      const health = await fetch(`${gateway.url}/health`);
      expect([health.status, await health.json()]).toMatchObject([200, { version: manifest.version }]);
      const made = await run('metamcp-cli', ['keys', 'create', '--name', 'installed', '--json'], {
        METAMCP_HOME: home,
      });
      const { api_key } = z.object({ api_key: z.string() }).parse(JSON.parse(made));
      const servers = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': api_key } });
      expect(servers.status).toBe(200);
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

async function made(path: string): Promise<string> {
  await mkdir(path, { mode: 0o755 });
  return path;
}
