import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { readSettings } from '../../src/settings/settings.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { commandsOf } from './shellBlocks.ts';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';

const ROOT = new URL('../../', import.meta.url);

/** Run by CI itself, or needing a program that is not here; each is named, so that a new command is never skipped unseen. */
const RUN_ELSEWHERE = new Set(['npm ci && npm run demo', 'npm start']);

interface IssuedKey {
  readonly id: string;
  readonly api_key: string;
}

let home: string;
let gateway: GatewayProcess;
let calculator: Awaited<ReturnType<typeof startBackendServer1>>;

beforeAll(async () => {
  home = await mkdtemp(join(memoryFolder(), 'metamcp readme '));
  await chmod(home, 0o755);
  gateway = await startGatewayProcess({ home });
  calculator = await startBackendServer1({ port: 0 });
  // What the reader has: a client with a server of its own, and the secrets that the example's file refers to.
  await mkdir(join(home, '.cursor'));
  await writeFile(
    join(home, '.cursor', 'mcp.json'),
    '{"mcpServers": {"notes": {"url": "https://notes.example.com/mcp"}}}',
  );
  await mkdir(join(home, 'secrets'));
  await writeFile(join(home, 'secrets', 'search-key'), 'secret\n');
});
afterAll(async () => {
  await calculator[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

/** Runs a command as the reader would, on this test's state folder and ports. */
async function run(command: string, env: Record<string, string> = {}): Promise<string> {
  const here = command
    .replaceAll('127.0.0.1:7001', new URL(calculator.url).host)
    .replaceAll('127.0.0.1:12009', new URL(gateway.url).host);
  const { stdout } = await promisify(execFile)('bash', ['-ec', here], {
    cwd: fileURLToPath(ROOT),
    // The settings of another installation are shown, not used.
    env: { ...PROGRAM_ENVIRONMENT, HOME: home, METAMCP_HOME: home, ...env },
  });
  return stdout;
}

/** What people read, in the order in which it is run on one installation. docs/getting-started.md: newcomer.test.ts. */
const DOCUMENTS = [
  'README.md',
  'docs/clients.md',
  'docs/administrators.md',
  'docs/troubleshooting.md',
  'docs/reference.md',
];

describe.each(DOCUMENTS)('%s', (file) => {
  it('shows commands that work, in the order in which they stand [cli-readme]', async () => {
    const create = async (name: string) =>
      JSON.parse(await run(`./metamcp-cli keys create --name '${name} of ${file}' --json`)) as IssuedKey;
    // One that the reader administers, down to its deletion, and one that the reader's programs use.
    const [administered, used] = [await create('administered'), await create('used')];
    const secrets = {
      METAMCP_KEY: used.api_key,
      METAMCP_URL: gateway.url,
      GITHUB_TOKEN: 'secret',
      PERSONAL_TOKEN: 'secret',
    };
    const commands = commandsOf(new URL(file, ROOT)).filter((command) => !RUN_ELSEWHERE.has(command));
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      // A feed does not end: it is enough that it still runs after a while.
      const running = command.startsWith('curl -N ') ? `timeout 2 ${command} || [ $? = 124 ]` : command;
      const { id } = command.includes('servers credential') ? used : administered;
      await run(running.replace(/\bID\b/, id), secrets);
    }
  });
  it('links to files that exist, and names such', async () => {
    const page = new URL(file, ROOT);
    const text = await readFile(page, 'utf8');
    const links = [...text.matchAll(/(?:\]\(|src=")(?!https?:)([^)#"]+)[)#"]/g)].map(([, link = '']) => link);
    for (const link of links) expect.soft(existsSync(new URL(link, page)), link).toBe(true);
    const named = [...text.matchAll(/`((?:test|examples|bench|docs)\/[\w./-]+)`/g)].map(([, path = '']) => path);
    for (const path of named) expect.soft(existsSync(new URL(path, ROOT)), path).toBe(true);
  });
});

it('docs/reference.md shows a configuration file that is read', async () => {
  const text = await readFile(new URL('docs/reference.md', ROOT), 'utf8');
  const toml = /^```toml\n(.*?)^```$/ms.exec(text)?.[1] ?? '';
  const file = join(home, 'metamcp.toml');
  await run(`cat > '${file}' <<'END'\n${toml}END`);
  expect(readSettings({ env: {}, cwd: home, configFile: file })).toMatchObject({
    host: '0.0.0.0',
    allowedHosts: ['mcp.example.com'],
  });
});
