import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { ReplayCommandOptions } from './audit/replay.ts';

/** Describes `audit …`. DESIGN 9. */
export function addAuditCommands(program: Command, cli: Cli): void {
  const audit = program.command('audit').description('who did what when, and proof that it is so');

  audit
    .command('replay')
    .description('apply all events to tables of their own, and compare the read tables with them')
    .requiredOption('--into <schema>', 'where to make those tables: a schema that is empty or does not exist')
    .option('--keep', 'leave them for a look; when something differs they are left in any case')
    .addHelpText(
      'after',
      '\nCalls are served and changes taken meanwhile. Nothing live is changed. Exit code 1: they differ.',
    )
    .action(async (options: ReplayCommandOptions) => (await import('./audit/replay.ts')).replayHistory(cli, options));
}
