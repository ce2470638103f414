import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { SECRET_SETTINGS, SETTINGS } from '../../src/settings/variables.ts';
import { COMPOSE_FILES, readComposeFile, ROOT, type ComposeFile } from '../deploy/composeFile.ts';

// Commands whose programs need what a test has not: an engine of containers, a cluster, an init system. Each is held to what it names.

const CHECKOUT = fileURLToPath(ROOT);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

/** What a command is held with. */
export interface Holding {
  /** An empty folder for what would go to the root of a machine. */
  readonly machine: string;
  /** Runs a command line of metamcp-cli, which stands behind another program. */
  cli(words: readonly string[]): Promise<void>;
}

/** Commands that other tests run, with what shows it in them. A test holds each to it. */
export const RUN_BY_OTHERS: Readonly<Record<string, readonly [test: string, fragment: string]>> = {
  'deploy/secrets.sh': ['test/deploy/secrets.test.ts', 'deploy/secrets.sh'],
  'metamcp --workers 4': ['test/gateway/workers.test.ts', "args: ['--workers', '2']"],
  'kill -USR1 PID': ['test/gateway/workers.test.ts', "gateway.kill('SIGUSR1')"],
  'npm run bench -- --only soak': ['test/gateway/soak.test.ts', 'measureSoak('],
  'npm run bench -- --only soak --seconds 60': ['test/gateway/soak.test.ts', 'measureSoak('],
};

/** Holds a command to what it names. @returns false: nobody knows how */
export async function holdCommand(command: string, holding: Holding): Promise<boolean> {
  if (Object.hasOwn(RUN_BY_OTHERS, command)) return true;
  const holder = HOLDERS[command.split(' ', 1)[0] ?? ''];
  if (holder === undefined) return false;
  const [, ...words] = wordsOf(command);
  await holder(words, holding);
  return true;
}

type Holder = (words: readonly string[], holding: Holding) => void | Promise<void>;

const HOLDERS: Readonly<Record<string, Holder>> = {
  docker: ([verb, ...words], holding) => {
    if (verb === 'compose') return holdCompose(words, holding);
    if (verb === 'build') return holdBuild(words);
    expect(verb).toBe('run');
    return holdRun(words);
  },
  helm: holdHelm,
  kubectl: holdKubectl,
  npm: ([verb, script, dashes, ...words]) => {
    expect([verb, script, dashes]).toEqual(['run', 'bench', '--']);
    const { valuesOf, rest } = optionsIn(words, ['--only'], ['--quick']);
    expect(rest).toEqual([]);
    for (const part of valuesOf('--only')) expect(read('bench/main.ts')).toContain(`wants('${part}')`);
  },
  node([path = '', ...words]) {
    expect(path).toMatch(/^bench\/\w+\.ts$/);
    for (const word of words) if (word.startsWith('--')) expect(read(path)).toContain(word.slice(2));
  },
  // It is there wherever bash is: run, on a machine of its own.
  install(words, { machine }) {
    const onMachine = words.map((word) => (word.startsWith('/') ? machine + word : word));
    execFileSync('install', onMachine, { cwd: CHECKOUT });
  },
  systemctl: holdSystemctl,
};

/** The words as the shell makes them; what it computes is run. */
function wordsOf(command: string): string[] {
  const text = execFileSync('bash', ['-euc', `set -f; printf '%s\\0' ${command}`], { encoding: 'utf8' });
  return text.split('\0').slice(0, -1);
}

/** Takes the options away that stand in front. @param valued those that have a value */
function optionsIn(words: readonly string[], valued: readonly string[], flags: readonly string[] = []) {
  const options: (readonly [name: string, value: string])[] = [];
  let at = 0;
  for (; words[at]?.startsWith('-') === true; at += 1) {
    const name = words[at] ?? '';
    if (flags.includes(name)) continue;
    expect([...valued, ...flags], name).toContain(name);
    at += 1;
    options.push([name, words[at] ?? '']);
  }
  const valuesOf = (name: string) => options.filter((option) => option[0] === name).map((option) => option[1]);
  return { valuesOf, rest: words.slice(at) };
}

const SERVICES_FOLLOW: Readonly<Record<string, readonly string[]>> = {
  up: ['--detach', '--wait'],
  logs: ['--follow'],
  restart: [],
  stop: [],
  down: [],
};

async function holdCompose(words: readonly string[], { cli }: Holding): Promise<void> {
  const { valuesOf, rest } = optionsIn(words, ['--file', '--profile']);
  const [name = COMPOSE_FILES[0]] = valuesOf('--file');
  const file = readComposeFile(expectAmong(COMPOSE_FILES, name));
  for (const profile of valuesOf('--profile')) expectAmong(profilesOf(file), profile);
  const [verb = '', ...after] = rest;
  if (verb !== 'exec') {
    expect(SERVICES_FOLLOW, verb).toHaveProperty(verb);
    const { rest: services } = optionsIn(after, [], SERVICES_FOLLOW[verb]);
    for (const service of services) expectAmong(Object.keys(file.services), service);
    return;
  }
  const { valuesOf: execValues, rest: inService } = optionsIn(after, ['--env']);
  for (const variable of execValues('--env')) expectAmong(CLI_VARIABLES, variable.split('=', 1)[0] ?? '');
  const [service = '', program, ...argv] = inService;
  expect(file.services[expectAmong(Object.keys(file.services), service)]?.image).toBe('metamcp');
  expect(program).toBe('metamcp-cli');
  await cli(argv);
}

