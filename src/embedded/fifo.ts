import { closeSync, constants, openSync, readSync } from 'node:fs';
import { Unavailable } from '../errors/appError.ts';
import { errorCode } from '../errors/errorCode.ts';
import { runProgram } from './program.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/** Makes FIFOs that only this user may open. @throws Unavailable when the file system has none */
export async function makeFifos(...paths: string[]): Promise<void> {
  const { ok, output } = await runProgram('mkfifo', ['-m', '600', ...paths], { name: 'this user' });
  if (ok) return;
  throw new Unavailable(
    'state-folder-unusable',
    `The state folder must be on a local file system, but a FIFO can’t be made there: ${output}`,
  );
}

/** Opens a FIFO for reading without waiting for a writer; undefined when there is no such FIFO. */
export function openReadingEnd(path: string): number | undefined {
  return openUnless(path, O_RDONLY | O_NONBLOCK);
}

/** Opens a FIFO for writing; undefined when there is no such FIFO or it has no reader (ENXIO, fifo(7)). */
export function openWritingEnd(path: string): number | undefined {
  return openUnless(path, O_WRONLY | O_NONBLOCK);
}

/** Checks whether any process holds the other end open for writing: without a writer a read sees the end of file at once. */
export function hasWriters(readingEnd: number): boolean {
  try {
    return readSync(readingEnd, Buffer.alloc(64)) > 0;
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return true;
    throw error;
  }
}

/** Checks the same for a path; false when there is no such FIFO. */
export function isWritten(path: string): boolean {
  const readingEnd = openReadingEnd(path);
  if (readingEnd === undefined) return false;
  try {
    return hasWriters(readingEnd);
  } finally {
    closeSync(readingEnd);
  }
}

function openUnless(path: string, flags: number): number | undefined {
  try {
    return openSync(path, flags);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENXIO') return undefined;
    throw error;
  }
}
