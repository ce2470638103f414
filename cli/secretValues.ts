import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { escape } from './escape.ts';
import { askHidden, isInteractive, type Terminal } from './prompt.ts';
import { wrongUsage } from './usage.ts';

/** Where secret values may come from besides the command line. */
export interface SecretSources extends Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What names of files are relative to. */
  readonly cwd: string;
}

/**
 * Reads `--header 'Name: value'`: the value itself, `@FILE`, `@-` for stdin (a terminal is asked, and shows nothing),
 * `@@…` for one that begins with @.
 * @throws Invalid `usage`, which never repeats a value
 */
export async function readHeaders(given: readonly string[], sources: SecretSources): Promise<Record<string, string>> {
  const headers: Record<string, string> = {};
  const names = new Set<string>();
  let stdinTaken = false;
  for (const header of given) {
    const colon = header.indexOf(':');
    if (colon < 1) throw wrongUsage("A header is written 'Name: value'.");
    const name = header.slice(0, colon).trim();
    if (names.has(name.toLowerCase())) throw wrongUsage('A header is given twice.', { header: name });
    names.add(name.toLowerCase());
    const value = header.slice(colon + 1).trim();
    if (value === '@-') {
      if (stdinTaken) throw wrongUsage('Only one header can be read from stdin.');
      stdinTaken = true;
      headers[name] = isInteractive(sources)
        ? await askHidden(sources, `${escape(name)}: `)
        : (await text(sources.stdin)).trim();
    } else if (value.startsWith('@@')) headers[name] = value.slice(1);
    else headers[name] = value.startsWith('@') ? await readValue(value.slice(1), sources) : value;
  }
  return headers;
}

/** Reads `--env NAME=value`, or `--env NAME` from the environment. @throws Invalid `usage`, which never repeats a value */
export function readVariables(given: readonly string[], { env }: SecretSources): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const variable of given) {
    const equals = variable.indexOf('=');
    const name = equals === -1 ? variable : variable.slice(0, equals);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw wrongUsage('A variable is written NAME=value, or NAME.');
    const value = equals === -1 ? env[name] : variable.slice(equals + 1);
    if (value === undefined) throw wrongUsage(`The variable ${name} is not set here.`);
    variables[name] = value;
  }
  return variables;
}

/** In quotes, as a header stands, the shell leaves `~/` to us. */
async function readValue(path: string, { env, cwd }: Pick<SecretSources, 'env' | 'cwd'>): Promise<string> {
  const home = env['HOME'];
  const place = path.startsWith('~/') && home !== undefined ? join(home, path.slice(2)) : resolve(cwd, path);
  try {
    return (await readFile(place, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw wrongUsage(`A header’s file can’t be read (${code}).`, { file: path });
  }
}
