import { readdirSync, realpathSync, statSync, type BigIntStats } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import { FileUnreadable, readBoundedSync } from '../boundedRead.ts';
import { readVariables, type Settings } from './settings.ts';
import { readSecret } from './settingsFiles.ts';
import { RELATED_SECRETS, SECRET_SETTINGS, SETTINGS } from './variables.ts';

/**
 * Knows the secrets of this installation, so that no file of somebody else’s can have them sent to a server. Each method says
 * why something is not given away, as the end of a sentence; undefined: it may be.
 */
export interface OwnSecrets {
  variable(name: string): string | undefined;
  /** @param opened what stands at the path, once it is open: a link, another name or a mount leads to the same file */
  file(path: string, opened: BigIntStats): string | undefined;
  /** Finds a secret under another name, also in the middle of a text. */
  value(text: string): string | undefined;
}

export interface OwnSecretsSources {
  readonly settings: Pick<Settings, 'home' | 'tls' | SecretValue>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for, and what paths are relative to. */
  readonly cwd: string;
  /** The folder of the file that refers to others. */
  readonly referrer: string;
}

type SecretValue =
  'databaseUrl' | 'eventStoreUrl' | 'jwtSecret' | 'jwtSecretPrevious' | 'encryptionKey' | 'encryptionKeyPrevious';

/** What MetaMCP keeps in its state folder: localSecrets.ts, src/embedded. */
const OWN_FILE = /^(?:secrets\.json|postgres|pg-)/i;
/** Files of the state folder with secrets in them. */
const STORED = ['secrets.json', 'postgres.json'];
/** A shorter text may stand in another one by chance, and counts only when it is all of it. */
const MIN_PART = 8;
/** What the state folder’s own files hold besides secrets is shorter. */
const MIN_STORED = 16;
const MAX_STORED_BYTES = 65_536;
/** Of the state folder: a database of hundreds of tables has some thousands; secrets stand in front. */
const MAX_FILES = 100_000;
const NO_SERVERS = 'a secret of MetaMCP itself, which no server gets';

/** Gathers the secrets of this installation. @throws Invalid `config-invalid` */
export function createOwnSecrets(sources: OwnSecretsSources): OwnSecrets {
  const names = new Set<string>(RELATED_SECRETS);
  for (const [name, kind] of Object.entries(SETTINGS)) {
    if (kind !== 'plain') names.add(name);
    if (kind === 'secret') names.add(`${name}_FILE`);
  }
  const values = secretValues(sources);
  const closed = privatePaths(sources);
  let files: ReadonlySet<string> | undefined;

  return {
    // Windows does not tell variables apart by case.
    variable: (name) => (names.has(name.toUpperCase()) ? `is ${NO_SERVERS}` : undefined),
    file(path, opened) {
      if (closed.some((each) => isWithin(path, each)))
        return 'lies in MetaMCP’s state folder, of which no server gets anything';
      // An environment, a memory, open files: of this process or another one.
      if (opened.dev === identify('/proc')?.dev) return 'is part of a process, of which no server gets anything';
      files ??= secretFiles(sources, closed);
      return files.has(keyOf(opened)) ? `is a file with ${NO_SERVERS}` : undefined;
    },
    value(text) {
      const found = values.find(
        ({ secret }) => text === secret || (secret.length >= MIN_PART && text.includes(secret)),
      );
      return found === undefined ? undefined : `has the value of ${found.name}, ${NO_SERVERS}`;
    },
  };
}

/**
 * Tells what of the state folder is private: all of it, and towards a file that lies in it itself, what MetaMCP keeps there.
 * METAMCP_HOME may be a folder like any other, as a home, whose own files refer to each other.
 */
function privatePaths({ settings: { home }, referrer }: OwnSecretsSources): readonly string[] {
  if (!isWithin(referrer, home)) return [home];
  return namesIn(home)
    .filter((name) => OWN_FILE.test(name))
    .map((name) => join(home, name));
}

interface Named {
  readonly name: string;
  readonly secret: string;
}

