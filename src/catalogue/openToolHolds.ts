import type { Clock } from '../clock.ts';
import type { LiveKeys } from '../live/liveKeys.ts';
import type { LiveServers } from '../live/liveServer.ts';
import { createConfirmedTools } from './confirmedTools.ts';
import type { OpenAsGateway } from './openAsGateway.ts';
import type { ServerCatalogues } from './serverCatalogues.ts';
import { createFindToolHold, type FindToolHold } from './toolHolds.ts';

export interface ToolHoldsOptions {
  readonly catalogues: ServerCatalogues;
  readonly servers: Pick<LiveServers, 'onChange'>;
  readonly keys: Pick<LiveKeys, 'onChange'>;
  readonly open: OpenAsGateway;
  readonly steadyClock: Clock;
}

/** What holds the tools of servers back, and what it is judged by. */
export interface ToolHolds extends AsyncDisposable {
  readonly find: FindToolHold;
}

/** Opens what servers show of their tools now, and what holds tools of theirs back. */
export function openToolHolds(options: ToolHoldsOptions): ToolHolds {
  const { catalogues, servers, keys, open, steadyClock } = options;
  const opened = new AsyncDisposableStack();
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