const CLI_VARIABLES = ['METAMCP_ACTOR', ...Object.keys(SETTINGS)];

/** The profiles that a compose file has. */
export function profilesOf(file: ComposeFile): string[] {
  return Object.values(file.services).flatMap(({ profiles = [] }) => profiles);
}

function expectAmong<T extends string>(known: readonly T[], value: string): T {
  expect(known).toContain(value);
  return value as T;
}

function holdBuild(words: readonly string[]): void {
  const { valuesOf, rest } = optionsIn(words, ['--tag']);
  expect([valuesOf('--tag'), rest]).toEqual([['metamcp'], ['.']]);
  expect(existsSync(new URL('Dockerfile', ROOT))).toBe(true);
}

function holdRun(words: readonly string[]): void {
  const { valuesOf, rest } = optionsIn(words, ['--env-file', '--publish']);
  // What deploy/secrets.sh writes, and the image that the command before has built.
  expect([valuesOf('--env-file'), rest]).toEqual([['.env'], ['metamcp']]);
  for (const published of valuesOf('--publish')) {
    expect(read('Dockerfile')).toContain(`\nEXPOSE ${published.split(':').at(-1) ?? ''}\n`);
  }
}

/** Of the documents: the release that is installed, and the Secret that it is given. */
const RELEASE = 'metamcp';

function holdHelm(words: readonly string[]): void {
  const [verb, release, chart = '', ...options] = words;
  expect([verb, release]).toEqual(['install', RELEASE]);
  expect(existsSync(new URL(`${chart}/Chart.yaml`, ROOT)), chart).toBe(true);
  const { valuesOf, rest } = optionsIn(options, ['--set']);
  expect(rest).toEqual([]);
  const values = parse(read(`${chart}/values.yaml`)) as Record<string, unknown>;
  for (const set of valuesOf('--set')) setValue(values, set);
  const accepts = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(read(`${chart}/values.schema.json`)) as object);
  expect([accepts(values), accepts.errors]).toEqual([true, null]);
  expect(values).toMatchObject({ existingSecret: RELEASE });
  if (!isHere('helm')) return;
  const text = execFileSync('helm', ['template', ...words.slice(1)], { cwd: CHECKOUT, encoding: 'utf8' });
  expect(text).toMatch(new RegExp(`^kind: Deployment\\nmetadata:\\n {2}name: ${RELEASE}$`, 'm'));
}

/** Sets a value that there is. */
function setValue(values: Record<string, unknown>, set: string): void {
  const [path = '', value] = set.split('=');
  const names = path.split('.');
  const last = names.pop() ?? '';
  const target = names.reduce((each, name) => each[name] as Record<string, unknown>, values);
  expect(target, path).toHaveProperty(last);
  target[last] = value;
}

async function holdKubectl(words: readonly string[], { cli }: Holding): Promise<void> {
  const [verb, ...rest] = words;
  if (verb === 'exec') {
    const [target, dashes, program, ...argv] = rest;
    expect([target, dashes, program]).toEqual([`deploy/${RELEASE}`, '--', 'metamcp-cli']);
    await cli(argv);
    return;
  }
  expect([verb, ...rest.slice(0, 3)]).toEqual(['create', 'secret', 'generic', RELEASE]);
  const literals = rest.slice(3).map((word) => /^--from-literal=(\w+)=(.+)$/s.exec(word) ?? [word]);
  for (const [, name = ''] of literals) expectAmong(SECRET_SETTINGS as readonly string[], name);
  if (!isHere('kubectl')) return;
  const made = execFileSync('kubectl', [...words, '--dry-run=client', '--output=json'], { encoding: 'utf8' });
  expect(Object.keys((JSON.parse(made) as { data: object }).data)).toEqual(literals.map(([, name]) => name).sort());
}

function holdSystemctl(words: readonly string[], { machine }: Holding): void {
  const unit = read('deploy/metamcp.service');
  const flags = ['--now', '--kill-whom=main', '--signal=SIGUSR1'];
  const [verb = '', ...names] = words.filter((word) => !flags.includes(word));
  expect(names).toEqual(verb === 'daemon-reload' ? [] : ['metamcp']);
  expectAmong(['daemon-reload', 'enable', 'reload', 'kill'], verb);
  if (verb === 'reload') expect(unit).toContain('\nType=notify-reload\n');
  // The unit lies where the command before has installed it.
  if (verb !== 'enable' || !isHere('systemctl')) return;
  mkdirSync(join(machine, 'etc/systemd/system'), { recursive: true });
  const { status, stderr } = spawnSync('systemctl', ['--root', machine, 'enable', ...names], { encoding: 'utf8' });
  expect([status, stderr.replaceAll('Created symlink', '')]).toEqual([0, expect.stringContaining('metamcp.service')]);
}

function isHere(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}
