import type { Clock } from '../clock.ts';
import type { Invalidations } from '../live/invalidations.ts';
import type { LiveKeys } from '../live/liveKeys.ts';
import type { LiveServers } from '../live/liveServer.ts';
import { createCatalogueRefresh, type CatalogueRefreshOptions } from './catalogueRefresh.ts';
import { createConfirmedTools } from './confirmedTools.ts';
import type { OpenAsGateway } from './openAsGateway.ts';
import { createRememberedCatalogues } from './rememberedCatalogues.ts';
import { createServerCatalogues } from './serverCatalogues.ts';
import { createFindToolHold, type FindToolHold } from './toolHolds.ts';

export interface ToolHoldsOptions extends CatalogueRefreshOptions {
  readonly invalidations: Pick<Invalidations, 'onInvalidation' | 'trusted'>;
  readonly servers: Pick<LiveServers, 'onChange'>;
  readonly keys: Pick<LiveKeys, 'onChange'>;
  readonly open: OpenAsGateway;
  readonly steadyClock: Clock;
}

/** What holds the tools of servers back, and what it is judged by. */
export interface ToolHolds extends AsyncDisposable {
  readonly find: FindToolHold;
}

/** Opens what servers offer, as it is remembered and as they show it now, and what holds tools of theirs back. */
export function openToolHolds(options: ToolHoldsOptions): ToolHolds {
  const { servers, keys, open, steadyClock } = options;
  const opened = new AsyncDisposableStack();
  const remembered = opened.use(createRememberedCatalogues(options));
  const catalogues = createServerCatalogues({ remembered, refresh: createCatalogueRefresh(options) });
  const onAnnounced = (server: string): void => catalogues.changed(server);
  const confirmed = opened.use(createConfirmedTools({ open, clock: steadyClock, onAnnounced }));
  opened.defer(servers.onChange((name) => confirmed.retire(name)));
  opened.defer(keys.onChange((id) => confirmed.retireKey(id)));
  opened.defer(catalogues.onAnnounced((name) => confirmed.outdate(name)));
  return {
    find: createFindToolHold(catalogues, open, confirmed),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
