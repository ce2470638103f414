import type { JsonRecord } from '../entryMembers.ts';
import { isRecord } from '../entryMembers.ts';
import { Faulty, invalidEntry } from '../faulty.ts';
import type { ForeignServer } from '../foreignServer.ts';
import type { Template } from '../template.ts';
import { isFilledIn, listIn, memberOf, readInput, textIn } from './registryInput.ts';

/** What a package comes to. */
export interface RegistryCommand extends Pick<ForeignServer, 'address' | 'env'> {
  /** Optional variables that are not set. */
  readonly optional: readonly string[];
}

type Words = readonly Template[];

/** How packages of a registry are run: the program, its own arguments, and the package, at one version. */
interface Runtime {
  readonly command: string;
  /** Programs that do the same, by which the file may ask for it. */
  readonly others: readonly string[];
  /** Programs that some files name, and that run no package by themselves. */
  readonly vague: readonly string[];
  readonly before: (written: readonly string[], env: readonly string[]) => readonly string[];
  readonly packageOf: (registryPackage: JsonRecord) => string;
}

const RUNTIMES: Readonly<Record<string, Runtime>> = {
  npm: {
    command: 'npx',
    others: ['bunx', 'pnpx'],
    vague: ['node', 'npm'],
    before: (written) => (written.includes('-y') || written.includes('--yes') ? [] : ['-y']),
    packageOf: (registryPackage) => `${identifierOf(registryPackage)}@${versionOf(registryPackage)}`,
  },
  pypi: {
    command: 'uvx',
    others: [],
    vague: ['python', 'python3', 'pip', 'uv'],
    before: () => [],
    packageOf: (registryPackage) => `${identifierOf(registryPackage)}@${versionOf(registryPackage)}`,
  },
  oci: {
    command: 'docker',
    others: ['podman'],
    vague: [],
    // Its input is the conversation; the container goes with it. Variables are passed on by name: arguments can be read by all.
    before: (written, env) => [
      ...(written[0] === 'run' ? [] : ['run']),
      ...['-i', '--rm'].filter((flag) => !written.includes(flag)),
      ...env.flatMap((name) => ['-e', name]),
    ],
    packageOf: imageOf,
  },
};

const BASE_URLS: Readonly<Record<string, string>> = { npm: 'https://registry.npmjs.org', pypi: 'https://pypi.org' };

/** The registries whose packages a gateway can run. */
export const REGISTRY_TYPES = Object.keys(RUNTIMES);

/** Names the registry of a package; before 2025-07-09 it was called registry_name. */
export function registryTypeOf(registryPackage: JsonRecord): string {
  return (
    textIn(registryPackage, 'registryType') ??
    textIn(registryPackage, 'registryName') ??
    'unknown'
  ).toLowerCase();
}

/** Reads what runs a package. @throws Faulty */
export function readPackage(registryPackage: JsonRecord): RegistryCommand {
  const type = registryTypeOf(registryPackage);
  const runtime = Object.hasOwn(RUNTIMES, type) ? RUNTIMES[type] : undefined;
  if (runtime === undefined) throw notRun(`a gateway can’t run packages of the type ${type}`);
  const { transport } = registryPackage;
  const spoken = isRecord(transport) ? textIn(transport, 'type') : undefined;
  if (spoken !== undefined && spoken !== 'stdio')
    throw notRun(`it listens at a port of its own (${spoken}): start it, and register its URL instead`);
  const written = textIn(registryPackage, 'runtimeHint') ?? runtime.command;
  // Arguments for another program would mean something else.
  const isVague = runtime.vague.includes(written) && listIn(registryPackage, 'runtimeArguments').length === 0;
  const hint = isVague ? runtime.command : written;
  if (hint !== runtime.command && !runtime.others.includes(hint)) throw notRun(`it wants to be run by ${hint}`);
  const env: Record<string, Template> = {};
  const optional: string[] = [];
  for (const variable of listIn(registryPackage, 'environmentVariables')) {
    const name = textIn(variable, 'name');
    if (name === undefined) throw invalidEntry('one of its environmentVariables has no name');
    const { template } = readInput(variable, name);
    if (template === undefined) optional.push(name);
    else env[name] = template;
  }
  const runtimeWords = withoutSecrets(argumentsOf(registryPackage, 'runtimeArguments'), env);
  const fixed = runtimeWords.map((word) => (word.every((part) => typeof part === 'string') ? word.join('') : ''));
  const isRun = type === 'oci' && fixed[0] === 'run';
  const passed = Object.keys(env).filter((name) => !fixed.includes(name));
  const own: Words = runtime.before(fixed, passed).map((word) => [word]);
  const args: Words = [
    ...(isRun ? [['run']] : []),
    ...own,
    ...baseUrlOf(type, registryPackage),
    ...(isRun ? runtimeWords.slice(1) : runtimeWords),
    [runtime.packageOf(registryPackage)],
    ...argumentsOf(registryPackage, 'packageArguments').flatMap(({ words }) => words),
  ];
  return { address: { transport: 'stdio', command: [hint], args, cwd: undefined }, env, optional };
}

