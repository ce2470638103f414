import { NotFound } from '../src/errors/appError.ts';
import type { Settings } from '../src/settings/settings.ts';
import { openStores, type Stores } from '../src/stores/stores.ts';
import type { Cli } from './cli.ts';
import { createCliLogger } from './output/log.ts';
import { whileWaiting } from './output/progress.ts';
import { openProgressLine } from './output/progressLine.ts';
import { showRebuild } from './output/rebuildProgress.ts';
import type { Surroundings } from './surroundings.ts';
import { APPLICATION_NAME } from './applicationName.ts';
import { tryToBringUp } from './stores/bringUp.ts';

/** Opens all stores, as `Cli.withStores` says. */
export async function withOpenStores<T>(
  { settings, surroundings }: { readonly settings: Settings; readonly surroundings: Surroundings },
  work: (opened: { readonly stores: Stores; readonly settings: Settings }) => Promise<T>,
  { readTables = 'current', acceptLoss = false }: Parameters<Cli['withStores']>[1] = {},
): Promise<T> {
  const { stderr } = surroundings;
  const open = surroundings.openStores ?? openStores;
  const logger = createCliLogger(settings.logLevel);
  await using stores = await whileWaiting(
    stderr,
    open({ settings, logger, applicationName: APPLICATION_NAME, administrator: true, acceptLoss }),
  );
  if (readTables === 'as current as possible') {
    const behind = await whileWaiting(stderr, tryToBringUp(stores.projections));
    return await work({ stores, settings }).catch((error: unknown) => {
      throw behind !== undefined && error instanceof NotFound && error.code === 'key-not-found' ? behind : error;
    });
  }
  if (readTables === 'current') {
    using line = openProgressLine(stderr);
    await stores.projections.upgrade(showRebuild(line, 'Rebuilding read tables for this version'));
    line.clear();
    await whileWaiting(stderr, stores.projections.pump());
  }
  return await work({ stores, settings });
}
