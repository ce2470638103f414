import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** Makes a path absolute: from the home folder after `~`, else from `folder`. */
export function folderAt(folder: string, path: string): string {
  return path === '' ? '' : resolve(folder, path.replace(/^~(?=\/|$)/, homedir()));
}
