import { constants, copyFile, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileUnreadable, readBounded } from '../../src/boundedRead.ts';
import { Refused } from '../../src/errors/appError.ts';

/** Claude Code keeps its history in the same file, which grows to tens of MiB. */
const MAX_FILE_BYTES = 128 * 1_048_576;

/** Reads a file. @returns '' when there is none @throws Refused `client-file-unreadable` */
export async function readOrEmpty(path: string): Promise<string> {
  try {
    return (await readBounded(path, { maxBytes: MAX_FILE_BYTES })).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof FileUnreadable)) throw cause;
    if (cause.isMissing) return '';
    throw new Refused('client-file-unreadable', `The file can’t be read (${cause.reason}).`, {
      data: { file: path },
      cause,
    });
  }
}

/**
 * Puts another text in the place of a file's in one step, and keeps a copy of it beside it. Its mode stays; a symbolic
 * link stays one, and what it leads to is replaced. A new file is its owner's alone.
 * @param before the text that the caller has read: a file that has changed meanwhile is not written over
 * @returns the copy's path; undefined for a new file
 * @throws Refused `client-file-changed`, `client-file-not-written`
 */
export async function replaceFile(
  path: string,
  { before, after, now }: { readonly before: string; readonly after: string; readonly now: Date },
): Promise<string | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const target = await realpath(path).catch(() => path);
    const existing = await stat(target).catch(() => undefined);
    if ((await readOrEmpty(target)) !== before) throw changed();
    const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
    const backup = existing === undefined ? undefined : await copyBeside(target, `${path}.bak-${stamp}`);
    const unfinished = `${target}.new-${stamp}-${process.pid}`;
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(after);
      if (existing !== undefined) {
        await file.chmod(existing.mode & 0o7777);
        // Only root can: as anybody else, the owner is who writes.
        if (process.getuid?.() === 0) await file.chown(existing.uid, existing.gid);
      }
      await file.sync();
      await rename(unfinished, target);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return backup;
  } catch (cause) {
    if (cause instanceof Refused) throw cause;
    throw new Refused('client-file-not-written', `The file can’t be written (${codeOf(cause)}).`, {
      data: { file: path },
      cause,
    });
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

function changed(): Refused {
  return new Refused('client-file-changed', 'The file was changed meanwhile, and is left as it is. Try again.');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
