import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { commandsOf } from './shellBlocks.ts';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENT = new URL('docs/operating.md', ROOT);
const EXAMPLE_URL = 'esdb://admin:password@events.example.com:2113';

let folder: string;
let server: WireServer;
let env: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'metamcp-operating-'));
  await chmod(folder, 0o755);
  server = await openWireServer({ systemTraffic: true });
  const secret = () => randomBytes(32).toString('base64');
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    METAMCP_HOME: join(folder, 'state'),
    ENCRYPTION_KEY: secret(),
    JWT_SECRET: secret(),
  };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a command in a shell whose exports outlast it, as those of the reader's shell do. */
async function run(command: string): Promise<string> {
  const kept = join(folder, 'environment');
  const script = `${command.replace(EXAMPLE_URL, server.url)}\nenv -0 > '${kept}'`;
  const { stdout } = await promisify(execFile)('bash', ['-ec', script], { cwd: fileURLToPath(ROOT), env });
  env = Object.fromEntries(
    (await readFile(kept, 'utf8'))
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return stdout;
}

it('docs/operating.md shows commands that work, in the order in which they stand [cli-readme]', async () => {
  await run('npm run -s cli -- servers add calculator --url http://127.0.0.1:9/mcp --header "X-Secret: hidden"');
  const made = JSON.parse(await run('npm run -s cli -- keys create --name reader --json')) as { api_key: string };
  const commands = commandsOf(DOCUMENT);
  expect(commands.length).toBeGreaterThan(15);
  for (const command of commands) await run(command);
  expect(env).not.toHaveProperty('EVENT_STORE_URL');
  const listed = JSON.parse(await run('npm run -s cli -- keys list --json')) as { name: string }[];
  expect(listed.map(({ name }) => name)).toEqual(['reader']);
  // The key has outlived the move there and back, and another ENCRYPTION_KEY.
  await run(`printf %s '${made.api_key}' | npm run -s cli -- keys verify`);
});
