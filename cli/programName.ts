import { shellWord } from '../src/shellWord.ts';
import { basename, isAbsolute, relative } from 'node:path';

/** What names the command by which a process was started. */
export interface Started {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The script that Node runs. */
  readonly script: string;
  readonly cwd: string;
}

/** A script as npm installs it. */
const INSTALLED = /^metamcp-cli(?:\.\w+)?$/;

/** Finds the words with which another program starts the CLI, whatever folder it is in. */
export function programWordsOf(script: string): readonly string[] {
  return INSTALLED.test(basename(script)) ? ['metamcp-cli'] : [process.execPath, script];
}

/** Finds how the user has started the CLI, so that messages name commands that can be typed as they stand. */
export function programNameOf({ env, script, cwd }: Started): string {
  if (env['npm_package_name'] === 'metamcp' && env['npm_lifecycle_event'] === 'cli') return 'npm run -s cli --';
  if (INSTALLED.test(basename(script))) return env['npm_lifecycle_event'] === 'npx' ? 'npx metamcp-cli' : 'metamcp-cli';
  const path = relative(cwd, script);
  const shown = path.startsWith('..') || isAbsolute(path) ? script : path;
  return `node ${shellWord(shown)}`;
}
