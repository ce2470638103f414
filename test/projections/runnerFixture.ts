import { afterEach, beforeEach } from 'vitest';
import type { EventStore } from '../../src/events/eventStore.ts';
import type { Database } from '../../src/postgres/database.ts';
import {
  createProjectionRunner,
  type ProjectionRunner,
  type ProjectionRunnerOptions,
} from '../../src/projections/runner.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { allProjections } from '../../src/stores/allProjections.ts';
import { silent } from './readModel.ts';

/** Read tables of one test's own. */
export interface RunnerFixture {
  readonly db: Database;
  readonly url: string;
  /** Makes a runner of all projections. */
  createRunner(store: EventStore, options?: Partial<ProjectionRunnerOptions>): ProjectionRunner;
  query(text: string): Promise<Record<string, unknown>[]>;
}

/** Makes a database for each test. @param defaults of its runners */
export function runnerFixture(defaults: Partial<ProjectionRunnerOptions> = {}): RunnerFixture {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database[Symbol.asyncDispose]());
  return {
    get db() {
      return database.db;
    },
    get url() {
      return database.url;
    },
    createRunner: (store, options) =>
      createProjectionRunner({
        ...{ db: database.db, store, projections: allProjections, logger: silent },
        ...defaults,
        ...options,
      }),
    query: (text) => database.db.query<Record<string, unknown>>({ text, values: [] }),
  };
}
