import { existsSync } from 'node:fs';
import { statePaths } from '../../src/embedded/stateFolder.ts';
import { NotFound } from '../../src/errors/appError.ts';
import type { Database } from '../../src/postgres/database.ts';
import { migrationStatus, missingMigrations, type Migration } from '../../src/postgres/migrate.ts';
import type { Configuration } from '../../src/settings/settings.ts';
import { openExaminedStores, type ExaminedStores } from '../../src/stores/examinedStores.ts';
import type { Vault } from '../../src/vault/vault.ts';
import type { Cli } from '../cli.ts';
import { untrustedAt, type Untrusted } from '../gateway/gatewayTrust.ts';
import { gatewayUrl } from '../gateway/gatewayUrl.ts';
import { findGateway, type LiveGateway } from '../gateway/liveGateway.ts';
import { createCliLogger } from '../output/log.ts';
import { NotExamined } from './notExamined.ts';

/** What checks look at: each part is opened once, beside the others, and what can't be opened stops only who needs it. */
export interface Examination {
  readonly configuration: Configuration;
  readonly cwd: string;
  /** Undefined: none answers. Never rejects. */
  readonly gateway: Promise<LiveGateway | undefined>;
  /** What is wrong where one answers that is not trusted. */
  untrustedGateway(): Promise<Untrusted | undefined>;
  /** @throws NotFound `nothing-here`; Unavailable, with the reason */
  database(): Promise<Database>;
  /** @throws Unavailable, with the reason */
  migrations(): Promise<readonly Migration[]>;
  /** Not opened while migrations are missing: nothing can be read then. @throws NotExamined; AppError, with the reason */
  stores(): Promise<ExaminedStores>;
  /** Once the secrets are found to fit. @throws NotExamined; AppError, with the reason */
  vault(): Promise<Vault>;
  /** As `database`, for who does not report on it. @throws NotExamined */
  needDatabase(): Promise<Database>;
  /** As `stores`, for who does not report on them. @throws NotExamined */
  needStores(): Promise<ExaminedStores>;
  /** As `vault`, for who does not report on it. @throws NotExamined */
  needVault(): Promise<Vault>;
}

/**
 * Opens what there is for `work`, as it is: nothing is made, migrated, noted or brought up to date, and the database refuses to write.
 * An embedded PostgreSQL that does not run is started for it, and stopped afterwards. @throws Invalid `config-invalid`; what `work` throws
 */
export async function examine<T>(cli: Cli, work: (examination: Examination) => Promise<T>): Promise<T> {
  const configuration = await cli.readConfiguration();
  const { settings } = configuration;
  let untrusted: Untrusted | undefined;
  const onFault = (error: unknown): void => {
    untrusted = untrustedAt(gatewayUrl(settings), error);
  };
  const gateway = findGateway(settings, { onFault });
  const { databaseUrl, home } = settings;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    hold<Database>(async (use) => {
      // Opening it would make it.
      if (databaseUrl === undefined && !existsSync(statePaths(home).data)) throw nothingHere(home);
      await cli.withDatabase(({ db }) => use(db), { readOnly: true });
    }),
  );
  const migrations = database.value.then(migrationStatus);
  migrations.catch(() => undefined);
  const stores = opened.use(
    hold<ExaminedStores>(async (use) => {
      const db = await database.value;
      if ((await missingMigrations(db)).length > 0) throw new NotExamined('Migrations are missing.');
      await using examined = await openExaminedStores({ settings, db, logger: createCliLogger(settings.logLevel) });
      await use(examined);
    }),
  );
  const vault = stores.value.then((examined) => examined.vault());
  vault.catch(() => undefined);
  return await work({
    configuration,
    cwd: cli.cwd,
    gateway,
    untrustedGateway: () => gateway.then(() => untrusted),
    database: () => database.value,
    migrations: () => migrations,
    stores: () => stores.value,
    vault: () => vault,
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
    needVault: () =>
      vault.catch((error: unknown) => {
        throw error instanceof NotExamined ? error : new NotExamined('The secrets can’t be used.');
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
    opened.reject(error);
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
  return new NotFound('nothing-here', `There is nothing in ${home} yet.`);
}
