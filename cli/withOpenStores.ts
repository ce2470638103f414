import { NotFound } from '../src/errors/appError.ts';
import type { Settings } from '../src/settings/settings.ts';
import type { LogDestination } from '../src/logging/logDestination.ts';
import { openStores, type Stores } from '../src/stores/stores.ts';
import type { Cli } from './cli.ts';
import { createCliLogger } from './output/log.ts';
import { whileWaiting } from './output/progress.ts';
import { openProgressLine } from './output/progressLine.ts';
import { showRebuild } from './output/rebuildProgress.ts';
import type { Surroundings } from './surroundings.ts';
import { APPLICATION_NAME } from './applicationName.ts';
import { tryToBringUp } from './stores/bringUp.ts';

export interface OpenStoresOptions {
  readonly settings: Settings;
  readonly surroundings: Surroundings;
  /** Gets what is waited for. (Default: on a terminal, a line on stderr tells that something is) */
  readonly onWaiting?: ((what: string) => void) | undefined;
  /** Where warnings go. (Default: stderr) */
  readonly logTo?: LogDestination | undefined;
}

/** Opens all stores, as `Cli.withStores` says. */
export async function withOpenStores<T>(
  { settings, surroundings, onWaiting, logTo }: OpenStoresOptions,
  work: (opened: { readonly stores: Stores; readonly settings: Settings }) => Promise<T>,
  { readTables = 'current', acceptLoss = false }: Parameters<Cli['withStores']>[1] = {},
): Promise<T> {
  const { stderr } = surroundings;
  const open = surroundings.openStores ?? openStores;
  const waitFor = <R>(opening: Promise<R>): Promise<R> =>
    onWaiting === undefined ? whileWaiting(stderr, opening) : opening;
  const logger = createCliLogger(settings.logLevel, logTo);
  await using stores = await waitFor(
    open({ settings, logger, applicationName: APPLICATION_NAME, administrator: true, acceptLoss, onWaiting }),
  );
  if (readTables === 'as current as possible') {
    const behind = await waitFor(tryToBringUp(stores.projections));
    return await work({ stores, settings }).catch((error: unknown) => {
      throw behind !== undefined && error instanceof NotFound && error.code === 'key-not-found' ? behind : error;
    });
  }
  if (readTables === 'current') {
    onWaiting?.('the read tables');
    using line = openProgressLine(stderr, onWaiting);
    await stores.projections.upgrade(showRebuild(line, 'Rebuilding read tables for this version'));
    line.clear();
    await waitFor(stores.projections.pump());
  }
  return await work({ stores, settings });
}
