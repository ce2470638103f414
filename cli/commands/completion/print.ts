import type { Cli } from '../../cli.ts';
import { completionScript, type Shell } from '../../completion/scripts.ts';

/** Prints the completion script of a shell. */
export async function printCompletion({ output, programWords }: Cli, shell: Shell): Promise<void> {
  const script = completionScript(shell, programWords);
  await output.answerVerbatim({ shell, script }, script.trimEnd());
}
