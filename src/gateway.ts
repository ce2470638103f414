import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { createApi } from './api/app.ts';
import { auditRoutes } from './api/audit.ts';
import { eventRoutes } from './api/events.ts';
import { healthRoutes } from './api/health.ts';
import { createLeftOutLog } from './api/leftOutLog.ts';
import { keyRoutes } from './api/keys.ts';
import { serverRoutes } from './api/servers.ts';
import { serverToolRoutes } from './api/serverTools.ts';
import { tokenRoutes } from './api/token.ts';
import { usageRoutes } from './api/usage.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { createTokenExchange } from './auth/exchange.ts';
import { createKeyProof } from './auth/keyProof.ts';
import { createLiveKeys } from './live/liveKeys.ts';
import { createLiveServers } from './live/liveServers.ts';
import { createSystemTokens } from './auth/systemTokens.ts';
import { createTokens } from './auth/tokens.ts';
import { steadyClock, systemClock } from './clock.ts';
import type { CallEvent } from './calls/callEvent.ts';
import { DEFAULT_CALL_LIMITS } from './calls/callLimits.ts';
import { createCallRegister } from './calls/callRegister.ts';
import { createVia } from './calls/via.ts';
import type { Settings } from './settings/settings.ts';
import { Forbidden, Unavailable } from './errors/appError.ts';
import { createActivity } from './feed/activity.ts';
import { createFront } from './front/front.ts';
import { frontLimits } from './front/limits.ts';
import { createRefusalLog } from './front/refusalLog.ts';
import { createHealthCheck, systemHealth } from './api/healthReport.ts';
import type { Logger } from './logging/logger.ts';
import { openInvalidations } from './live/invalidations.ts';
import { createMcpEndpoint } from './proxy/endpoint.ts';
import { createHostPolicy } from './proxy/hostPolicy.ts';
import { DEFAULT_PROXY_LIMITS } from './proxy/limits.ts';
import { firstPump, onceBuilt } from './stores/readTables.ts';
import type { Stores } from './stores/stores.ts';
import { createUpstreamAgents } from './upstream/http/agents.ts';
import { Eras } from './upstream/eras.ts';
import { openUpstream } from './upstream/open.ts';
import { openUsageRecorder } from './usage/recorder.ts';
import { VERSION } from './version.ts';

export interface GatewayOptions {
  readonly config: Settings;
  readonly stores: Stores;
  readonly logger: Logger;
  /** Aborted when the process shall stop: a start that waits for the event store waits no longer. */
  readonly stopping?: AbortSignal | undefined;
}

/** How long a start waits for invalidations to arrive, in milliseconds. */
const INVALIDATIONS_PATIENCE_MS = 5_000;

/** A gateway that listens; disposing of it lets calls in flight end, within a bound. */
export interface Gateway extends AsyncDisposable {
  /** http://host:port */
  readonly url: string;
}

/**
 * Starts a gateway over opened stores, which stay the caller's. It serves calls from the read tables while the event
 * store is away, and takes changes again when it is back.
 * @throws Unavailable `port-unavailable`, `event-store-changed`, `projection-newer`
 */