interface Argument {
  readonly words: Words;
  readonly isSecret: boolean;
}

/** Reads arguments: a value, or a flag and its value; what is optional and has no default is left out. @throws Faulty */
function argumentsOf(registryPackage: JsonRecord, member: string): Argument[] {
  return listIn(registryPackage, member).flatMap((argument): Argument[] => {
    const name = textIn(argument, 'name');
    const isNamed =
      memberOf(argument, 'type') === 'named' || (memberOf(argument, 'type') === undefined && name !== undefined);
    if (!isNamed) {
      const { template, isSecret } = readInput(argument, textIn(argument, 'valueHint') ?? 'argument');
      return template === undefined ? [] : [checked({ words: [template], isSecret }, argument)];
    }
    if (name === undefined) throw invalidEntry(`one of its ${member} has no name`);
    if (textIn(argument, 'value') === undefined && !isFilledIn(argument)) return [{ words: [[name]], isSecret: false }];
    const { template, isSecret } = readInput(argument, name);
    return template === undefined ? [] : [checked({ words: [[name], template], isSecret }, argument)];
  });
}

/** Only a container's variables have another way in. */
function checked(argument: Argument, written: JsonRecord): Argument {
  if (!argument.isSecret || isVariable(argument)) return argument;
  const what = textIn(written, 'name') ?? textIn(written, 'valueHint') ?? 'one of them';
  throw new Faulty(
    'refuse',
    'reference-in-command',
    `its argument ${what} is a secret, and a command line is shown in lists and to every user of the machine; register the server by hand, with the secret in env, if it can take it from there`,
  );
}

function isVariable({ words: [flag = [], value = []] }: Argument): boolean {
  return (flag[0] === '-e' || flag[0] === '--env') && typeof value[0] === 'string' && /^\w+=/.test(value[0]);
}

/** `-e NAME=value` of a container becomes `-e NAME`, and the value one of the environment, as soon as it is not fixed. */
function withoutSecrets(list: readonly Argument[], env: Record<string, Template>): Template[] {
  return list.flatMap((argument): Words => {
    const { words } = argument;
    const [flag = [], value = []] = words;
    if (!isVariable(argument) || value.every((part) => typeof part === 'string')) return words;
    const [first, ...rest] = value;
    const [, name = '', text = ''] = /^(\w+)=([^]*)$/.exec(typeof first === 'string' ? first : '') ?? [];
    env[name] = text === '' ? rest : [text, ...rest];
    return [flag, [name]];
  });
}

function baseUrlOf(type: string, registryPackage: JsonRecord): Words {
  const url = textIn(registryPackage, 'registryBaseUrl')?.replace(/\/+$/, '');
  const usual = Object.hasOwn(BASE_URLS, type) ? BASE_URLS[type] : undefined;
  if (url === undefined || usual === undefined || url === usual) return [];
  // Another package of that name may be in the usual registry.
  if (type === 'pypi') throw notRun(`it is in another registry than ${usual}`);
  return [[`--registry=${url}`]];
}

function identifierOf(registryPackage: JsonRecord): string {
  const identifier = textIn(registryPackage, 'identifier') ?? textIn(registryPackage, 'name');
  // It stands among options.
  if (identifier !== undefined && /^[@\w][\w.@/:-]*$/.test(identifier)) return identifier;
  throw invalidEntry('its package has no identifier that a program could be given');
}

/** What runs tomorrow is what was looked at today. */
function versionOf(registryPackage: JsonRecord): string {
  const version = textIn(registryPackage, 'version');
  if (version !== undefined && /^v?\d[\w.+!-]*$/.test(version) && !/\.[xX*]/.test(version)) return version;
  throw invalidEntry(
    'its package has no exact version, so what would run can change; write one into the file, as 1.2.3',
  );
}

/** Since 2025-10-11 the identifier has the tag or the digest; before, registry and version stood beside it. */
function imageOf(registryPackage: JsonRecord): string {
  const identifier = identifierOf(registryPackage);
  const host = URL.parse(textIn(registryPackage, 'registryBaseUrl') ?? '')?.host;
  const isElsewhere = host !== undefined && host !== 'docker.io' && !identifier.startsWith(`${host}/`);
  const image = isElsewhere ? `${host}/${identifier}` : identifier;
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return image;
  const [, tag] = /:([^/:]+)$/.exec(image) ?? [];
  if (tag !== undefined && tag !== 'latest') return image;
  const version = textIn(registryPackage, 'version');
  if (tag === undefined && version !== undefined && version !== 'latest')
    return version.startsWith('sha256:') ? `${image}@${version}` : `${image}:${version}`;
  throw invalidEntry(
    'its image has no exact version, so what would run can change; write one into the file, as image:1.2.3',
  );
}

function notRun(reason: string): Faulty {
  return new Faulty(
    'refuse',
    'package-not-run',
    `${reason}; if it can be started here, register it: servers add NAME -- COMMAND`,
  );
}
