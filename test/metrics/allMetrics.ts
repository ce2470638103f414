import { buildInfo } from '../../src/metrics/buildInfo.ts';
import { Counts } from '../../src/metrics/counts.ts';
import { EventLoopDelay } from '../../src/metrics/eventLoop.ts';
import { GarbageCollection } from '../../src/metrics/garbageCollection.ts';
import type { Metric } from '../../src/metrics/metric.ts';
import { ProcessFigures } from '../../src/metrics/processFigures.ts';
import { stateMetrics } from '../../src/metrics/stateMetrics.ts';
import { storeMetrics } from '../../src/metrics/storeMetrics.ts';

/** All metrics of a gateway, of which nobody reads the series: test/metrics/metrics.test.ts holds it to be complete. */
export function allMetrics(): readonly Metric[] {
  using delay = new EventLoopDelay();
  using collection = new GarbageCollection();
  return [
    ...new Counts().metrics(() => undefined),
    ...stateMetrics({} as Parameters<typeof stateMetrics>[0]),
    ...storeMetrics({ findings: {} }),
    ...delay.metrics,
    ...collection.metrics,
    ...new ProcessFigures().metrics,
    buildInfo({ version: '1', databaseUrl: undefined, eventStoreUrl: undefined }),
  ];
}
