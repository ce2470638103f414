import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';
import { keepStores, type KeptStores } from './keptStores.ts';

/** A CLI on a database of its own. */
export interface CliFixture extends Omit<InProcessCli, typeof Symbol.asyncDispose> {
  readonly database: TestDatabase;
}

/**
 * Opens a CLI before the tests of a file or a `describe`, and closes it after them.
 * @param stores whether they stay open between commands (Default: kept)
 */
export function cliFixture({ stores = 'kept' }: { stores?: 'kept' | 'opened by each command' } = {}): CliFixture {
  let database: TestDatabase;
  let cli: InProcessCli;
  let kept: KeptStores;
  beforeAll(async () => {
    database = await createTestDatabase();
    kept = keepStores();
    cli = await openInProcessCli(database.url, {}, stores === 'kept' ? kept.open : undefined);
  });
  afterAll(async () => {
    await kept[Symbol.asyncDispose]();
    await cli[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  return {
    get database() {
      return database;
    },
    get folder() {
      return cli.folder;
    },
    get env() {
      return cli.env;
    },
    run: (...args) => cli.run(...args),
    json: (...args) => cli.json(...args),
    list: (...args) => cli.list(...args),
  };
}
