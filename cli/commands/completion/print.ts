import type { Cli } from '../../cli.ts';
import { COMPLETION_SCRIPTS, type Shell } from '../../completion/scripts.ts';

/** Prints the completion script of a shell. */
export async function printCompletion({ output }: Cli, shell: Shell): Promise<void> {
  const script = COMPLETION_SCRIPTS[shell];
  await output.answerVerbatim({ shell, script }, script.trimEnd());
}
