import { parse as parseToml, TomlError } from 'smol-toml';
import { FileUnreadable, readBoundedSync } from '../boundedRead.ts';
import { Invalid } from '../errors/appError.ts';
import { remedyFor } from '../errors/systemError.ts';
import type { SecretSetting, Variables } from './variables.ts';

/** Reads a configuration file. @throws Invalid `config-invalid` */
export function readSettingsFile(path: string): Record<string, unknown> {
  const text = readText(path, `The configuration file ${path}`);
  try {
    return parseToml(text);
  } catch (cause) {
    const why = cause instanceof TomlError ? cause.message : 'it can’t be read';
    throw new Invalid('config-invalid', `The configuration file ${path}: ${why}`, { cause });
  }
}

/** Reads a secret that is set directly, or in a file that is named. @throws Invalid `config-invalid` */
export function readSecret(env: Variables, name: SecretSetting): string | undefined {
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
