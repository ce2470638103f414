import type { Configuration, Settings } from '../src/settings/settings.ts';
import { Unavailable } from '../src/errors/appError.ts';
import { APPLICATION_NAME } from './applicationName.ts';
import type { Cli } from './cli.ts';
import type { Output } from './output/output.ts';
import type { Surroundings } from './surroundings.ts';
import type { LogDestination } from '../src/logging/logDestination.ts';

export interface CliOptions {
  readonly surroundings: Surroundings;
  readonly output: Output;
  readonly commandLine: readonly string[] | undefined;
  /** The `--config` option, once it is parsed. */
  readonly configFile: () => string | undefined;
  /** The `--as` option, once it is parsed. */
  readonly as: () => string | undefined;
  /** Gets what the stores wait for, as in: the event store. (Default: on a terminal, a line on stderr tells that they do) */
  readonly onWaiting?: ((what: string) => void) | undefined;
  /** Where warnings go. (Default: stderr) */
  readonly logTo?: LogDestination | undefined;
}

/** Makes what commands work with. Modules are loaded when they are needed: help must not wait for a database driver. */
export function openCli({ surroundings, output, commandLine, configFile, as, onWaiting, logTo }: CliOptions): Cli {
  const { stdin, stderr, env, cwd, programWords = ['metamcp-cli'] } = surroundings;

  async function readConfiguration(): Promise<Configuration> {
    const module = await import('../src/settings/settings.ts');
    return module.readConfiguration({ env, cwd, configFile: configFile() });
  }
  const readSettings = async (): Promise<Settings> => (await readConfiguration()).settings;

  const cli: Cli = {
    output,
    stdin,
    stderr,
    env,
    as,
    cwd,
    programWords,
    commandLine,
    readSettings,
    readConfiguration,
    async withStores(work, options) {
      const { withOpenStores } = await import('./withOpenStores.ts');
      return await withOpenStores({ settings: await readSettings(), surroundings, onWaiting, logTo }, work, options);
    },
    async withReadTables(work, options) {
      const settings = await readSettings();
      // Stores that somebody keeps open are the quickest.
      if (surroundings.openStores === undefined) {
        const { openCurrentTables } = await import('../src/stores/currentTables.ts');
        await using db = await openCurrentTables({ settings, applicationName: APPLICATION_NAME });
        try {
          if (db !== undefined) return await work({ db, stores: undefined, settings });
        } catch (error) {
          // Nobody kept an embedded PostgreSQL from stopping meanwhile.
          if (!(error instanceof Unavailable) || output.answered) throw error;
        }
      }
      return await cli.withStores(({ stores }) => work({ db: stores.db, stores, settings }), options);
    },
    async withDatabase(work, options) {
      const { withOpenDatabase } = await import('./withOpenDatabase.ts');
      return await withOpenDatabase({ settings: await readSettings(), stderr }, work, options);
    },
  };
  return cli;
}
