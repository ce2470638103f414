import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { compileNetworks } from './access/networks.ts';
import { createApi } from './api/app.ts';
import { createUnusableItemLog } from './api/unusableItemLog.ts';
import { processFeed } from './api/processFeed.ts';
import { circuitFeed } from './api/serverCircuit.ts';
import { toProblem } from './api/problem.ts';
import { openCallObservers } from './callObservers.ts';
import { openCatalogues, type Catalogues } from './catalogue/openCatalogues.ts';
import { openToolHolds } from './catalogue/openToolHolds.ts';
import { createEndedSessions } from './live/endedSessions.ts';
import type { LiveServer } from './live/liveServer.ts';
import { steadyClock, systemClock } from './clock.ts';
import { Circuits } from './calls/circuits.ts';
import { createCallRegister } from './calls/callRegister.ts';
import { createVia } from './calls/via.ts';
import { drainGateway, retireFront } from './drainGateway.ts';
import { openGatewayMetrics } from './gatewayMetrics.ts';
import { createLimitsLeft } from './limits/limitsLeft.ts';
import { listen, urlOf } from './listen.ts';
import { openLiveMemory } from './liveMemory.ts';
import { serveMetrics } from './metricsListener.ts';
import { createFeed } from './feed/feed.ts';
import { createFront } from './front/front.ts';
import { createHostCheck } from './front/hostCheck.ts';
import { frontLimits } from './front/limits.ts';
import { openGatewayLimits } from './gatewayLimits.ts';
import type { GatewayHealth } from './api/health.ts';
import { createHealthCheck, systemHealth } from './api/healthCheck.ts';
import { gatewayRoutes } from './gatewayRoutes.ts';
import { createRepeatedLog } from './logging/repeatedLog.ts';
import type { Era } from './mcp/eras.ts';
import { Counts } from './metrics/counts.ts';
import { createMcpEndpoint } from './proxy/endpoint.ts';
import { createForwardingMark } from './proxy/forwardingMark.ts';
import { createChangeableHostPolicy } from './proxy/hostPolicy.ts';
import { DEFAULT_PROXY_LIMITS } from './proxy/limits.ts';
import { firstPump } from './stores/readTables.ts';
import { createUpstreamAgents } from './upstream/http/agents.ts';
import { Eras } from './upstream/eras.ts';
import { bridgedForGateway } from './upstream/bridge/bridgedForGateway.ts';
import { ParkedBudget } from './upstream/bridge/parkedBudget.ts';
import type { Gateway, GatewayOptions } from './runningGateway.ts';
import { openUpstream, type OpenOptions } from './upstream/open.ts';
import { openTraced } from './upstream/tracedUpstream.ts';
import { poolSettings } from './upstream/stdio/poolSettings.ts';
import { ProcessPool } from './upstream/stdio/processPool.ts';
import { Programs } from './upstream/stdio/programs.ts';
import { DEFAULT_STDIO_SETTINGS } from './upstream/stdio/stdioSettings.ts';
import { VERSION } from './version.ts';

/** How long a start waits for invalidations to arrive, in milliseconds. */
const INVALIDATIONS_PATIENCE_MS = 5_000;

/**
 * Starts a gateway over opened stores, which stay the caller's. It serves calls from the read tables while the event
 * store is away, and takes changes again when it is back.
 * @throws Unavailable `port-unavailable`, `event-store-changed`, `projection-newer`
 */
