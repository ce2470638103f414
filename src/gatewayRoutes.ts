import { approvalRoutes } from './api/approvals.ts';
import { credentialRoutes } from './api/credentials.ts';
import { auditRoutes } from './api/audit.ts';
import { eventRoutes } from './api/events.ts';
import { healthRoutes, type HealthRoutesOptions } from './api/health.ts';
import { keyRoutes, type KeyRoutesOptions } from './api/keys.ts';
import { roleRoutes } from './api/roles.ts';
import { serverHealthRoutes } from './api/serverHealth.ts';
import { serverProcessRoutes } from './api/serverProcesses.ts';
import { serverRoutes } from './api/servers.ts';
import { allToolsRoutes } from './api/allTools.ts';
import { serverToolRoutes, type ServerToolRoutesOptions } from './api/serverTools.ts';
import { tokenRoutes } from './api/token.ts';
import { usageRoutes } from './api/usage.ts';
import { createAskForTools } from './catalogue/offeredNow.ts';
import { createReportLeaks } from './administration/leakReports.ts';
import { leakedRoutes } from './api/leaked.ts';
import { createReportBound } from './api/reportBound.ts';
import { createFindLeakedKeys } from './administration/leakedKeys.ts';
import { createIssueToken } from './auth/issueToken.ts';
import { createSystemTokens } from './auth/systemTokens.ts';
import { logLevelRoutes } from './api/logLevel.ts';
import type { Route } from './api/route.ts';
import type { UnusableItemLog } from './api/unusableItemLog.ts';
import type { Circuits } from './calls/circuits.ts';
import type { ServerHealths } from './calls/serverHealth.ts';
import type { Catalogues } from './catalogue/openCatalogues.ts';
import type { ToolHolds } from './catalogue/openToolHolds.ts';
import { steadyClock, type Clock } from './clock.ts';
import type { Feed } from './feed/feed.ts';
import type { Accept } from './liveMemory.ts';
import type { LiveServer, LiveServers } from './live/liveServer.ts';
import type { Logger } from './logging/logger.ts';
import type { Settings } from './settings/settings.ts';
import type { Stores } from './stores/stores.ts';
import type { ParkedBudget } from './upstream/bridge/parkedBudget.ts';
import type { OpenOptions } from './upstream/open.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { ProcessPool } from './upstream/stdio/processPool.ts';
import { VERSION } from './version.ts';

export interface GatewayRoutesOptions {
  readonly stores: Stores;
  readonly check: HealthRoutesOptions['check'];
  readonly accept: Accept;
  readonly servers: LiveServers;
  readonly limitsLeft: KeyRoutesOptions['limitsLeft'];
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
  /** See LogLevelRoutesOptions. */
  readonly onLogLevel?: ((level: string) => void) | undefined;
  readonly settings: Pick<Settings, 'unprefixedServer' | 'usageRetentionDays'>;
}

/** Makes all routes of the REST API, over what a gateway holds. */
export function gatewayRoutes(options: GatewayRoutesOptions): Route[] {
  const { stores, accept, servers, calls, open, openAsGateway, holds, catalogues, processes, clock } = options;
  const { check, circuits, feed, health, logger, parked, limitsLeft, settings, unusableItems } = options;
  const { unprefixedServer: unprefixed, usageRetentionDays } = settings;
  const { db, vault, fingerprints } = stores;
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
    ...healthRoutes({ version: VERSION, installation: stores.installation, check }),
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
    ...leakedRoutes({
      report: createReportLeaks({ find: createFindLeakedKeys({ db, vault, fingerprints }), keys: stores.keys }),
      enter: createReportBound(steadyClock),
      logger,
    }),
    ...keyRoutes({ db, clock, limitsLeft, usageRetentionDays }),
    ...roleRoutes({ db }),
    ...auditRoutes({ db }),
    ...usageRoutes({ db, clock }),
    ...logLevelRoutes({ logger, onChanged: options.onLogLevel, authenticate: ownPrograms }),
    ...eventRoutes({ feed, register: calls.register, authenticate: ownPrograms }),
  ];
}
