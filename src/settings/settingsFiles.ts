import { createRequire } from 'node:module';
import type * as Toml from 'smol-toml';
import { FileUnreadable, readBoundedSync } from '../boundedRead.ts';
import { Invalid } from '../errors/appError.ts';
import { remedyFor } from '../errors/systemError.ts';
import { nearest } from '../nearest.ts';
import type { ConfigurationFaults } from './configurationFaults.ts';
import { ALL_DEFINITIONS } from './definedSettings.ts';
import type { Variables } from './variables.ts';

/** A settings file. */
export interface SettingsFile {
  readonly path: string;
  /** By member: `port`, `server.port`. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Names a member for a sentence, with its line where it is known. */
  place(member: string): string;
}

const MEMBERS = ALL_DEFINITIONS.flatMap(({ member }) => member ?? []);
const TABLES = new Set(MEMBERS.flatMap((member) => (member.includes('.') ? [member.replace(/\..*/, '')] : [])));

/** Reads a settings file; members that do not exist are faults. @throws Invalid `config-invalid` when it can’t be read */
export function readSettingsFile(path: string, faults: ConfigurationFaults): SettingsFile {
  const text = readText(path, `The configuration file ${path}`);
  const values = new Map<string, unknown>();
  const place = (member: string) => {
    const line = lineOf(text, member);
    return `${member} (in ${path}${line === undefined ? '' : `, line ${line}`})`;
  };
  for (const [name, value] of Object.entries(parse(text, path))) {
    if (!TABLES.has(name)) values.set(name, value);
    else if (isTable(value)) for (const [inner, each] of Object.entries(value)) values.set(`${name}.${inner}`, each);
    else faults.add(`${place(name)} must be a table: [${name}].`);
  }
  for (const member of values.keys()) {
    if (MEMBERS.includes(member)) continue;
    faults.add(`${place(member)} is no setting.${suggestion(member)}`);
    values.delete(member);
  }
  return { path, values, place };
}

function suggestion(member: string): string {
  const similar = nearest(member, MEMBERS);
  if (similar !== undefined) return ` Did you mean ${similar}?`;
  const table = nearest(member, [...TABLES]);
  if (table !== undefined) return ` Did you mean the table [${table}]?`;
  const secret = ALL_DEFINITIONS.find(
    (each) => each.member === undefined && each.variable.toLowerCase() === member.toLowerCase(),
  );
  if (secret !== undefined)
    return ` Set the variable ${secret.variable}${secret.secrecy === 'secret' ? `, or ${secret.variable}_FILE` : ''}.`;
  return ' docs/configuration.md lists all of them.';
}

function parse(text: string, path: string): Record<string, unknown> {
  // Most have no such file, and every command of the CLI would wait for the parser.
  const { parse: parseToml, TomlError } = createRequire(import.meta.url)('smol-toml') as typeof Toml;
  try {
    return parseToml(text);
  } catch (cause) {
    // The rest of its message quotes lines of the file, in which secrets may stand; and so would the error itself, as a cause.
    const why =
      cause instanceof TomlError
        ? `line ${cause.line}, column ${cause.column}: ${cause.message.split('\n', 1)[0] ?? ''}`
        : 'it can’t be read';
    throw new Invalid('config-invalid', `The configuration file ${path}: ${why}`);
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Finds the line of a member, as people write them; undefined in another spelling, such as an inline table. */
function lineOf(text: string, member: string): number | undefined {
  let table = '';
  for (const [index, line] of text.split('\n').entries()) {
    const [, header, key] = /^\s*(?:\[([\w-]+)\]|([\w.-]+)\s*=)/.exec(line) ?? [];
    if (header !== undefined) table = `${header}.`;
    if ((key !== undefined && table + key === member) || header === member) return index + 1;
  }
  return undefined;
}

/** Reads a secret that is set directly, or in a file that is named. @throws Invalid `config-invalid` */
export function readSecret(env: Variables, name: string): string | undefined {
  const path = env[`${name}_FILE`];
  if (path === undefined) return env[name];
  return readText(path, `${name}_FILE names ${path}, which`).trim();
}

/** Far more than all settings need. */
const MAX_FILE_BYTES = 1_048_576;

/** @param what begins the sentence of a failure */
export function readText(path: string, what: string): string {
  try {
    return readBoundedSync(path, { maxBytes: MAX_FILE_BYTES }).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof FileUnreadable)) throw cause;
    throw new Invalid('config-invalid', `${what} can’t be read (${cause.reason}).${remedyFor(cause.cause)}`, { cause });
  }
}
