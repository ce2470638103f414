import { InvalidArgumentError, type Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { CopyEventsOptions } from './db/copyEvents.ts';
import type { RebuildCommandOptions } from './db/rebuild.ts';
import type { EventPlace, SkipOptions } from './db/skip.ts';
import { nameOf } from '../input/options.ts';

/** Describes `db …`. */
export function addDatabaseCommands(root: Command, cli: Cli): void {
  const db = root.command('db').description('the database');

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

  db.command('skip')
    .description('have readers pass by an event that can’t be read, so that its key or server can be used again')
    .argument('<event>', 'stream@revision, as db status shows it', parseEventPlace)
    .requiredOption('--reason <text>', 'why, for the audit trail', nameOf(4_096))
    .addHelpText(
      'after',
      '\nThe event stays where it is: what is stored is that it does not count. Look at what it was for first, since a' +
        '\nrevocation that can’t be read does not count either then.',
    )
    .action(async (place: EventPlace, options: SkipOptions) =>
      (await import('./db/skip.ts')).skipEvent(cli, place, options),
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

/** Reads `stream@revision`. @throws InvalidArgumentError */
function parseEventPlace(text: string): EventPlace {
  const [, stream, revision] = /^([^@]{1,100})@(\d{1,9})$/.exec(text) ?? [];
  if (stream === undefined || revision === undefined) {
    throw new InvalidArgumentError('It must be a stream and a revision: mcpServer-github@3.');
  }
  return { stream, revision: Number(revision) };
}
