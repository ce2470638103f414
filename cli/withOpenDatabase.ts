import { openEmbeddedPostgres } from '../src/embedded/embeddedPostgres.ts';
import { openDatabase, type Database } from '../src/postgres/database.ts';
import type { Settings } from '../src/settings/settings.ts';
import type { Cli } from './cli.ts';
import { createCliLogger } from './output/log.ts';
import { whileWaiting } from './output/progress.ts';
import type { TerminalStream } from './surroundings.ts';
import { APPLICATION_NAME } from './applicationName.ts';

/** Opens the database alone, as `Cli.withDatabase` says. */
export async function withOpenDatabase<T>(
  { settings, stderr }: { readonly settings: Settings; readonly stderr: TerminalStream },
  work: (opened: { readonly db: Database; readonly settings: Settings }) => Promise<T>,
  { readOnly }: Parameters<Cli['withDatabase']>[1] = {},
): Promise<T> {
  const logger = createCliLogger(settings.logLevel);
  await using opened = new AsyncDisposableStack();
  const url =
    settings.databaseUrl ??
    opened.use(
      await whileWaiting(stderr, openEmbeddedPostgres({ stateFolder: settings.home, logger, administrator: true })),
    ).url;
  const db = opened.use(openDatabase({ url, applicationName: APPLICATION_NAME, readOnly }));
  return await work({ db, settings });
}