function secretValues({ settings, env, cwd }: OwnSecretsSources): Named[] {
  const variables = readVariables({ env, cwd });
  const found: Named[] = [];
  const add = (name: string, secret: string | undefined) => {
    // Base64 is written with its padding, or without.
    const text = secret?.trim().replace(/(?<=^[\w+/-]{8,})=+$/, '') ?? '';
    if (text !== '') found.push({ name, secret: text });
  };
  for (const name of SECRET_SETTINGS) add(name, readSecret(variables, name));
  for (const name of RELATED_SECRETS) if (!isPath(name)) add(name, variables[name]);
  add('DATABASE_URL', settings.databaseUrl);
  add('EVENT_STORE_URL', settings.eventStoreUrl);
  add('JWT_SECRET', settings.jwtSecret);
  add('JWT_SECRET_PREVIOUS', settings.jwtSecretPrevious);
  add('ENCRYPTION_KEY', settings.encryptionKey);
  add('ENCRYPTION_KEY_PREVIOUS', settings.encryptionKeyPrevious);
  for (const { name, secret } of [...found]) {
    for (const password of passwordsIn(secret)) add(`the password in ${name}`, password);
  }
  for (const file of STORED) {
    for (const secret of storedSecrets(join(settings.home, file))) add(`a secret in ${file}`, secret);
  }
  return found;
}

/** The password of a URL, as it is written and as it is meant; also one in its query. */
function passwordsIn(text: string): string[] {
  const [, authority = '', query = ''] = /^[a-z+]+:\/\/([^/?#]*)[^?#]*(?:\?(.*))?$/s.exec(text) ?? [];
  const [, written = ''] = /^[^:]*:(.*)@/s.exec(authority) ?? [];
  const asked = [...new URLSearchParams(query)].filter(([name]) => /passw/i.test(name)).map(([, value]) => value);
  return [written, decoded(written), ...asked];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What the state folder keeps, where it is in use. */
function storedSecrets(path: string): string[] {
  try {
    const document: unknown = JSON.parse(readBoundedSync(path, { maxBytes: MAX_STORED_BYTES }).toString('utf8'));
    const values = typeof document === 'object' && document !== null ? Object.values(document) : [];
    return values.filter((value) => typeof value === 'string').filter((value) => value.length >= MIN_STORED);
  } catch (error) {
    // One that is not there, or damaged, is the business of whoever opens it.
    if (error instanceof FileUnreadable || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Every file that holds a secret, by what it is and not by its name. */
function secretFiles({ settings, env, cwd }: OwnSecretsSources, closed: readonly string[]): ReadonlySet<string> {
  const variables = readVariables({ env, cwd });
  const named = [
    ...SECRET_SETTINGS.map((name) => variables[`${name}_FILE`]),
    ...RELATED_SECRETS.filter(isPath).map((name) => variables[name]),
    variables['METAMCP_CONFIG'],
    settings.tls.keyFile,
    join(cwd, '.env'),
    join(env['HOME'] ?? homedir(), '.pgpass'),
    ...[settings.databaseUrl, settings.eventStoreUrl].flatMap(filesInQuery),
  ];
  const found = named.map((path) => (path === undefined ? undefined : identify(resolve(cwd, path))));
  return new Set([...closed.flatMap(filesIn), ...found.filter((stats) => stats !== undefined)].map(keyOf));
}

/** Keys and certificates that a URL names: `sslkey=…`, `userKeyFile=…`. */
function filesInQuery(url: string | undefined): string[] {
  const at = url?.indexOf('?') ?? -1;
  return at === -1 ? [] : [...new URLSearchParams(url?.slice(at)).values()].filter((value) => value.includes('/'));
}

/** A file, or everything in a folder and below, nearest first, also where a link leads: a data folder may stand on another disk. */
function filesIn(path: string): BigIntStats[] {
  const root = identify(path);
  const files = root === undefined ? [] : [root];
  const seen = new Set<string>();
  const folders = [path];
  for (const each of folders) {
    for (const name of namesIn(each)) {
      const stats = identify(join(each, name));
      if (stats === undefined || seen.has(keyOf(stats))) continue;
      seen.add(keyOf(stats));
      if (seen.size > MAX_FILES) return files;
      if (stats.isDirectory()) folders.push(join(each, name));
      else files.push(stats);
    }
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // One that is not there, is no folder, or is not ours to enter, has nothing that could be read by its name here.
    return [];
  }
}

function isWithin(path: string, folder: string): boolean {
  const within = (one: string, other: string) =>
    one === other || one.startsWith(other.endsWith(sep) ? other : other + sep);
  return within(resolve(path), resolve(folder)) || within(real(path), real(folder));
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

function identify(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function keyOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Those of RELATED_SECRETS that name a file. */
function isPath(name: string): boolean {
  return name === 'PGPASSFILE' || name === 'PGSERVICEFILE' || name === 'PGSSLKEY';
}
