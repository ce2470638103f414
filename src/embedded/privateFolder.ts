import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** How root's files look from inside a user namespace that does not map it (user_namespaces(7)). */
const UNMAPPED = 65_534;

/**
 * Finds what lets another user of this machine put something of theirs in a folder's place: its owner, its mode, or a
 * parent in which they can rename it. Undefined: nothing. Where it is sticky, a folder that all may write to lets each
 * rename their own only.
 */
export function exposureOf(folder: string, owner: number): string | undefined {
  const own = lstatSync(folder, { throwIfNoEntry: false });
  if (own === undefined) return `${folder} does not exist`;
  if (!own.isDirectory()) return `${folder} is no folder`;
  if (own.uid !== owner) return `${folder} belongs to another user`;
  if ((own.mode & 0o077) !== 0) return `others may enter ${folder}`;
  if (realpathSync(folder) !== folder) return `${folder} is reached by a symbolic link`;
  return exposedParentOf(folder, owner);
}

/** Does so for the parents alone. The path must hold no symbolic link. */
export function exposedParentOf(folder: string, owner: number): string | undefined {
  const user = process.getuid?.() ?? owner;
  const group = process.getgid?.();
  for (let path = dirname(folder); ; path = dirname(path)) {
    const { uid, gid, mode } = lstatSync(path);
    if (![0, UNMAPPED, user, owner].includes(uid)) return `${path} belongs to another user`;
    const sticky = (mode & 0o1000) !== 0;
    if (!sticky && (mode & 0o002) !== 0) return `every user may write to ${path}`;
    // A user's own group is theirs alone on most systems, and their files are then made writable to it.
    if (!sticky && (mode & 0o020) !== 0 && gid !== 0 && gid !== group) return `a group may write to ${path}`;
    if (path === dirname(path)) return undefined;
  }
}