export async function startGateway({ config, stores, logger, stopping }: GatewayOptions): Promise<Gateway> {
  await using opened = new AsyncDisposableStack();
  const clock = systemClock;
  const { db, vault, fingerprints, argon, projections } = stores;

  await firstPump({ projections, logger, signal: stopping });
  const following = new AbortController();
  const follow = projections.keepCurrent(following.signal);
  opened.defer(async () => {
    following.abort();
    await follow;
  });
  const invalidations = opened.use(
    openInvalidations({ url: db.url, replica: `${hostname()}:${process.pid}`, logger, clock: steadyClock }),
  );
  const liveKeys = opened.use(onceBuilt(createLiveKeys({ db, invalidations }), projections));
  const liveServers = opened.use(createLiveServers({ db, vault, invalidations, logger }));
  const proveKey = createKeyProof({ liveKeys, vault, fingerprints, argon, clock });
  const tokens = createTokens({ secrets: stores.tokenSecrets, clock });
  const authenticate = createAuthenticate({ liveKeys, proveKey, tokens, clock });

  // Disposed of when the calls have drained: it writes the last of them down.
  const { usageRetentionDays: retentionDays } = config;
  const usage = retentionDays === 0 ? undefined : opened.use(openUsageRecorder({ db, clock, logger, retentionDays }));
  const check = createHealthCheck({ db, events: stores.events, projections, invalidations });
  const activity = opened.use(
    createActivity({
      clock,
      changes: invalidations,
      servers: liveServers,
      checkHealth: async () => systemHealth(await check(), VERSION),
    }),
  );
  const onCall = (event: CallEvent): void => {
    usage?.onCall(event);
    activity.onCall(event);
  };
  const front = opened.use(
    createFront({
      limits: frontLimits(config),
      clock: steadyClock,
      logger,
      serve(req, res) {
        // The hot path goes past Koa.
        if (isMcp(req.url ?? '')) endpoint.handle(req, res);
        else api(req, res);
      },
    }),
  );
  const { recognise } = front;
  const refusals = opened.use(createRefusalLog({ logger, clock: steadyClock }));
  const leftOut = opened.use(createLeftOutLog({ logger, clock: steadyClock }));
  const agents = opened.use(createUpstreamAgents());
  const eras = new Eras(steadyClock);
  const hosts = { allowedHosts: config.allowedHosts, allowedOrigins: config.allowedOrigins };
  const via = createVia(stores.sessionKey);
  const register = createCallRegister({
    keys: liveKeys,
    servers: liveServers,
    invalidations,
    clock,
    steadyClock,
    logger,
  });
  const endpoint = opened.use(
    createMcpEndpoint({
      authenticate,
      servers: liveServers,
      register,
      via,
      agents,
      openUpstream: ({ server, client, ...rest }) =>
        openUpstream(server, { agents, client: { ...CLIENT, ...client }, ...rest }),
      sessionKey: stores.sessionKey,
      clock: steadyClock,
      logger,
      limits: { ...DEFAULT_PROXY_LIMITS, maxBodyBytes: config.maxBodyBytes },
      hosts,
      onCall,
      recognise,
      onRefused: refusals.note,
    }),
  );
  const api = createApi({
    routes: [
      ...healthRoutes({
        version: VERSION,
        check,
      }),
      ...tokenRoutes({ issueToken: createTokenExchange({ proveKey, tokens }) }),
      ...serverRoutes({ db, servers: stores.servers }),
      ...serverToolRoutes({
        db,
        liveServers,
        register,
        clock: steadyClock,
        onCall,
        via,
        open: (server, { signal, via, leaseRoom }) =>
          openUpstream(server, { agents, eras, client: CLIENT, signal, via, leaseRoom }),
        onRejected: (server, rejected) => leftOut.note(server, rejected),
      }),
      ...keyRoutes({ db }),
      ...auditRoutes({ db }),
      ...usageRoutes({ db, clock }),
      ...eventRoutes({
        activity,
        register,
        authenticate: createSystemTokens({ secrets: stores.tokenSecrets, clock }).accept(authenticate),
      }),
    ],
    authenticate,
    register,
    clock,
    logger,
    version: VERSION,
    maxBodyBytes: config.maxBodyBytes,
    checkHost: hostCheck(hosts),
    recognise,
    onRefused: refusals.note,
  });

  const { server } = front;
  opened.defer(async () => {
    const closed = server.listening ? once(server, 'close') : undefined;
    server.close();
    server.closeIdleConnections();
    const feedsEnded = register[Symbol.asyncDispose]().then(() => activity[Symbol.dispose]());
    await Promise.all([feedsEnded, front.drained(DEFAULT_CALL_LIMITS.drainMs)]);
    // The calls have drained: what is still open belongs to clients that do not let go.
    server.closeAllConnections();
    await closed;
  });
  // Whoever asks at once shall hear that all is well. Calls are served without it, too.
  await Promise.race([invalidations.attempted, delay(INVALIDATIONS_PATIENCE_MS, undefined, { ref: false })]);
  await listen(server, config);
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const closing = opened.move();
  return { url: `http://${host}:${port}`, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

const CLIENT = { clientInfo: { name: 'metamcp', version: VERSION }, capabilities: {} };

function isMcp(url: string): boolean {
  return url.startsWith('/mcp') && (url.length === 4 || url[4] === '/' || url[4] === '?');
}

function hostCheck(hosts: Parameters<typeof createHostPolicy>[0]) {
  const policy = createHostPolicy(hosts);
  return ({ host, origin }: { host?: string | undefined; origin?: string | undefined }): void => {
    if (!policy.allowsHost(host ?? '')) {
      throw new Forbidden(
        'host-not-allowed',
        'The gateway is not served under this name. Allow it with SERVER_ALLOWED_HOSTS.',
      );
    }
    if (origin !== undefined && !policy.allowsOrigin(origin)) {
      throw new Forbidden(
        'origin-not-allowed',
        'Pages of this origin may not call the gateway. Allow it with SERVER_ALLOWED_ORIGINS.',
      );
    }
  };
}

async function listen(server: Server, { host, port }: Settings): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Unavailable('port-unavailable', `${host}:${port} can’t be listened on: set SERVER_HOST or SERVER_PORT.`, {
      cause,
    });
  }
}
