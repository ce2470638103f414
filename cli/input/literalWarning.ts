import { shellWord } from '../../src/shellWord.ts';
import { escape } from '../../src/escape.ts';
import type { Output } from '../output/output.ts';
import type { SecretReader } from './secretValues.ts';

/** Warns, once, of secrets that stood on the command line itself, and says how they don’t have to. */
export function warnOfLiterals(output: Output, { literals }: Pick<SecretReader, 'literals'>): void {
  const [first] = literals;
  if (first === undefined) return;
  const names = literals.map(({ what, name }) => `the ${what} ${escape(name)}`).join(', ');
  const option =
    first.what === 'header'
      ? `--header ${shellWord(`${first.name}: @FILE`)}`
      : `--env ${shellWord(`${first.name}=@FILE`)}`;
  const [noun, is, it] = literals.length === 1 ? ['value', 'is', 'it'] : ['values', 'are', 'them'];
  output.warn(
    `What you typed as the ${noun} of ${names} ${is} in the list of processes while the command runs, and stays in the shell’s ` +
      `history. To keep ${it} out of both: ${escape(option)} reads a file, @- in place of @FILE asks, or reads stdin.`,
  );
}
