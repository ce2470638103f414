import { migrate } from '../../../src/postgres/migrate.ts';
import type { Cli } from '../../cli.ts';

/** Applies the migrations that are missing. */
export async function migrateDatabase(cli: Cli): Promise<void> {
  await cli.withDatabase(async ({ db }) => {
    const applied = await migrate(db);
    await cli.output.answer({ applied }, () =>
      applied.length === 0 ? 'The database is up to date.' : applied.map((name) => `Applied ${name}.`).join('\n'),
    );
  });
}
