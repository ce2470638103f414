import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

const NOTES = `
Nothing is changed. The exit code is 0, or 3 when a store can’t be reached; that no gateway answers is no failure.`;

/** Describes `status`. */
export function addStatusCommand(root: Command, cli: Cli): void {
  root
    .command('status')
    .description('show the gateway, the stores, and what is in them')
    .addHelpText('after', NOTES)
    .action(async () => (await import('./status/showStatus.ts')).showStatus(cli));
}
