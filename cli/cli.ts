import type { Readable } from 'node:stream';
import type { Config } from '../src/config.ts';
import type { Database } from '../src/postgres/database.ts';
import type { Stores } from '../src/stores.ts';
import type { Output } from './output/output.ts';
import type { TerminalStream } from './surroundings.ts';

/** What a command works with. */
export interface Cli {
  readonly output: Output;
  readonly stdin: Readable;
  readonly stderr: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, which names of files are relative to. */
  readonly cwd: string;
  /** What stood after `--`: the command line of a stdio server. */
  readonly commandLine: readonly string[] | undefined;
  /** Reads the settings; opens nothing. @throws Invalid `config-invalid` */
  readConfig(): Promise<Config>;
  /**
   * Opens the stores for `work`, with the read tables brought up to date unless told otherwise, and closes them.
   * @throws Unavailable; Invalid; what `work` throws
   */
  withStores<T>(
    work: (opened: { readonly stores: Stores; readonly config: Config }) => Promise<T>,
    options?: { readonly readTables?: 'current' | 'as they are' },
  ): Promise<T>;
  /** Opens the database alone, not migrated. @throws Unavailable; Invalid; what `work` throws */
  withDatabase<T>(work: (opened: { readonly db: Database; readonly config: Config }) => Promise<T>): Promise<T>;
}
