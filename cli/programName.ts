import { basename, isAbsolute, join, relative } from 'node:path';
import { isOfNpx } from '../src/cliName.ts';
import { shellWord } from '../src/shellWord.ts';

/** What names the command by which a process was started. */
export interface Started {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The script that Node runs. */
  readonly script: string;
  readonly cwd: string;
  /** The folder of the clone; undefined: the program is installed. */
  readonly clone: string | undefined;
}

/** The programs of the package, as npm links them into a folder of PATH, and what starts the CLI by them. */
const INSTALLED: Readonly<Record<string, string>> = { 'metamcp-cli': 'metamcp-cli', metamcp: 'metamcp cli' };

/** Finds the words with which another program starts the CLI, whatever folder it is in. */
export function programWordsOf({ env, script, clone }: Omit<Started, 'cwd'>): readonly string[] {
  if (clone !== undefined && isLaunched(script)) return [launcherOf(clone)];
  if (isOfNpx(env)) return ['npx', '--yes', 'metamcp', 'cli'];
  return INSTALLED[basename(script)]?.split(' ') ?? [process.execPath, script];
}

/** Finds how the user has started the CLI, so that messages name commands that can be typed as they stand. */
export function programNameOf({ env, script, cwd, clone }: Started): string {
  if (clone !== undefined && isLaunched(script)) {
    const path = pathFrom(cwd, launcherOf(clone));
    return shellWord(path.includes('/') ? path : `./${path}`);
  }
  const installed = INSTALLED[basename(script)];
  if (installed !== undefined) return isOfNpx(env) ? `npx ${installed}` : installed;
  return `node ${shellWord(pathFrom(cwd, script))}`;
}

/** Whether the script is what the clone's `metamcp-cli` runs. */
function isLaunched(script: string): boolean {
  return basename(script) === 'metamcp-cli.cjs';
}

function launcherOf(clone: string): string {
  return join(clone, 'metamcp-cli');
}

function pathFrom(cwd: string, file: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path;
}
