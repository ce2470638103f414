import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { Unavailable } from '../../errors/appError.ts';
import { errorCode } from '../../errors/errorCode.ts';

export interface Command {
  readonly server: string;
  /** A path, or a name that is looked for in PATH. A relative path counts from the working directory. */
  readonly command: string;
  readonly cwd: string;
  /** PATH, as the program is to see it. */
  readonly path: string;
}

/**
 * Finds the file to run, as execvp(3) would: so that a fault is told with its remedy, and not by a shell.
 * @throws Unavailable `upstream-command-unusable`
 */
export async function findProgram({ server, command, cwd, path }: Command): Promise<string> {
  const fail = (fault: string, remedy: string, cause?: unknown): Unavailable =>
    new Unavailable('upstream-command-unusable', `The server "${server}" can’t be started: ${fault}. ${remedy}`, {
      data: { server },
      cause,
    });
  if (!(await isFolder(cwd))) throw fail(`${cwd} is not a folder`, 'Configure a working directory that exists.');
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : path.split(':').map((folder) => join(isAbsolute(folder) ? folder : resolve(cwd, folder), command));
  let refusal: unknown;
  for (const candidate of candidates) {
    try {
      if (await isFolder(candidate)) continue;
      await access(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') refusal ??= error;
    }
  }
  if (refusal !== undefined) {
    throw fail(`this user may not run ${command}`, 'Make it executable (chmod +x), or configure another.', refusal);
  }
  if (/^[^\s/]+\s+\S/.test(command)) {
    throw fail(
      `there is no program called “${command}”`,
      'Its first word is the command; configure the others as its arguments.',
    );
  }
  const where = command.includes('/') ? '' : ` in PATH (${path})`;
  throw fail(`there is no ${command}${where}`, 'Install it, or configure its full path.');
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
