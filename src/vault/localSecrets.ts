import { randomBytes } from 'node:crypto';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FileUnreadable, readBounded } from '../boundedRead.ts';
import { Invalid } from '../errors/appError.ts';
import { fromSystem, remedyFor } from '../errors/systemError.ts';

const schema = z.strictObject({ encryptionKey: z.string().min(1), jwtSecret: z.string().min(1) });

const MAX_BYTES = 65_536;

/** The two secrets that everything else hangs on. */
export type LocalSecrets = z.infer<typeof schema>;

/**
 * Reads the secrets of a state folder, `secrets.json`, mode 0600; the first to come makes them.
 * @throws Invalid `secrets-unreadable`; Unavailable when they can't be written
 */
export async function openLocalSecrets(home: string): Promise<LocalSecrets> {
  const path = pathIn(home);
  const secrets = await read(path);
  if (secrets !== undefined) return secrets;
  try {
    return await create(home, path);
  } catch (error) {
    throw fromSystem(error);
  }
}

/** Reads the secrets of a state folder; undefined where there are none. @throws Invalid `secrets-unreadable` */
export function findLocalSecrets(home: string): Promise<LocalSecrets | undefined> {
  return read(pathIn(home));
}

function pathIn(home: string): string {
  return join(home, 'secrets.json');
}

async function read(path: string): Promise<LocalSecrets | undefined> {
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

/** Writes a whole file beside it, then links it into place: a crash leaves none or all, and of two creators one wins. */
async function create(home: string, path: string): Promise<LocalSecrets> {
  await mkdir(home, { recursive: true });
  const secrets = {
    encryptionKey: randomBytes(32).toString('base64url'),
    jwtSecret: randomBytes(32).toString('base64url'),
  };
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(temporary, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    await link(temporary, path);
    return secrets;
  } catch (error) {
    const winner = isErrno(error, 'EEXIST') ? await read(path) : undefined;
    if (winner === undefined) throw error;
    return winner;
  } finally {
    await rm(temporary, { force: true });
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
