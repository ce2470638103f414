import { constants, copyFile, mkdir, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FileUnreadable, readBounded } from '../../src/boundedRead.ts';
import { AppError, Refused } from '../../src/errors/appError.ts';
import { escape } from '../../src/escape.ts';

/** Claude Code keeps its history in the same file, which grows to tens of MiB. */
const MAX_FILE_BYTES = 128 * 1_048_576;

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'there is no room left on the disk',
  EDQUOT: 'the quota of the disk is used up',
  ENOTDIR: 'what should be a folder on the way to it is none',
  EEXIST: 'what should be a folder on the way to it is none',
  ELOOP: 'its links lead in a circle',
};

/** Reads a file. @returns '' when there is none @throws Refused `client-file-unreadable` */
export async function readOrEmpty(path: string): Promise<string> {
  try {
    const bytes = await readBounded(path, { maxBytes: MAX_FILE_BYTES });
    // Written again, other bytes would be lost. The mark at its beginning stays.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof FileUnreadable && cause.isMissing) return '';
    if (cause instanceof FileUnreadable) throw unreadable(path, cause.reason, cause);
    if (cause instanceof TypeError) throw unreadable(path, 'it is no text in UTF-8', cause);
    throw cause;
  }
}

export interface Replacement {
  /** The text that the caller has read: a file that has changed meanwhile is not written over. */
  readonly before: string;
  readonly after: string;
  readonly now: Date;
}

/**
 * Puts another text in the place of a file's in one step, and keeps a copy of it beside it. Its mode stays; a symbolic
 * link stays one, and what it leads to is replaced. A new file is its owner's alone.
 * @returns the copy's path; undefined for a new file
 * @throws Refused `client-file-changed`, `client-file-locked`, `client-file-not-written`
 */
export async function replaceFile(path: string, replacement: Replacement): Promise<string | undefined> {
  try {
    const target = await targetOf(path);
    await mkdir(dirname(target), { recursive: true });
    return await replace(path, target, replacement);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new Refused('client-file-not-written', `The file can’t be written (${reasonOf(cause)}).`, {
      data: { file: path },
      cause,
    });
  }
}

async function replace(path: string, target: string, { before, after, now }: Replacement): Promise<string | undefined> {
  // Of several that write at once, the one that makes this file goes on; its move into place is the end of the lock.
  const unfinished = `${target}.metamcp-new`;
  const file = await open(unfinished, 'wx', 0o600).catch((cause: unknown) => {
    throw codeOf(cause) === 'EEXIST' ? locked(unfinished) : cause;
  });
  let backup: string | undefined;
  try {
    const existing = await stat(target).catch(() => undefined);
    if ((await readOrEmpty(target)) !== before) throw changed();
    backup = existing === undefined ? undefined : await copyBeside(target, `${path}.bak-${stampOf(now)}`);
    await file.writeFile(after);
    if (existing !== undefined) {
      await file.chmod(existing.mode & 0o7777);
      // Only root can: as anybody else, the owner is who writes.
      if (process.getuid?.() === 0) await file.chown(existing.uid, existing.gid);
    }
    await file.sync();
    // The client itself may have written while the disk was busy.
    if ((await readOrEmpty(target)) !== before) throw changed();
    await rename(unfinished, target);
    return backup;
  } catch (error) {
    await rm(unfinished, { force: true });
    // A copy of what is still there.
    if (backup !== undefined) await rm(backup, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** What a path leads to, also where that does not exist yet. */
async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? path : targetOf(resolve(dirname(path), link));
  }
}

/** A second copy within the same second gets a number. */
async function copyBeside(source: string, name: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const path = attempt === 1 ? name : `${name}-${attempt}`;
    try {
      await copyFile(source, path, constants.COPYFILE_EXCL);
      return path;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

function stampOf(now: Date): string {
  return now.toISOString().replace(/[-:]|\.\d+/g, '');
}

function unreadable(path: string, reason: string, cause: unknown): Refused {
  const data = { file: path };
  return new Refused('client-file-unreadable', `The file can’t be read (${reason}).`, { data, cause });
}

function changed(): Refused {
  return new Refused('client-file-changed', 'The file was changed meanwhile, and is left as it is. Try again.');
}

function locked(unfinished: string): Refused {
  return new Refused(
    'client-file-locked',
    `Another metamcp-cli is writing this file. Try again; if none is running, remove what one has left: ${escape(unfinished)}`,
    { data: { file: unfinished } },
  );
}

/** For a sentence, in parentheses. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const reason = REASONS[code];
  return reason === undefined ? code : `${reason}: ${code}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
