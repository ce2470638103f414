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
import type { Logger } from './logging/logger.ts';
import { Exposer, type ExposerOptions } from './metrics/exposer.ts';
import { createMetricsEndpoint, METRICS_PATH } from './metrics/metricsEndpoint.ts';
import { createHostPolicy } from './proxy/hostPolicy.ts';
import type { Settings } from './settings/settings.ts';

/** Connections of scrapers at once: one is enough for each Prometheus. */
const MAX_CONNECTIONS = 64;

/** Metrics that are served; disposing of them ends their listener. */
export interface MetricsListener extends AsyncDisposable {
  /** Where they are read. */
  readonly url: string;
}

/**
 * Serves metrics, on a listener of their own (docs/adr/0025).
 * @throws Unavailable `port-unavailable`
 */
export async function serveMetrics(
  settings: Settings,
  exposed: ExposerOptions,
  logger: Logger,
): Promise<MetricsListener> {
  const front = createFront({
    limits: frontLimits({ maxConnections: MAX_CONNECTIONS }),
    clock: steadyClock,
    logger,
    serve: createMetricsEndpoint({
      exposer: new Exposer(exposed),
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
  });
  const { server } = front;
  const { host, port = 0 } = settings.metrics;
  try {
    await listen(server, { host, port }, logger, 'METRICS');
  } catch (error) {
    front[Symbol.dispose]();
    throw error;
  }
  return {
    url: urlOf(host, server.address() as AddressInfo) + METRICS_PATH,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      front[Symbol.dispose]();
    },
  };
}
