import { existsSync } from 'node:fs';
import { GATEWAY_HERE } from '../../src/cliName.ts';
import { statePaths } from '../../src/embedded/stateFolder.ts';
import { NotFound } from '../../src/errors/appError.ts';
import type { Database } from '../../src/postgres/database.ts';
import { migrationStatus, type Migration } from '../../src/postgres/migrate.ts';
import type { Configuration } from '../../src/settings/settings.ts';
import type { Stores } from '../../src/stores/stores.ts';
import type { Cli } from '../cli.ts';
import { findGateway, type LiveGateway } from '../gateway/liveGateway.ts';
import { NotExamined } from './notExamined.ts';

/** What checks look at: each part is opened once, beside the others, and what can't be opened stops only who needs it. */
export interface Examination {
  readonly configuration: Configuration;
  readonly cwd: string;
  /** Undefined: none answers. Never rejects. */
  readonly gateway: Promise<LiveGateway | undefined>;
  /** @throws NotFound `nothing-here`; Unavailable, with the reason */
  database(): Promise<Database>;
  /** @throws Unavailable, with the reason */
  migrations(): Promise<readonly Migration[]>;
  /** Not opened while migrations are missing: opening would apply them. @throws AppError, with the reason */
  stores(): Promise<Stores>;
  /** As `database`, for who does not report on it. @throws NotExamined */
  needDatabase(): Promise<Database>;
  /** As `stores`, for who does not report on them. @throws NotExamined */
  needStores(): Promise<Stores>;
}

/** Opens what there is for `work`, as it is: nothing is made, migrated or brought up to date. @throws Invalid `config-invalid`; what `work` throws */
export async function examine<T>(cli: Cli, work: (examination: Examination) => Promise<T>): Promise<T> {
  const configuration = await cli.readConfiguration();
  const { settings } = configuration;
  const gateway = findGateway(settings);
  const { databaseUrl, home } = settings;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    hold<Database>(async (use) => {
      // Opening it would make it.
      if (databaseUrl === undefined && !existsSync(statePaths(home).data)) throw nothingHere(home);
      await cli.withDatabase(({ db }) => use(db));
    }),
  );
  const migrations = database.value.then(migrationStatus);
  migrations.catch(() => undefined);
  const stores = opened.use(
    hold<Stores>(async (use) => {
      const pending = (await migrations).some(({ appliedAt }) => appliedAt === undefined);
      if (pending) throw new NotExamined('Migrations are missing.');
      await cli.withStores(({ stores: all }) => use(all), { readTables: 'as they are' });
    }),
  );
  return await work({
    configuration,
    cwd: cli.cwd,
    gateway,
    database: () => database.value,
    migrations: () => migrations,
    stores: () => stores.value,
    async needDatabase() {
      const db = await database.value.catch(() => undefined);
      // A pool connects at its first statement only.
      const answers = await migrations.then(
        () => true,
        () => false,
      );
      if (db === undefined || !answers) throw new NotExamined('The database can’t be used.');
      return db;
    },
    needStores: () =>
      stores.value.catch((error: unknown) => {
        throw error instanceof NotExamined ? error : new NotExamined('The stores can’t be opened.');
      }),
  });
}

interface Held<T> extends AsyncDisposable {
  readonly value: Promise<T>;
}

/** Opens something beside other work, and keeps it open until it is disposed of. */
function hold<T>(open: (use: (value: T) => Promise<void>) => Promise<void>): Held<T> {
  const opened = Promise.withResolvers<T>();
  const over = Promise.withResolvers<undefined>();
  const ended = open((value) => {
    opened.resolve(value);
    return over.promise;
  }).catch((error: unknown) => {
    // After it was opened, it is about to be closed, and everything was read.
    opened.reject(error as Error);
  });
  opened.promise.catch(() => undefined);
  return {
    value: opened.promise,
    async [Symbol.asyncDispose]() {
      over.resolve(undefined);
      await ended;
    },
  };
}

function nothingHere(home: string): NotFound {
  return new NotFound(
    'nothing-here',
    `There is nothing in ${home} yet. Start a gateway (${GATEWAY_HERE}), or set METAMCP_HOME or DATABASE_URL to the stores of one.`,
  );
}
