import { join, resolve } from 'node:path';
import { escape } from '../output/escape.ts';
import { askHidden, isInteractive, type Terminal } from './prompt.ts';
import { readStdin, readTextFile } from './readText.ts';
import { misuse } from './misuse.ts';

/** Larger than any header may be. */
const MAX_VALUE_BYTES = 65_536;

/** Where secret values may come from besides the command line. */
export interface SecretSources extends Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What names of files are relative to. */
  readonly cwd: string;
}

/**
 * Reads `--header 'Name: value'`: the value itself, `@FILE`, `@-` for stdin (in a terminal a hidden prompt),
 * `@@…` for one that begins with @.
 * @throws Invalid `usage`, which never repeats a value
 */
export async function readHeaders(texts: readonly string[], sources: SecretSources): Promise<Record<string, string>> {
  const headers: [name: string, value: string][] = [];
  const names = new Set<string>();
  let isStdinRead = false;
  for (const header of texts) {
    const colon = header.indexOf(':');
    if (colon < 1) throw misuse("A header is written 'Name: value'.");
    const name = header.slice(0, colon).trim();
    if (names.has(name.toLowerCase())) throw misuse('A header is given twice.', { header: name });
    names.add(name.toLowerCase());
    const value = header.slice(colon + 1).trim();
    if (value === '@-') {
      if (isStdinRead) throw misuse('Only one header can be read from stdin.');
      isStdinRead = true;
      const typed = isInteractive(sources)
        ? await askHidden(sources, `${escape(name)}: `)
        : await readStdin(sources, { what: 'A header’s value on stdin', maxBytes: MAX_VALUE_BYTES });
      headers.push([name, typed.trim()]);
    } else if (value.startsWith('@@')) headers.push([name, value.slice(1)]);
    else headers.push([name, value.startsWith('@') ? await readValue(value.slice(1), sources) : value]);
  }
  // Not by assignment, to which a name such as __proto__ means something else.
  return Object.fromEntries(headers);
}

/** Reads `--env NAME=value`, or `--env NAME` from the environment. @throws Invalid `usage`, which never repeats a value */
export function readVariables(texts: readonly string[], { env }: SecretSources): Record<string, string> {
  const variables: [name: string, value: string][] = [];
  for (const variable of texts) {
    const equals = variable.indexOf('=');
    const name = equals === -1 ? variable : variable.slice(0, equals);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw misuse('A variable is written NAME=value, or NAME.');
    const value = equals === -1 ? env[name] : variable.slice(equals + 1);
    if (value === undefined) throw misuse(`The variable ${name} is not set here.`);
    variables.push([name, value]);
  }
  return Object.fromEntries(variables);
}

/** In quotes, as a header stands, the shell leaves `~/` to us. */
async function readValue(path: string, { env, cwd }: Pick<SecretSources, 'env' | 'cwd'>): Promise<string> {
  const home = env['HOME'];
  const place = path.startsWith('~/') && home !== undefined ? join(home, path.slice(2)) : resolve(cwd, path);
  const text = await readTextFile(place, { what: 'A header’s file', maxBytes: MAX_VALUE_BYTES, data: { file: path } });
  return text.trim();
}
