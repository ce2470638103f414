import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';

/** Hard-links a folder's files into a new folder that everybody may read: no bytes are copied on the same file system. */
export function linkTree(from: string, to: string): void {
  mkdirSync(to);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkOrCopy(source, target);
  }
}

/**
 * Copies where a link won't do: another file system, a file that the kernel lets only its owner link, or one that
 * others may not read (an install under a strict umask; a link shares the mode).
 */
function linkOrCopy(source: string, target: string): void {
  const { mode } = statSync(source);
  const open = (mode & 0o100) === 0 ? 0o644 : 0o755;
  if ((mode & open & 0o055) === (open & 0o055)) {
    try {
      linkSync(source, target);
      return;
    } catch {
      // Copied below.
    }
  }
  copyFileSync(source, target);
  chmodSync(target, open);
}
