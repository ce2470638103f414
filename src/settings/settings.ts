import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { Invalid } from '../errors/appError.ts';
import { inheritedVariables } from '../inheritedVariables.ts';
import { ConfigurationFaults } from './configurationFaults.ts';
import { ALL_DEFINITIONS, type Defined, type DefinedSettings } from './definedSettings.ts';
import { readSettingsFile, readText, type SettingsFile } from './settingsFiles.ts';
import { strangeVariables } from './strangeVariables.ts';
import type { Variables } from './variables.ts';

export interface Settings extends Omit<DefinedSettings, 'home'> {
  /** The state folder: embedded Postgres and local secrets. */
  readonly home: string;
  /** What programs of servers get of the gateway's own environment. */
  readonly inherited: Readonly<Record<string, string>>;
}

export interface SettingsSources {
  /** (Default: the process's environment) */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for. (Default: the working directory) */
  readonly cwd?: string;
  /** The `--config` option. (Default: METAMCP_CONFIG, or none) */
  readonly configFile?: string | undefined;
  /** The `--workers` option. (Default: WORKERS) */
  readonly workers?: string | undefined;
}

/** Where a value comes from. */
export type SettingSource = 'default' | 'file' | '.env' | 'environment' | 'option';

export interface EffectiveSetting {
  readonly definition: Defined;
  readonly value: unknown;
  readonly source: SettingSource;
  /** The file that `NAME_FILE` names, or the settings file. */
  readonly path: string | undefined;
}

export interface Configuration {
  readonly settings: Settings;
  /** In the order of the definitions. */
  readonly effective: readonly EffectiveSetting[];
  /** Sentences on variables that look like ours, and are none. */
  readonly warnings: readonly string[];
}

/** Paths are relative to the working directory, as METAMCP_HOME and METAMCP_CONFIG. */
const FILES: ReadonlySet<string> = new Set(['TLS_CERT_FILE', 'TLS_KEY_FILE']);

/** Reads the settings, as `readConfiguration`. @throws Invalid `config-invalid`, with a sentence for each fault */
export function readSettings(sources: SettingsSources = {}): Settings {
  return readConfiguration(sources).settings;
}

/**
 * Reads the settings and where each comes from: the environment over `.env` over the file over the defaults.
 * @throws Invalid `config-invalid`, with a sentence for each fault
 */
export function readConfiguration(sources: SettingsSources = {}): Configuration {
  const { env = process.env, cwd = process.cwd(), configFile, workers } = sources;
  const faults = new ConfigurationFaults();
  const dotEnv = readDotEnv(cwd);
  const own = definedVariables({ ...env, WORKERS: workers ?? env['WORKERS'] });
  const variables: Variables = { ...dotEnv, ...own };
  const path = configFile ?? variables['METAMCP_CONFIG'];
  const file = path === undefined ? undefined : readSettingsFile(resolve(cwd, path), faults);
  const effective = ALL_DEFINITIONS.map((definition) => {
    const found = find(definition, { variables, own, file, faults });
    if (definition.variable === 'METAMCP_CONFIG' && configFile !== undefined)
      return { definition, value: configFile, source: 'option', path: undefined } as const;
    if (FILES.has(definition.variable) && typeof found.value === 'string')
      return { ...found, value: resolve(cwd, found.value) };
    if (definition.variable === 'WORKERS' && workers !== undefined) return { ...found, source: 'option' } as const;
    if (definition.variable !== 'METAMCP_HOME') return found;
    return { ...found, value: resolve(cwd, (found.value as string | undefined) ?? defaultHome(variables)) };
  });
  const settings = { ...nested(effective), inherited: inheritedVariables(env) } as Settings;
  // Set wrongly is set: that is a fault of its own.
  const isSet = (variable: string): boolean =>
    effective.some(({ definition, source }) => definition.variable === variable && source !== 'default');
  requireSecrets(settings, isSet, faults);
  requireBothOfTls(isSet, faults);
  requireConnections(settings, faults);
  requireOwnPortOfMetrics(settings, faults);
  faults.throwIfAny();
  return {
    settings,
    effective,
    // Only where they are told: comparing every name with every setting takes 20 ms.
    get warnings() {
      return strangeVariables(dotEnv, own);
    },
  };
}

/** Reads the variables of the environment over those of `.env`; an empty one counts as one that is not set. */
export function readVariables({ env, cwd }: Required<Pick<SettingsSources, 'env' | 'cwd'>>): Variables {
  return { ...readDotEnv(cwd), ...definedVariables(env) };
}

function readDotEnv(cwd: string): Variables {
  const path = join(cwd, '.env');
  if (!existsSync(path)) return {};
  // Windows programs begin files with a byte order mark, which would be a part of the first name.
  const text = readText(path, path).replace(/^\ufeff/, '');
  // As PowerShell writes it by `>`: no name in it would be found.
  if (text.includes('\0')) throw new Invalid('config-invalid', `${path} is no text in UTF-8: save it as UTF-8.`);
  return definedVariables(parseEnv(text));
}

