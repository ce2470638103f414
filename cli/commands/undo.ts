import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { nameOf, dryRunOption, reasonOption } from '../input/options.ts';
import type { UndoOptions } from './undo/undo.ts';

const HELP = `
EVENT is the id of an event, or the end of it, as audit tail shows it. Without it, all that your last command has done is
taken back, to several keys too. Nothing is erased: an undo is an event of its own, which can be undone as well. What
can’t be undone is said, with what to do instead: a deletion, a rotation, a creation, a secret.`;

/** Describes `undo`. */
export function addUndoCommand(root: Command, cli: Cli): void {
  root
    .command('undo')
    .description('take back your last change, or that of an event')
    .argument('[event]', 'the id of an event, or the end of it (default: your last change)', nameOf(64))
    .option('--overwrite', 'take back what was changed since, too, where that is in the way')
    .option('--confirm', 'yes, what it shows')
    .addOption(reasonOption())
    .addOption(dryRunOption())
    .addHelpText('after', HELP)
    .action(async (event: string | undefined, options: UndoOptions) =>
      (await import('./undo/undo.ts')).undo(cli, event, options),
    );
}
