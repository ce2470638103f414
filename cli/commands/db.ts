import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { CopyEventsOptions } from './db/copyEvents.ts';

/** Describes `db …`. DESIGN 9. */
export function addDatabaseCommands(program: Command, cli: Cli): void {
  const db = program.command('db').description('the database');

  db.command('migrate')
    .description('bring the tables up to this version; every start does it, too')
    .action(async () => (await import('./db/migrate.ts')).migrateDatabase(cli));

  db.command('status')
    .description('show which migrations are applied and how far the read tables are; changes nothing')
    .action(async () => (await import('./db/status.ts')).showDatabaseStatus(cli));

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
