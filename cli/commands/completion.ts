import { Argument, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { SHELLS, type Shell } from '../completion/scripts.ts';

const INSTALL = `
bash: metamcp-cli completion bash >> ~/.bashrc
zsh:  metamcp-cli completion zsh > a file _metamcp-cli in a folder of $fpath
fish: metamcp-cli completion fish > ~/.config/fish/completions/metamcp-cli.fish
Ids and names are offered when a database answers at once; nothing is started for that.`;

/** Describes `completion`, and the hidden command that its scripts call. */
export function addCompletionCommands(root: Command, cli: Cli): void {
  const shell = () => new Argument('<shell>', 'which one').choices(SHELLS);

  root
    .command('completion')
    .description('print the script that completes commands, options, ids and names in a shell')
    .addArgument(shell())
    .addHelpText('after', INSTALL)
    .action(async (name: Shell) => (await import('./completion/print.ts')).printCompletion(cli, name));

  root
    .command('__complete', { hidden: true })
    .addArgument(shell())
    .action(async (name: Shell) => (await import('./completion/answer.ts')).answerShell(cli, root, name));
}