export async function startGateway({
  settings,
  stores,
  logger,
  tracer,
  accessLines,
  certificate,
  stopping,
  worker,
}: GatewayOptions): Promise<Gateway> {
  await using opened = new AsyncDisposableStack();
  const clock = systemClock;
  const { db, projections } = stores;
  const counts = settings.metrics.port === undefined ? undefined : new Counts();
  await firstPump({ projections, logger, signal: stopping });
  const following = new AbortController();
  const follow = projections.keepCurrent(following.signal);
  opened.defer(async () => {
    following.abort();
    await follow;
  });
  const live = opened.use(openLiveMemory({ stores, clock, logger, standardLimits: settings.keyLimits, counts }));
  const { invalidations, liveKeys, liveServers, accept } = live;

  let isStopping = false;
  const checkParts = createHealthCheck({ db, events: stores.events, projections, invalidations });
  const check = async (): Promise<GatewayHealth> => {
    const health = await checkParts();
    return isStopping ? { ...health, ready: { calls: false, changes: false } } : health;
  };
  const feed = opened.use(
    createFeed({
      clock,
      invalidations,
      servers: liveServers,
      checkHealth: async () => systemHealth(await check(), VERSION),
    }),
  );
  const observers = opened.use(
    openCallObservers({
      db,
      servers: liveServers,
      feed,
      clock,
      logger,
      accessLines,
      counts,
      retentionDays: settings.usageRetentionDays,
    }),
  );
  const { onCall, health, usage } = observers;
  const front = opened.use(
    createFront({
      limits: frontLimits(settings),
      trust: {
        proxies: compileNetworks(settings.trustedProxies),
        isFromGateway: createForwardingMark(stores.sessionKey).isOn,
      },
      onAnswered: counts && counts.requests.count.bind(counts.requests),
      certificate,
      http2: settings.tls.http2,
      clock: steadyClock,
      logger,
      serve(req, res) {
        if (limits.refuse(req, res)) return;
        // The hot path goes past Koa.
        const serve = endpoint.handlerOf(req.url ?? '') ?? api;
        serve(req, res);
      },
    }),
  );
  const { recognise } = front;
  const limits = opened.use(await openGatewayLimits({ db, settings, feed, front: () => front, counts, logger }));
  const unserved = opened.use(
    createRepeatedLog({ logger, clock: steadyClock, message: 'a request could not be served' }),
  );
  const unusableItems = opened.use(createUnusableItemLog({ logger, clock: steadyClock }));
  const agents = opened.use(createUpstreamAgents());
  const eras = new Eras(steadyClock);
  const parked = new ParkedBudget();
  const maxBodyBytes = settings.maxBodyBytes ?? DEFAULT_PROXY_LIMITS.maxBodyBytes;
  const hostPolicy = createChangeableHostPolicy(settings);
  const via = createVia(stores.sessionKey);
  const circuits = new Circuits({
    ...settings.circuit,
    clock,
    steadyClock,
    check: (server, signal) => open(server, { signal }).then((upstream) => upstream[Symbol.asyncDispose]()),
    onChange: circuitFeed(feed),
  });
  opened.defer(liveServers.onChange((name) => circuits.forget(name)));
  const openPlain = (server: LiveServer, options: Partial<OpenOptions>) =>
    openUpstream(server, { agents, processes, eras, client: CLIENT, ...options });
  const open = tracer === undefined ? openPlain : openTraced(openPlain, tracer);
  const openAsGateway = (server: LiveServer, era: Era | undefined, signal: AbortSignal) =>
    circuits.follow(server, async () => {
      const upstream = await open(server, { era, signal });
      return era === undefined ? upstream : bridgedForGateway(upstream, era, steadyClock);
    });
  const ofCalls = { invalidations, clock, steadyClock, logger, circuits, rates: limits.rates };
  const drain = { drainMs: settings.stop.drainMs };
  const register = createCallRegister({ keys: liveKeys, servers: liveServers, ...ofCalls, limits: drain });
  const programs = opened.use(
    new Programs({ inherited: settings.inherited, settings: DEFAULT_STDIO_SETTINGS, logger }),
  );
  const catalogues: Catalogues = opened.use(
    openCatalogues({
      db,
      invalidations,
      servers: liveServers,
      open: openAsGateway,
      record: stores.recordCatalogue,
      clock,
      steadyClock,
      logger,
    }),
  );
  const processes = opened.use(
    new ProcessPool(
      {
        programs,
        register,
        ...poolSettings(settings.stdio),
        clientInfo: CLIENT.clientInfo,
        logger,
        onListChanged: catalogues.changed,
      },
      processFeed(feed),
    ),
  );
  opened.defer(liveServers.onChange((name, now) => processes.retire(name, now)));
  const holds = opened.use(
    openToolHolds({ catalogues, servers: liveServers, keys: liveKeys, open: openAsGateway, steadyClock }),
  );
  const endedSessions = opened.use(createEndedSessions({ db, invalidations }));
  const endpoint = opened.use(
    createMcpEndpoint({
      authenticate: accept.authenticate,
      servers: liveServers,
      keys: liveKeys,
      serverInfo: { name: 'metamcp', version: VERSION },
      unprefixed: settings.unprefixedServer,
      register,
      via,
      agents,
      findHold: holds.find,
      catalogues,
      eras,
      parked,
      openUpstream: ({ server, client, ...rest }) =>
        open(server, { client: { ...CLIENT, ...client }, onListChanged: catalogues.changed, ...rest }),
      endedSessions,
      sessionKey: stores.sessionKey,
      peerUrl: settings.peerUrl,
      localPeers: worker?.peers,
      clock: steadyClock,
      logger,
      tracer,
      limits: { ...DEFAULT_PROXY_LIMITS, maxBodyBytes },
      hostPolicy,
      toProblem: (error, requestId) => toProblem(error, requestId, clock()),
      onCall,
      recognise,
      onRefused: limits.noteRefused,
    }),
  );
  const api = createApi({
    routes: gatewayRoutes({
      stores,
      check,
      accept,
      servers: liveServers,
      limitsLeft: createLimitsLeft(limits.rates, settings.keyLimits),
      calls: { register, clock: steadyClock, onCall, via },
      open,
      openAsGateway,
      holds,
      catalogues,
      processes,
      parked,
      circuits,
      health,
      feed,
      unusableItems,
      clock,
      logger,
      onLogLevel: (level) => worker?.spreadLogLevel(level),
      settings,
    }),
    authenticate: accept.authenticate,
    register,
    clock,
    logger,
    tracer,
    version: VERSION,
    check,
    maxBodyBytes,
    isTls: certificate !== undefined,
    checkHost: createHostCheck(hostPolicy),
    recognise,
    onRefused: limits.noteRefused,
    unserved,
  });

  const held = { register, circuits, processes, parked, usage, invalidations };
  const parts = { ...held, front, certificate, servers: liveServers, check };
  const metrics = counts && opened.use(openGatewayMetrics({ settings, stores, counts, parts }));
  if (metrics !== undefined && worker !== undefined) opened.use(worker.report(metrics));
  const metricsListener =
    metrics && worker === undefined ? opened.use(await serveMetrics(settings, metrics, logger)) : undefined;
  opened.defer(() => drainGateway({ front, programs, holds, register, feed, drainMs: settings.stop.drainMs }));
  // A health check right after the start shall not find a connection that is about to be there. Calls need none.
  await Promise.race([invalidations.attempted, delay(INVALIDATIONS_PATIENCE_MS, undefined, { ref: false })]);
  if (worker === undefined) await listen(front.server, settings, logger);
  else await worker.serve(front.server);
  const address = front.server.address() as AddressInfo | string;
  const closing = opened.move();
  return {
    url: typeof address === 'string' ? address : urlOf(settings.host, address, certificate && 'https'),
    metricsUrl: metricsListener?.url,
    retire({ delayMs, isReplaced = false }) {
      isStopping = !isReplaced;
      return retireFront(front, { delayMs, isReplaced, leave: () => worker?.leave() });
    },
    reread(changed) {
      hostPolicy.change(changed);
      circuits.changeLimits(changed.circuit);
      void certificate?.reread();
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

const CLIENT = { clientInfo: { name: 'metamcp', version: VERSION }, capabilities: {} };
