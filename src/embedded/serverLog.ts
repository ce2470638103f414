import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';

/** At this size the log starts anew; one older file is kept. In bytes. */
const MAX_BYTES = 5 * 1024 * 1024;

/** How much of the log an error message carries. In bytes. */
const TAIL_BYTES = 2_000;

/** Opens the log for appending (0600), renaming one that has grown too large to `<file>.1` first. */
export function openServerLog(file: string): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** Reads the last lines of the log. */
export function serverLogTail(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return '(no log)';
  }
  try {
    const { size } = fstatSync(fd);
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(fd, tail, 0, tail.length, size - tail.length);
    const text = tail.toString('utf8');
    // The first line is likely cut in half.
    return (size > TAIL_BYTES ? text.slice(text.indexOf('\n') + 1) : text).trim();
  } finally {
    closeSync(fd);
  }
}
