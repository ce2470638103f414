import type { Configuration, Settings } from '../src/settings/settings.ts';
import { NotFound, Unavailable } from '../src/errors/appError.ts';
import type { Cli } from './cli.ts';
import type { Output } from './output/output.ts';
import type { Surroundings } from './surroundings.ts';
import { whileWaiting } from './output/progress.ts';
import { openProgressLine, type ProgressLine } from './output/progressLine.ts';
import { tryToBringUp } from './stores/bringUp.ts';
import { showRebuild } from './output/rebuildProgress.ts';
import type { LogDestination } from '../src/logging/logDestination.ts';

const APPLICATION_NAME = 'metamcp-cli';

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
  const waitFor = <T>(work: Promise<T>): Promise<T> => (onWaiting === undefined ? whileWaiting(stderr, work) : work);
  const openLine = (): ProgressLine => openProgressLine(stderr, onWaiting);

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
    async withStores(work, { readTables = 'current', acceptLoss = false } = {}) {
      const settings = await readSettings();
      const [{ openStores }, { createCliLogger }] = await Promise.all([
        surroundings.openStores === undefined
          ? import('../src/stores/stores.ts')
          : { openStores: surroundings.openStores },
        import('./output/log.ts'),
      ]);
      const logger = createCliLogger(settings.logLevel, logTo);
      const options = {
        settings,
        logger,
        applicationName: APPLICATION_NAME,
        administrator: true,
        acceptLoss,
        onWaiting,
      };
      await using stores = await waitFor(openStores(options));
      if (readTables === 'as current as possible') {
        const behind = await waitFor(tryToBringUp(stores.projections));
        return await work({ stores, settings }).catch((error: unknown) => {
          throw behind !== undefined && error instanceof NotFound && error.code === 'key-not-found' ? behind : error;
        });
      }
      if (readTables === 'current') {
        onWaiting?.('the read tables');
        using line = openLine();
        await stores.projections.upgrade(showRebuild(line, 'Rebuilding read tables for this version'));
        line.clear();
        await waitFor(stores.projections.pump());
      }
      return await work({ stores, settings });
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
    async withDatabase(work, { readOnly } = {}) {
      const settings = await readSettings();
      const [{ openDatabase }, { createCliLogger }, { openEmbeddedPostgres }] = await Promise.all([
        import('../src/postgres/database.ts'),
        import('./output/log.ts'),
        import('../src/embedded/embeddedPostgres.ts'),
      ]);
      const logger = createCliLogger(settings.logLevel, logTo);
      await using opened = new AsyncDisposableStack();
      const url =
        settings.databaseUrl ??
        opened.use(
          await whileWaiting(stderr, openEmbeddedPostgres({ stateFolder: settings.home, logger, administrator: true })),
        ).url;
      const db = opened.use(openDatabase({ url, applicationName: APPLICATION_NAME, readOnly }));
      return await work({ db, settings });
    },
  };
  return cli;
}
