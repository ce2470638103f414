import type { Readable } from 'node:stream';
import type { Configuration, Settings } from '../src/settings/settings.ts';
import type { Database, Queryable } from '../src/postgres/database.ts';
import type { Stores } from '../src/stores/stores.ts';
import type { Output } from './output/output.ts';
import type { TerminalStream } from './surroundings.ts';

/** What a command works with. */
export interface Cli {
  readonly output: Output;
  readonly stdin: Readable;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The `--as` option: who the user says to be. */
  readonly as: () => string | undefined;
  /** The working directory, which names of files are relative to. */
  readonly cwd: string;
  /** The words with which another program starts the CLI. */
  readonly programWords: readonly string[];
  /** What stood after `--`: the command line of a stdio server. */
  readonly commandLine: readonly string[] | undefined;
  /** Reads the settings; opens nothing. @throws Invalid `config-invalid` */
  readSettings(): Promise<Settings>;
  /** As `readSettings`, with where each value comes from. @throws Invalid `config-invalid` */
  readConfiguration(): Promise<Configuration>;
  /**
   * Opens the stores for `work` and closes them. The read tables are brought up to date before; with `as current as possible`
   * that may fail or take too long, and a key that is not found then is the fault of that.
   * @throws Unavailable; Invalid; what `work` throws
   */
  withStores<T>(
    work: (opened: { readonly stores: Stores; readonly settings: Settings }) => Promise<T>,
    options?: {
      readonly readTables?: 'current' | 'as current as possible' | 'as they are';
      /** Goes on although the system keys are lost. (Default: false) */
      readonly acceptLoss?: boolean;
    },
  ): Promise<T>;
  /**
   * Opens the read tables alone for `work`, which only reads, and closes them. They are current: what they lack is applied before,
   * with all stores opened as the options say. @throws as `withStores`
   */
  withReadTables<T>(
    work: (opened: {
      readonly db: Queryable;
      /** Undefined: they were not opened, for the tables are current. */
      readonly stores: Stores | undefined;
      readonly settings: Settings;
    }) => Promise<T>,
    options?: Parameters<Cli['withStores']>[1],
  ): Promise<T>;
  /**
   * Opens the database alone, not migrated. @throws Unavailable; Invalid; what `work` throws
   * @param options.readOnly whether it refuses every statement that writes (Default: false)
   */
  withDatabase<T>(
    work: (opened: { readonly db: Database; readonly settings: Settings }) => Promise<T>,
    options?: { readonly readOnly?: boolean },
  ): Promise<T>;
}
