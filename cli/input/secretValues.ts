import { join, resolve } from 'node:path';
import { readEnvFile } from '../../src/configuration/envFile.ts';
import { looksSecret } from '../../src/configuration/literalSecret.ts';
import { escape } from '../../src/escape.ts';
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

/** A header or variable, by its name. */
export interface LiteralValue {
  readonly what: 'header' | 'variable';
  readonly name: string;
}

/** Reads the values of one command line: only one of them can be on stdin. */
export interface SecretReader {
  /** What was read so far that stood on the command line itself, and promises a secret. */
  readonly literals: readonly LiteralValue[];
  /**
   * Reads `--header 'Name: value'`: the value itself, `@FILE`, `@-` for stdin (in a terminal a hidden prompt), `@@…` for one
   * that begins with @.
   * @throws Invalid `usage`, which never repeats a value
   */
  headers(texts: readonly string[]): Promise<Record<string, string>>;
  /**
   * Reads `--env NAME=value`, where the value is as that of a header, or `--env NAME` from the environment, over what the files
   * of `--env-file` have.
   * @throws Invalid `usage`, which never repeats a value
   */
  variables(texts: readonly string[], files?: readonly string[]): Promise<Record<string, string>>;
}

/** Prepares to read the secret values of a command. */
export function openSecretReader(sources: SecretSources): SecretReader {
  let isStdinRead = false;
  const literals: LiteralValue[] = [];

  async function valueOf(what: LiteralValue['what'], name: string, text: string): Promise<string> {
    if (!text.startsWith('@') || text.startsWith('@@')) {
      const value = text.startsWith('@@') ? text.slice(1) : text;
      if (looksSecret(name, value)) literals.push({ what, name });
      return value;
    }
    if (text !== '@-') return (await readFile(`A ${what}’s file`, text.slice(1), sources)).trim();
    if (isStdinRead) throw misuse('Only one value can be read from stdin.');
    isStdinRead = true;
    const typed = isInteractive(sources)
      ? await askHidden(sources, `${escape(name)}: `)
      : await readStdin(sources, { what: `A ${what}’s value on stdin`, maxBytes: MAX_VALUE_BYTES });
    return typed.trim();
  }

  return {
    literals,
    async headers(texts) {
      const headers: [name: string, value: string][] = [];
      const names = new Set<string>();
      for (const header of texts) {
        const colon = header.indexOf(':');
        if (colon < 1) throw misuse("A header is written 'Name: value'.");
        const name = header.slice(0, colon).trim();
        if (names.has(name.toLowerCase())) throw misuse('A header is given twice.', { header: name });
        names.add(name.toLowerCase());
        headers.push([name, await valueOf('header', name, header.slice(colon + 1).trim())]);
      }
      // Not by assignment, to which a name such as __proto__ means something else.
      return Object.fromEntries(headers);
    },
    async variables(texts, files = []) {
      const variables: [name: string, value: string][] = [];
      for (const file of files) {
        variables.push(...Object.entries(readEnvFile(await readFile('A file of variables', file, sources))));
      }
      const names = new Set<string>();
      for (const variable of texts) {
        const equals = variable.indexOf('=');
        const name = equals === -1 ? variable : variable.slice(0, equals);
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw misuse('A variable is written NAME=value, or NAME.');
        if (names.has(name)) throw misuse('A variable is given twice.', { variable: name });
        names.add(name);
        const value = equals === -1 ? sources.env[name] : await valueOf('variable', name, variable.slice(equals + 1));
        if (value === undefined)
          throw misuse(
            `The variable ${name} is not set here: export it first, or read its value from a file: ${name}=@FILE`,
          );
        variables.push([name, value]);
      }
      return Object.fromEntries(variables);
    },
  };
}

/** In quotes, as a header stands, the shell leaves `~/` to us. */
function readFile(what: string, path: string, { env, cwd }: Pick<SecretSources, 'env' | 'cwd'>): Promise<string> {
  const home = env['HOME'];
  const place = path.startsWith('~/') && home !== undefined ? join(home, path.slice(2)) : resolve(cwd, path);
  return readTextFile(place, { what, maxBytes: MAX_VALUE_BYTES, data: { file: path } });
}
