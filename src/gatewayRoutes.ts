import { approvalRoutes } from './api/approvals.ts';
import { credentialRoutes } from './api/credentials.ts';
import { auditRoutes } from './api/audit.ts';
import { eventRoutes } from './api/events.ts';
import { healthRoutes, type HealthRoutesOptions } from './api/health.ts';
import { keyRoutes, type KeyRoutesOptions } from './api/keys.ts';
import { serverHealthRoutes } from './api/serverHealth.ts';
import { serverProcessRoutes } from './api/serverProcesses.ts';
import { serverRoutes } from './api/servers.ts';
import { allToolsRoutes } from './api/allTools.ts';
import { serverToolRoutes, type ServerToolRoutesOptions } from './api/serverTools.ts';
import { tokenRoutes } from './api/token.ts';
import { usageRoutes } from './api/usage.ts';
import { createAskForTools } from './catalogue/offeredNow.ts';
import { createIssueToken } from './auth/issueToken.ts';
import { createSystemTokens } from './auth/systemTokens.ts';
import { logLevelRoutes } from './api/logLevel.ts';
import type { Route } from './api/route.ts';
import type { UnusableItemLog } from './api/unusableItemLog.ts';
import type { Authenticate } from './auth/principal.ts';
import type { ProveKey } from './auth/keyProof.ts';
import type { Tokens } from './auth/tokens.ts';
import type { Circuits } from './calls/circuits.ts';
import type { ServerHealths } from './calls/serverHealth.ts';
import type { Catalogues } from './catalogue/openCatalogues.ts';
import type { ToolHolds } from './catalogue/openToolHolds.ts';
import type { Clock } from './clock.ts';
import type { Feed } from './feed/feed.ts';
import type { LiveServer, LiveServers } from './live/liveServer.ts';
import type { Logger } from './logging/logger.ts';
import type { Stores } from './stores/stores.ts';
import type { ParkedBudget } from './upstream/bridge/parkedBudget.ts';
import type { OpenOptions } from './upstream/open.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { ProcessPool } from './upstream/stdio/processPool.ts';
import { VERSION } from './version.ts';

export interface GatewayRoutesOptions {
  readonly stores: Stores;
  readonly check: HealthRoutesOptions['check'];
  /** Who may come in, and with what. */
  readonly accept: { readonly proveKey: ProveKey; readonly tokens: Tokens; readonly authenticate: Authenticate };
  readonly servers: LiveServers;
  readonly rates: KeyRoutesOptions['rates'];
  readonly calls: Pick<ServerToolRoutesOptions, 'register' | 'clock' | 'onCall' | 'via'>;
  readonly open: (server: LiveServer, options: Partial<OpenOptions>) => Promise<Upstream>;
  /** Opens a server for the gateway itself, and not for a call. */
  readonly openAsGateway: Parameters<typeof createAskForTools>[0]['open'];
  readonly holds: ToolHolds;
  readonly catalogues: Catalogues;
  readonly processes: ProcessPool;
  readonly parked: ParkedBudget;
  readonly circuits: Circuits;
  readonly health: ServerHealths;
  readonly feed: Feed;
  readonly unusableItems: UnusableItemLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The server whose tools keep their names at /mcp; undefined: none. */
  readonly unprefixed: string | undefined;
}

/** Makes all routes of the REST API, over what a gateway holds. */
export function gatewayRoutes(options: GatewayRoutesOptions): Route[] {
  const { stores, accept, servers, calls, open, openAsGateway, holds, catalogues, processes, clock } = options;
  const { check, circuits, feed, health, logger, parked, rates, unprefixed, unusableItems } = options;
  const { db } = stores;
  const { authenticate, proveKey, tokens } = accept;
  const ownPrograms = createSystemTokens({ secrets: stores.tokenSecrets, clock }).accept(authenticate);
  const toolRoutes: ServerToolRoutesOptions = {
    db,
    liveServers: servers,
    ...calls,
    open: (server, { principal, ...request }) => open(server, { user: { principal, inSession: false }, ...request }),
    findHold: holds.find,
    onRejected: (server, rejected) => unusableItems.note(server, rejected),
  };
  return [
    ...healthRoutes({ version: VERSION, check }),
    ...tokenRoutes({ issueToken: createIssueToken({ proveKey, tokens }) }),
    ...serverRoutes({ db, servers: stores.servers }),
    ...approvalRoutes({
      db,
      approvals: stores.approvals,
      ask: createAskForTools({ db, servers, open: openAsGateway }),
    }),
    ...credentialRoutes({ db, credentials: stores.credentials }),
    ...serverToolRoutes(toolRoutes),
    ...allToolsRoutes({ ...toolRoutes, remembered: catalogues, unprefixed }),
    ...serverProcessRoutes({ db, processes, authenticate: ownPrograms }),
    ...serverHealthRoutes({ db, health, circuits, parked, processes, authenticate: ownPrograms }),
    ...keyRoutes({ db, rates }),
    ...auditRoutes({ db }),
    ...usageRoutes({ db, clock }),
    ...logLevelRoutes({ logger, authenticate: ownPrograms }),
    ...eventRoutes({ feed, register: calls.register, authenticate: ownPrograms }),
  ];
}
