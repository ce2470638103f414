import { randomBytes } from 'node:crypto';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FileUnreadable, readBounded } from '../boundedRead.ts';
import { Invalid } from '../errors/appError.ts';
import { fromSystem, remedyFor } from '../errors/systemError.ts';

/** Only what was made for the state folder is in it: what a setting states is its operator's to keep. */
const schema = z
  .strictObject({ encryptionKey: z.string().min(1).optional(), jwtSecret: z.string().min(1).optional() })
  .refine(({ encryptionKey, jwtSecret }) => (encryptionKey ?? jwtSecret) !== undefined);

const MAX_BYTES = 65_536;

/** The two secrets that everything else hangs on. */
export interface Secrets {
  readonly encryptionKey: string;
  readonly jwtSecret: string;
}

/** What a state folder or the settings have of them. */
export type SomeSecrets = { readonly [Name in keyof Secrets]?: Secrets[Name] | undefined };

/**
 * Reads the secrets of a state folder, `secrets.json`, mode 0600; the first to come makes those that are not set. Of several that
 * come at once, one makes a file that is not there; a file that lacks one is replaced, which the caller lets one do at a time.
 * @param set those of the settings: they are neither made nor stored
 * @throws Invalid `secrets-unreadable`; Unavailable when they can't be written
 */
export async function openLocalSecrets(home: string, set: SomeSecrets): Promise<Secrets> {
  const path = pathIn(home);
  const there = await read(path);
  const stored: { -readonly [Name in keyof Secrets]?: SomeSecrets[Name] } = { ...there };
  let isWhole = true;
  const secretOf = (name: keyof Secrets): string => {
    const known = set[name] ?? stored[name];
    if (known !== undefined) return known;
    isWhole = false;
    return (stored[name] = randomBytes(32).toString('base64url'));
  };
  const secrets = { encryptionKey: secretOf('encryptionKey'), jwtSecret: secretOf('jwtSecret') };
  if (isWhole) return secrets;
  try {
    if (await write(home, stored, there === undefined ? link : rename)) return secrets;
  } catch (error) {
    throw fromSystem(error);
  }
  return openLocalSecrets(home, set);
}

/** Reads the secrets of a state folder; undefined where there are none. @throws Invalid `secrets-unreadable` */
export function findLocalSecrets(home: string): Promise<SomeSecrets | undefined> {
  return read(pathIn(home));
}

function pathIn(home: string): string {
  return join(home, 'secrets.json');
}

async function read(path: string): Promise<SomeSecrets | undefined> {
  let text: string;
  try {
    text = (await readBounded(path, { maxBytes: MAX_BYTES })).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof FileUnreadable)) throw cause;
    if (cause.isMissing) return undefined;
    const remedy = remedyFor(cause.cause) || ' Put it right, or set METAMCP_HOME to another folder.';
    const message = `The secrets in ${path} can’t be read (${cause.reason}).${remedy}`;
    throw new Invalid('secrets-unreadable', message, { cause });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    // The parser's message could quote the secret.
    throw new Invalid('secrets-unreadable', `The secrets in ${path} are damaged. Restore the file from a backup.`);
  }
}

/**
 * Writes a whole file beside it, then puts it into place: a crash leaves what was there, or all.
 * @returns false when another one has been linked there first
 */
async function write(home: string, secrets: SomeSecrets, put: typeof link): Promise<boolean> {
  await mkdir(home, { recursive: true });
  const path = pathIn(home);
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await put(temporary, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST') && (await read(path)) !== undefined) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
