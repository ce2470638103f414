import { Argument, type Command } from 'commander';
import { LOG_LEVELS } from '../../src/logging/levels.ts';
import type { Cli } from '../cli.ts';

const NOTES = `
The change lasts until the gateway is restarted or gets another one; it is that of the gateway that SERVER_HOST and SERVER_PORT
name. The signal SIGUSR2 switches a gateway to debug and back. LOG_LEVEL is what it starts with.`;

/** Describes `log-level`. */
export function addLogLevelCommand(root: Command, cli: Cli): void {
  root
    .command('log-level')
    .description('show or change what the running gateway logs')
    .addArgument(new Argument('[level]', 'the new level (default: only show it)').choices(LOG_LEVELS))
    .addHelpText('after', NOTES)
    .action(async (level: string | undefined) => (await import('./logLevel/setLogLevel.ts')).setLogLevel(cli, level));
}