function definedVariables(env: Readonly<Record<string, string | undefined>>): Variables {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
}

interface Found {
  readonly variables: Variables;
  /** Those of the environment alone. */
  readonly own: Variables;
  readonly file: SettingsFile | undefined;
  readonly faults: ConfigurationFaults;
}

function find(definition: Defined, { variables, own, file, faults }: Found): EffectiveSetting {
  const { variable, member, secrecy, type, standard } = definition;
  const pathName = `${variable}_FILE`;
  const name = secrecy === 'secret' && variables[pathName] !== undefined ? pathName : variable;
  const written = variables[name];
  if (written !== undefined) {
    const source = own[name] === undefined ? '.env' : 'environment';
    const named = source === '.env' ? `${name} (in .env)` : name;
    const isPath = name !== variable;
    const value = isPath ? faults.collect(() => readText(written, `${named} names ${written}, which`).trim()) : written;
    const where = { named, isSecret: secrecy === 'secret' };
    return {
      definition,
      value: value === undefined ? undefined : faults.check(type, type.read(value), where),
      source,
      path: isPath ? written : undefined,
    };
  }
  const stated = member === undefined ? undefined : file?.values.get(member);
  if (stated === undefined || member === undefined || file === undefined) {
    const value = standard === undefined ? undefined : type.check(standard)?.value;
    return { definition, value, source: 'default', path: undefined };
  }
  const where = { named: file.place(member), isSecret: secrecy === 'secret' };
  return { definition, value: faults.check(type, stated, where), source: 'file', path: file.path };
}

/** Puts the values into their groups. */
function nested(effective: readonly EffectiveSetting[]): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const { definition, value } of effective) {
    let group = root;
    for (const name of definition.path.slice(0, -1)) group = (group[name] ??= {}) as Record<string, unknown>;
    group[definition.path.at(-1) ?? ''] = value;
  }
  return root;
}

type IsSet = (variable: string) => boolean;

/** A database of several gateways has one pair of secrets, which only its operator can hand out. */
function requireSecrets({ databaseUrl }: Settings, isSet: IsSet, faults: ConfigurationFaults): void {
  if (databaseUrl === undefined || (isSet('JWT_SECRET') && isSet('ENCRYPTION_KEY'))) return;
  faults.add(
    'With DATABASE_URL, JWT_SECRET and ENCRYPTION_KEY (or JWT_SECRET_FILE, ENCRYPTION_KEY_FILE) must be set. ' +
      'Make each with: openssl rand -base64 32',
  );
}

function requireBothOfTls(isSet: IsSet, faults: ConfigurationFaults): void {
  if (isSet('TLS_CERT_FILE') === isSet('TLS_KEY_FILE')) return;
  const [set, missing] = isSet('TLS_CERT_FILE') ? ['TLS_CERT_FILE', 'TLS_KEY_FILE'] : ['TLS_KEY_FILE', 'TLS_CERT_FILE'];
  faults.add(`${set} is set, and ${missing} is not: set both for TLS, or neither for plain HTTP.`);
}

/** Of the 87 connections that the embedded PostgreSQL has for gateways, a worker may take 12. */
const EMBEDDED_MAX_WORKERS = 7;

function requireConnections({ databaseUrl, workers }: Settings, faults: ConfigurationFaults): void {
  if (databaseUrl !== undefined || workers === undefined || workers <= EMBEDDED_MAX_WORKERS) return;
  faults.add(
    `WORKERS is ${workers}, and the embedded PostgreSQL has connections for ${EMBEDDED_MAX_WORKERS}: set DATABASE_URL to a PostgreSQL of your own for more.`,
  );
}

/** 0 is any free port, another one each time. */
function requireOwnPortOfMetrics({ host, port, metrics }: Settings, faults: ConfigurationFaults): void {
  if (!port || metrics.port !== port) return;
  if (sharesAddress(metrics.host, host))
    faults.add(`METRICS_PORT is ${port}, as SERVER_PORT: metrics have a listener of their own, so choose another one.`);
}

/** Whether two listeners on one port could be in each other's way. */
function sharesAddress(...hosts: readonly [string, string]): boolean {
  const [one, other] = hosts.map(listenedAddresses) as [readonly string[], readonly string[]];
  const covers = (all: string, address: string): boolean =>
    all === address || all === '::' || (all === '0.0.0.0' && isIP(address) !== 6);
  return one.some((each) => other.some((another) => covers(each, another) || covers(another, each)));
}

/** `localhost` is either loopback address, as the machine resolves it (RFC 6761, 6.3). */
function listenedAddresses(host: string): readonly string[] {
  const name = host.toLowerCase();
  return name === 'localhost' ? ['127.0.0.1', '::1'] : [name];
}

function defaultHome(env: Variables): string {
  const shared = '/var/lib/metamcp';
  if (process.getuid?.() === 0) return shared;
  try {
    return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'metamcp');
  } catch {
    // A user id without an account, as containers have, and without HOME.
    return shared;
  }
}
