import type { Command } from 'commander';
import type { Cli } from '../../cli/cli.ts';
import { createCommandLine } from '../../cli/commandLine.ts';
import { describeCommands } from '../../cli/describedCommands.ts';

/** The command line as it is described, with nothing behind it. */
export async function describedCommandLine(commandLine?: readonly string[], word?: string): Promise<Command> {
  // Nothing of it is used before an action runs, and tests replace those.
  const cli = { commandLine } as Cli;
  const { root } = createCommandLine({ width: 100, onHelp: () => undefined, open: () => cli });
  await describeCommands(root, cli, word);
  return root;
}

/** A command that people can see, by its path: `keys list`. */
export interface Described {
  readonly path: string;
  readonly command: Command;
  /** False for one that only holds others. */
  readonly runs: boolean;
}

/** Walks all visible commands. */
export function describedCommands(root: Command): Described[] {
  const walk = (parent: Command, path: readonly string[]): Described[] =>
    parent
      .createHelp()
      .visibleCommands(parent)
      .filter((command) => command.name() !== 'help')
      .flatMap((command) => {
        const own = [...path, command.name()];
        const runs = command.commands.length === 0;
        return [{ path: own.join(' '), command, runs }, ...(runs ? [] : walk(command, own))];
      });
  return walk(root, []);
}
