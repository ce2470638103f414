import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../../src/settings/settings.ts';
import { SETTINGS } from '../../src/settings/variables.ts';
import { COMPOSE_FILES, readComposeFile, ROOT, variablesOf } from '../deploy/composeFile.ts';
import { freePort } from '../support/freePort.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { memoryFolder } from '../support/memoryFolder.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { modernScript, result, startScriptedServer } from '../upstream/support/scriptedServer.ts';
import { commandsIn, documents, fencesOf, type Fence } from './fences.ts';
import { holdCommand, profilesOf, RUN_BY_OTHERS } from './heldCommands.ts';

// Each command in the documents is run, or held to what it names. Blocks `sh` are run in their order by a test of their document;
// blocks `bash` and `console` stand for themselves, and are run or held here.

const CHECKOUT = fileURLToPath(ROOT);

/** The tests that run the blocks `sh` of a document. */
const RUN_IN_ORDER: Readonly<Record<string, string>> = {
  'README.md': 'readme',
  'docs/clients.md': 'readme',
  'docs/administrators.md': 'readme',
  'docs/troubleshooting.md': 'readme',
  'docs/reference.md': 'readme',
  'docs/operating.md': 'operating',
  'docs/eventstoredb.md': 'eventStoreDb',
  'docs/getting-started.md': 'newcomer',
};
/** Programs whose commands are held one by one; a block that begins with another one is a script, which is run. */
const HELD =
  /^(?:docker|kubectl|helm|install|systemctl|metamcp|deploy\/secrets\.sh|npm run bench|node bench\/\w+)\b(?!-)/;
/** What the fragment of a unit or of a configuration is read by. */
const READ_BY: Readonly<Record<string, string>> = {
  nginx: 'test/deploy/nginx.ts',
  toml: 'test/docs/readme.test.ts',
};

const FENCES = documents().flatMap(fencesOf);
const opened = new AsyncDisposableStack();
let folder: string;
let gateway: GatewayProcess;
let key: { readonly id: string; readonly api_key: string };

/** Runs a script in a shell on this installation. @param input what the reader types */
async function run(script: string, input = '', env: Readonly<Record<string, string>> = {}): Promise<string> {
  const running = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: CHECKOUT,
    env: { ...PROGRAM_ENVIRONMENT, HOME: folder, METAMCP_HOME: folder, METAMCP_KEY: key.api_key, ...env },
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(memoryFolder(), 'metamcp-commands-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  key = { id: '', api_key: '' };
  gateway = opened.use(await startGatewayProcess({ home: folder }));
  const call = modernScript({
    'tools/call': (seen, response) =>
      result(seen, response, { resultType: 'complete', content: [{ type: 'text', text: 'Done' }] }),
  });
  const server = opened.use(await startScriptedServer(call));
  // What a reader has by then.
  const add = (name: string) => `./metamcp-cli servers add ${name} --url ${server.url.href}`;
  await run(['files', 'github', 'wiki', 'jira', 'oldjira'].map(add).join('\n'));
  const made = await run(
    `./metamcp-cli keys create --name mine --tag team=search --owner alice@example.org --scope mcp,servers:read,servers:exec --grant files,oldjira --json`,
  );
  key = JSON.parse(made) as typeof key;
  await run(
    `git init -q repository && cd repository && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x`.replaceAll(
      'repository',
      join(folder, 'repository'),
    ),
  );
  await mkdir(join(folder, 'machine'));
});
afterAll(() => opened[Symbol.asyncDispose]());

it('each block says what it is, and only blocks of commands hold commands [cli-readme]', () => {
  const kinds = ['sh', 'bash', 'console', 'ini', 'yaml', 'json', 'text', ...Object.keys(READ_BY)];
  expect(FENCES.filter(({ kind }) => !kinds.includes(kind))).toEqual([]);
  // Drawings.
  for (const { kind, text } of FENCES) if (kind === 'text') expect(text).toMatch(/[│─▲▼]/);
  for (const { kind, text } of FENCES)
    if (kind === 'json') for (const line of text.trim().split('\n')) JSON.parse(line);
  // A block that is indented without a fence has no kind.
  const indented = /^(?: {4}|\t)\$? ?(?:npm|npx|node|docker|kubectl|helm|curl|systemctl|\.\/\S+|metamcp\S*) .*$/gm;
  for (const file of documents()) {
    const outside = readFileSync(new URL(file, ROOT), 'utf8').replaceAll(/^( *)```.*?^\1```$/gms, '');
    expect(outside.match(indented), file).toBeNull();
  }
  for (const { kind, file } of FENCES) {
    const reader = READ_BY[kind];
    if (reader === undefined) continue;
    const source = readFileSync(new URL(reader, ROOT), 'utf8');
    expect([source.includes(file), source.includes(`\`\`\`${kind}`)], file).toEqual([true, true]);
  }
});

it('blocks that are run in their order stand in documents whose tests run them [cli-readme]', () => {
  const files = new Set(FENCES.filter(({ kind }) => kind === 'sh').map(({ file }) => file));
  expect([...files].filter((file) => RUN_IN_ORDER[file] === undefined)).toEqual([]);
  for (const [file, test] of Object.entries(RUN_IN_ORDER)) {
    const source = readFileSync(new URL(`test/docs/${test}.test.ts`, ROOT), 'utf8');
    expect(source, test).toContain(file);
    expect(source, test).toMatch(/commandsOf|shellBlocksOf/);
  }
});

