import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

/** Describes `db …`. DESIGN 9. */
export function addDatabaseCommands(program: Command, cli: Cli): void {
  const db = program.command('db').description('the database');

  db.command('migrate')
    .description('bring the tables up to this version; every start does it, too')
    .action(async () => (await import('./db/migrate.ts')).migrateDatabase(cli));

  db.command('status')
    .description('show which migrations are applied and how far the read tables are; changes nothing')
    .action(async () => (await import('./db/status.ts')).showDatabaseStatus(cli));
}
