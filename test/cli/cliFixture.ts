import { afterAll, beforeAll } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';

/** A CLI on a database of its own. */
export interface CliFixture extends Omit<InProcessCli, typeof Symbol.asyncDispose> {
  readonly database: TestDatabase;
}

/** Opens a CLI before the tests of a file or a `describe`, and closes it after them. */
export function cliFixture(): CliFixture {
  let database: TestDatabase;
  let cli: InProcessCli;
  beforeAll(async () => {
    database = await createTestDatabase();
    cli = await openInProcessCli(database.url);
  });
  afterAll(async () => {
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