const blocks = FENCES.filter(({ kind }) => kind === 'bash');
const isHeld = (fence: Fence) => HELD.test(commandsIn(fence)[0] ?? '');

it('each command that no machine of tests can run names what there is [cli-readme]', async () => {
  const commands = blocks.filter(isHeld).flatMap(commandsIn);
  expect(commands.length).toBeGreaterThan(20);
  const cli = async (words: readonly string[]) => {
    await run(`./metamcp-cli ${words.map((word) => `'${word}'`).join(' ')}`);
  };
  const unheld: string[] = [];
  for (const command of commands) {
    if (!(await holdCommand(command, { machine: join(folder, 'machine'), cli }))) unheld.push(command);
  }
  expect(unheld).toEqual([]);
  expect(existsSync(join(folder, 'machine/etc/systemd/system/metamcp.service'))).toBe(true);
  // What other tests run is written somewhere, and is in them.
  for (const [command, [test, fragment]] of Object.entries(RUN_BY_OTHERS)) {
    expect(commands).toContain(command);
    expect(readFileSync(new URL(test, ROOT), 'utf8'), test).toContain(fragment);
  }
});

/** Programs that not every machine has; `.ci/run` installs them. */
const NEEDS = /\b(?:psql|jq)\b/g;

it.for(blocks.filter((fence) => !isHeld(fence)))('$file: $text [cli-readme]', async (fence, ctx) => {
  const commands = commandsIn(fence);
  const missing = new Set((fence.text.match(NEEDS) ?? []).filter((program) => !isHere(program)));
  ctx.skip(missing.size > 0, `without ${[...missing].join(' and ')}, which this machine does not have`);
  const keys = (JSON.parse(await run('./metamcp-cli keys list --json --limit 100')) as unknown[]).length;
  const port = new URL(gateway.url).port;
  const script = commands
    .map((command) =>
      command
        .replaceAll(/\bhttps:\/\/mcp\.example\.com|http:\/\/127\.0\.0\.1:12009/g, gateway.url)
        .replace(/(?<=keys access )ID\b/, key.id)
        .replace(/--expect \d+/, `--expect ${keys}`)
        .replace(/^git /, `git -C ${join(folder, 'repository')} `)
        // A person types into it.
        .replace(/^PGPASSWORD=.* psql .*$/, (line) => `${line} -c 'select 1'`)
        // Findings about this machine are no fault of the command.
        .replace(/^\.\/metamcp-cli doctor.*$/, (line) => `${line} || [ $? = 1 ]`),
    )
    .join('\n');
  const stdout = await run(`metamcp-cli() { ${CHECKOUT}metamcp-cli "$@"; }\n${script}`, `${key.api_key}\n`, {
    SERVER_PORT: port,
  });
  if (script.includes('execute')) expect(stdout).toContain('"type":"result"');
});

it('settings and targets in blocks of configuration are those that there are [cli-readme]', () => {
  const composed = COMPOSE_FILES.map(readComposeFile);
  const known = [
    ...Object.keys(SETTINGS),
    'COMPOSE_PROFILES',
    ...composed.flatMap(variablesOf).map(({ name }) => name),
  ];
  const configured = FENCES.filter(({ kind }) => kind === 'ini').map(({ text }) =>
    Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
  );
  expect(configured.length).toBeGreaterThan(1);
  for (const { COMPOSE_PROFILES: profile, ...settings } of configured as Record<string, string>[]) {
    for (const name of Object.keys(settings)) expect(known).toContain(name);
    if (profile !== undefined) expect(composed.flatMap(profilesOf)).toContain(profile);
    readSettings({ env: settings, cwd: folder });
  }
  const ports = configured.map((settings) => settings['METRICS_PORT']).filter((port) => port !== undefined);
  for (const { text } of FENCES.filter(({ kind }) => kind === 'yaml')) {
    // What Prometheus reads, or what is added to docker-compose.yml.
    const { scrape_configs: jobs = [], services = {} } = parse(text) as {
      scrape_configs?: { static_configs: { targets: string[] }[] }[];
      services?: object;
    };
    for (const service of Object.keys(services)) expect(Object.keys(composed[0]!.services)).toContain(service);
    for (const { static_configs: configs } of jobs)
      for (const { targets } of configs)
        for (const target of targets) expect(ports).toContain(target.split(':').at(-1));
  }
});

it('the examples’ own pages show commands that work, in their order [cli-readme]', async () => {
  const ports = new Map([
    ['7001', String(await freePort())],
    ['7002', String(await freePort())],
  ]);
  const standing = new Set<string>();
  let apiKey = '';
  for (const fence of FENCES.filter(({ kind }) => kind === 'console')) {
    for (const written of commandsIn(fence)) {
      const command = written
        .replaceAll(/700[12]/g, (port) => ports.get(port) ?? port)
        .replace('http://127.0.0.1:12009', gateway.url)
        .replace('mcp_…', apiKey);
      if (!command.includes('server.ts')) {
        const stdout = await run(command);
        apiKey = /\bmcp_\w+/.exec(stdout)?.[0] ?? apiKey;
      } else if (!standing.has(command)) {
        standing.add(command);
        await stand(command);
      }
    }
  }
  expect(standing.size).toBe(2);
});

/** Starts what stays, until it has printed its first line. */
async function stand(command: string): Promise<void> {
  const child = spawn('bash', ['-c', `exec ${command}`], {
    cwd: CHECKOUT,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  opened.defer(() => void process.kill(-child.pid!));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  expect(line).toContain('listens on');
}

function isHere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
