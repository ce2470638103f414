import type { Invalidations } from '../live/invalidations.ts';
import type { LiveServers } from '../live/liveServer.ts';
import { createCatalogueKeeper, type CatalogueKeeperOptions } from './catalogueKeeper.ts';
import { createCatalogueRefresh, type CatalogueRefreshOptions } from './catalogueRefresh.ts';
import { createObserveCatalogue, type ObserveCatalogue } from './observedCatalogues.ts';
import { createRememberedCatalogues, type RememberedCatalogues } from './rememberedCatalogues.ts';
import { createServerCatalogues, type ServerCatalogues } from './serverCatalogues.ts';

export interface CataloguesOptions extends CatalogueRefreshOptions {
  readonly invalidations: Pick<Invalidations, 'onInvalidation' | 'trusted'>;
  readonly servers: Pick<LiveServers, 'names' | 'find'>;
  readonly open: CatalogueKeeperOptions['open'];
}

/** What servers offer, as all gateways remember it. */
export interface Catalogues extends ServerCatalogues, Pick<RememberedCatalogues, 'findLast'>, Disposable {
  readonly observe: ObserveCatalogue;
}

/** Opens what all gateways remember of servers. docs/architecture.md, What servers offer. */
export function openCatalogues(options: CataloguesOptions): Catalogues {
  const { clock, steadyClock, logger } = options;
  const opened = new DisposableStack();
  const remembered = opened.use(createRememberedCatalogues(options));
  const refresh = createCatalogueRefresh(options);
  opened.use(createCatalogueKeeper({ ...options, remembered, refresh }));
  return {
    ...createServerCatalogues({ remembered, refresh }),
    findLast: remembered.findLast,
    observe: createObserveCatalogue({ remembered, refresh, clock, steadyClock, logger }),
    [Symbol.dispose]: () => opened.dispose(),
  };
}
