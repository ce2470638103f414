import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refused } from '../../../src/errors/appError.ts';

/** Gives the terminal away while something else has it, and takes it back. */
export type Suspend = (whileAway: () => Promise<void>) => Promise<void>;

/**
 * Has the user edit a text in their editor: VISUAL, EDITOR or vi. The file is the user's own, and gone afterwards.
 * @returns the text as it was saved @throws Refused `editor-failed`
 */
export async function editText(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  suspend: Suspend,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-edit-'));
  try {
    const file = join(folder, 'key.yaml');
    await writeFile(file, text, { mode: 0o600 });
    await suspend(() => runEditor(env['VISUAL'] || env['EDITOR'] || 'vi', file, env));
    return await readFile(file, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The variable may hold arguments, too: a shell reads it, as git has it. */
function runEditor(editor: string, file: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const failed = (how: string) => new Refused('editor-failed', `The editor ${editor} ${how}; nothing is changed.`);
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit', env: { ...env } });
    child.once('error', () => reject(failed('can’t be started')));
    child.once('exit', (code) => (code === 0 ? resolve() : reject(failed(`has ended with ${String(code)}`))));
  });
}
