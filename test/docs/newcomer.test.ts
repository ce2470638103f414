import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../support/freePort.ts';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { commandsOf } from './shellBlocks.ts';

const ROOT = new URL('../../', import.meta.url);
const PAGE = new URL('docs/getting-started.md', ROOT);

/** A tree of tracked files takes a link to what `npm ci` has brought; CI itself begins with that command. */
const INSTALL = 'npm ci';
/** What runs in a terminal of its own, and what it says when it does. */
const STANDING: Readonly<Record<string, RegExp>> = {
  'npm start': /MetaMCP is ready/,
  'npx node examples/backendServer1/server.ts --port 7001': /listens on/,
};

let folder: string;
let clone: string;
let env: Record<string, string>;
let serverPort: number;
const standing: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder(), 'metamcp newcomer '));
  await chmod(folder, 0o755);
  clone = join(folder, 'clone');
  await mkdir(clone);
  const copy = 'git ls-files -z | tar --null --no-recursion --ignore-failed-read -cf - -T - | tar -xf - -C "$0"';
  await promisify(execFile)('bash', ['-c', copy, clone], { cwd: fileURLToPath(ROOT) });
  await symlink(fileURLToPath(new URL('node_modules', ROOT)), join(clone, 'node_modules'));
  const port = await freePort();
  serverPort = await freePort();
  env = {
    ...PROGRAM_ENVIRONMENT,
    HOME: folder,
    METAMCP_HOME: join(folder, 'state'),
    SERVER_PORT: String(port),
    METAMCP_URL: `http://127.0.0.1:${port}`,
  };
});
afterAll(async () => {
  for (const { pid, exitCode } of standing) if (exitCode === null) process.kill(-pid!, 'SIGTERM');
  await Promise.all(standing.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')));
  await rm(folder, { recursive: true, force: true });
});

const inShell = (command: string) => ['-ec', command.replaceAll('7001', String(serverPort))];

async function run(command: string): Promise<string> {
  return (await promisify(execFile)('bash', inShell(command), { cwd: clone, env })).stdout;
}

/** Starts what goes on, as in a terminal of its own. */
async function start(command: string, ready: RegExp): Promise<void> {
  const child = spawn('bash', inShell(command), { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  standing.push(child);
  const printed: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        if (ready.test(line)) resolve();
      });
    }
    child.once('exit', () => reject(new Error(`${command} ended:\n${printed.join('\n')}`)));
  });
}

it('docs/getting-started.md leads through a fresh clone to a call through /mcp, and to the refusal of its key [cli-newcomer]', async ({
  annotate,
}) => {
  const commands = commandsOf(PAGE).filter((command) => command !== INSTALL);
  expect(commands).toEqual(expect.arrayContaining(Object.keys(STANDING)));
  const printed = new Map<string, string>();
  const startedMs = performance.now();
  for (const command of commands) {
    const ready = STANDING[command];
    if (ready !== undefined) {
      await start(command, ready);
      continue;
    }
    const stdout = await run(command);
    printed.set(command, stdout);
    const [key] = /mcp_\w+/.exec(stdout) ?? [];
    // The reader pastes it: read -rs METAMCP_KEY.
    if (command.includes(' init ')) env['METAMCP_KEY'] = key!;
    if (stdout === '2 + 3 = 5\n') {
      await annotate(`${((performance.now() - startedMs) / 1_000).toFixed(1)} s from the start to the first call`);
    }
  }
  const init = [...printed].find(([command]) => command.includes(' init '))?.[1];
  expect(init).toMatch(/Check +passed, through the gateway: .* echo .* answered: Hello/);
  expect(printed.get('npx node examples/client/firstCall.ts')).toContain('calculator__add\n');
  expect(printed.get('npx node examples/client/firstCall.ts calculator__add a=2 b=3')).toBe('2 + 3 = 5\n');
  await expect(run('npx node examples/client/firstCall.ts')).rejects.toMatchObject({
    code: 1,
    stderr: 'HTTP 401: The API key is inactive.\n',
  });
});
