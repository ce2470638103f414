import { InvalidArgumentError, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import { parsePositiveDuration } from '../input/duration.ts';
import { addLabelFilter } from '../input/keyFilterOptions.ts';
import { nameOf } from '../input/options.ts';
import type { ShowUsageOptions } from './usage/show.ts';

/** The dimensions of usage; written out, because help must not wait for the database's modules. A test compares them. */
export const DIMENSIONS = ['key', 'server', 'tool', 'hour', 'day'];

const NOTES = `
Every call of a key to a server is counted; --by tool shows notifications and streams apart from calls of tools.
Gateways write their counters down every 5 seconds. Hours and days are UTC's; a range takes in the hour it begins in.
TIME: 2026-01-31T09:00:00Z (any zone), 2026-01-31 (its beginning, UTC), or how long ago: '2h ago', '30d ago'.`;

/** Reads `--by`, which may also be repeated. @throws InvalidArgumentError */
function parseBy(text: string, before: readonly string[] = []): string[] {
  const asked = text.split(',').map((part) => part.trim());
  if (asked.some((part) => !DIMENSIONS.includes(part))) {
    throw new InvalidArgumentError(`There are: ${DIMENSIONS.join(', ')}.`);
  }
  return [...before, ...asked];
}

/** Describes `usage`. */
export function addUsageCommand(root: Command, cli: Cli): void {
  addLabelFilter(root.command('usage').description('show who used what: calls, errors, bytes, latency'))
    .option('--last <duration>', '90d, 24h or 30m up to now (default: 24h)', parsePositiveDuration)
    .option('--from <time>', 'from when')
    .option('--to <time>', 'until when (default: now)')
    .option('--by <what>', 'key, server, tool, hour, day; separated by commas (default: key,server)', parseBy)
    .option('--key <key>', 'only of this key: its name, its id or either end of it')
    .option('--server <name>', 'only of this server', nameOf(64))
    .option('--tool <name>', 'only calls of this tool', nameOf(256))
    .option('--csv', 'print CSV')
    .addHelpText('after', NOTES)
    .action(async (options: ShowUsageOptions) => (await import('./usage/show.ts')).showUsage(cli, options));
}
