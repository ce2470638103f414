import { systemClock } from './clock.ts';
import type { LiveServers } from './live/liveServer.ts';
import { buildInfo } from './metrics/buildInfo.ts';
import type { Counts } from './metrics/counts.ts';
import { EventLoopDelay } from './metrics/eventLoop.ts';
import { GarbageCollection } from './metrics/garbageCollection.ts';
import type { Metric } from './metrics/metric.ts';
import { ProcessFigures } from './metrics/processFigures.ts';
import { stateMetrics, type StateSources } from './metrics/stateMetrics.ts';
import { storeMetrics } from './metrics/storeMetrics.ts';
import { StoreSample, type StoreSources } from './metrics/storeSample.ts';
import { readProjectionLag } from './projections/projectionLag.ts';
import { countExpiringKeys } from './projections/tables/expiringKeys.ts';
import type { Settings } from './settings/settings.ts';
import type { Stores } from './stores/stores.ts';
import { VERSION } from './version.ts';

export interface GatewayMetricsOptions {
  readonly settings: Settings;
  readonly stores: Pick<Stores, 'db' | 'events' | 'projections'>;
  readonly counts: Counts;
  readonly parts: Omit<StateSources, 'registered' | 'db'> & {
    readonly servers: Pick<LiveServers, 'names' | 'onChange'>;
    readonly check: StoreSources['check'];
  };
}

/** All metrics of a gateway. Disposing of them ends what measures. */
export interface GatewayMetrics extends Disposable {
  readonly metrics: readonly Metric[];
  /** As in Exposer. */
  readonly refresh: () => Promise<unknown>;
  /** The servers that are registered; undefined: not known now. */
  readonly servers: () => ReadonlySet<string> | undefined;
}

/** Opens the metrics of a gateway. */
export function openGatewayMetrics({ settings, stores, counts, parts }: GatewayMetricsOptions): GatewayMetrics {
  const { db, events, projections } = stores;
  using opened = new DisposableStack();
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
  const metrics = [
    ...counts.metrics(registered),
    ...stateMetrics({ ...parts, db, registered }),
    ...storeMetrics(sample),
    ...opened.use(new EventLoopDelay()).metrics,
    ...opened.use(new GarbageCollection()).metrics,
    ...figures.metrics,
    buildInfo({ ...settings, version: VERSION }),
  ];
  const closing = opened.move();
  return {
    metrics,
    refresh: () => Promise.all([sample.refresh(), figures.refresh()]),
    servers: registered,
    [Symbol.dispose]: () => closing.dispose(),
  };
}
