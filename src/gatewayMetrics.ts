import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { toProblem } from './api/problem.ts';
import { steadyClock, systemClock } from './clock.ts';
import { AppError } from './errors/appError.ts';
import { requestIdOf } from './front/frontResponse.ts';
import { createFront } from './front/front.ts';
import { createHostCheck } from './front/hostCheck.ts';
import { frontLimits } from './front/limits.ts';
import { listen, urlOf } from './listen.ts';
import type { LiveServers } from './live/liveServer.ts';
import type { Logger } from './logging/logger.ts';
import { buildInfo } from './metrics/buildInfo.ts';
import type { Counts } from './metrics/counts.ts';
import { EventLoopDelay } from './metrics/eventLoop.ts';
import { Exposer } from './metrics/exposer.ts';
import { GarbageCollection } from './metrics/garbageCollection.ts';
import { createMetricsEndpoint, METRICS_PATH } from './metrics/metricsEndpoint.ts';
import { ProcessFigures } from './metrics/processFigures.ts';
import { stateMetrics, type StateSources } from './metrics/stateMetrics.ts';
import { storeMetrics } from './metrics/storeMetrics.ts';
import { StoreSample, type StoreSources } from './metrics/storeSample.ts';
import { readProjectionLag } from './projections/projectionLag.ts';
import { countExpiringKeys } from './projections/tables/expiringKeys.ts';
import { createHostPolicy } from './proxy/hostPolicy.ts';
import type { Settings } from './settings/settings.ts';
import type { Stores } from './stores/stores.ts';
import { VERSION } from './version.ts';

/** Connections of scrapers at once: one is enough for each Prometheus. */
const MAX_CONNECTIONS = 64;

export interface GatewayMetricsOptions {
  readonly settings: Settings;
  readonly stores: Pick<Stores, 'db' | 'events' | 'projections'>;
  readonly counts: Counts;
  readonly parts: Omit<StateSources, 'registered' | 'db'> & {
    readonly servers: Pick<LiveServers, 'names' | 'onChange'>;
    readonly check: StoreSources['check'];
  };
  readonly logger: Logger;
}

/** Metrics that are served; disposing of them ends their listener. */
export interface GatewayMetrics extends AsyncDisposable {
  /** Where they are read. */
  readonly url: string;
}

/**
 * Serves the metrics of a gateway, on a listener of their own (docs/adr/0025).
 * @throws Unavailable `port-unavailable`
 */
export async function serveMetrics(options: GatewayMetricsOptions): Promise<GatewayMetrics> {
  const { settings, stores, counts, parts, logger } = options;
  const { db, events, projections } = stores;
  await using opened = new AsyncDisposableStack();
  const sample = new StoreSample({
    check: parts.check,
    readLag: (signal) => readProjectionLag({ projections, store: events, clock: systemClock }, signal),
    countExpiringKeys: () => countExpiringKeys(db, new Date()),
    names: () => parts.servers.names(),
  });
  opened.defer(
    parts.servers.onChange((name, now) => {
      if (now === undefined) counts.calls.forget(name);
    }),
  );
  const registered = (): ReadonlySet<string> | undefined => sample.names;
  const figures = new ProcessFigures();
  const exposer = new Exposer({
    metrics: [
      ...counts.metrics(registered),
      ...stateMetrics({ ...parts, db, registered }),
      ...storeMetrics(sample),
      ...opened.use(new EventLoopDelay()).metrics,
      ...opened.use(new GarbageCollection()).metrics,
      ...figures.metrics,
      buildInfo({ ...settings, version: VERSION }),
    ],
    refresh: () => Promise.all([sample.refresh(), figures.refresh()]),
  });
  const front = opened.use(
    createFront({
      limits: frontLimits({ maxConnections: MAX_CONNECTIONS }),
      clock: steadyClock,
      logger,
      serve: createMetricsEndpoint({
        exposer,
        checkHost: createHostCheck(createHostPolicy(settings)),
        refuse(res, error) {
          const requestId = requestIdOf(res) ?? 'none';
          if (!(error instanceof AppError)) logger.error({ err: error, requestId }, 'a request failed on a bug');
          if (res.headersSent || res.destroyed) {
            res.destroy();
            return;
          }
          const { status, headers, body } = toProblem(error, requestId, systemClock());
          res.writeHead(status, headers).end(JSON.stringify(body));
        },
      }),
    }),
  );
  const { server } = front;
  const { host, port = 0 } = settings.metrics;
  await listen(server, { host, port }, 'METRICS');
  opened.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  const closing = opened.move();
  return {
    url: urlOf(host, server.address() as AddressInfo) + METRICS_PATH,
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}
