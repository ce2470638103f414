import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { CHECK_NAMES } from '../diagnosis/checkNames.ts';
import { choicesOption } from '../input/options.ts';

const NOTES = `
Nothing is changed; an embedded PostgreSQL that does not run is started for it, and stopped. The exit code is 0 without a problem, also with warnings; 1 with one; 3 when a store can’t be reached.`;

/** Describes `doctor`. */
export function addDoctorCommand(root: Command, cli: Cli): void {
  root
    .command('doctor')
    .description('find what is wrong with this installation, each with its remedy')
    .addOption(choicesOption('--skip <check>', 'leave one out; repeatable', CHECK_NAMES))
    .addHelpText('after', NOTES)
    .action(async (options: { skip?: readonly string[] }) => {
      const { diagnose } = await import('./doctor/diagnose.ts');
      await diagnose(cli, options.skip ?? []);
    });
}
