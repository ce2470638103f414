import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { CopyEventsOptions } from './db/copyEvents.ts';
import type { RebuildCommandOptions } from './db/rebuild.ts';

/** Describes `db …`. DESIGN 9. */
export function addDatabaseCommands(program: Command, cli: Cli): void {
  const db = program.command('db').description('the database');

  db.command('migrate')
    .description('bring the tables up to this version; every start does it, too')
    .action(async () => (await import('./db/migrate.ts')).migrateDatabase(cli));

  db.command('status')
    .description('show which migrations are applied and how far the read tables are; changes nothing')
    .action(async () => (await import('./db/status.ts')).showDatabaseStatus(cli));

  db.command('rebuild [projection]')
    .description(
      'rebuild the read tables, or one of them, from the events, and say what was wrong; calls are served meanwhile',
    )
    .option('--accept-loss', 'go on although the event store lacks events that the read tables contain')
    .addHelpText(
      'after',
      '\nThe tables are built beside the live ones, which are then made equal to them in one transaction. Data encryption' +
        '\nkeys are not touched. After EVENT_STORE_URL has changed it takes the new store for the truth.',
    )
    .action(async (projection: string | undefined, options: RebuildCommandOptions) =>
      (await import('./db/rebuild.ts')).rebuildTables(cli, projection, options),
    );

  db.command('copy-events')
    .description('copy the whole history into another event store, and compare them; an interrupted copy goes on')
    .requiredOption('--from <store>', 'postgres, eventstoredb (EVENT_STORE_URL), or a URL')
    .requiredOption('--to <store>', 'likewise; empty, or with the beginning of that very history')
    .addHelpText(
      'after',
      '\nStop the gateways first, so that nothing is changed meanwhile. Others on this machine can see a password in a URL' +
        '\non the command line; a setting they can’t. Afterwards, with EVENT_STORE_URL set or unset: metamcp-cli db rebuild',
    )
    .action(async (options: CopyEventsOptions) => (await import('./db/copyEvents.ts')).copyHistory(cli, options));
}
