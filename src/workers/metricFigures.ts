import type { DistributionFigures } from '../metrics/distribution.ts';
import type { Metric } from '../metrics/metric.ts';

/** The series of a metric as they were at one time, so that they can be sent. */
export interface MetricFigures extends Omit<Metric, 'series'> {
  readonly series: readonly (readonly [values: readonly string[], value: number | DistributionFigures])[];
}

/** Reads the series of metrics as they are now. What is no finite number is left out: JSON has none. */
export function figuresOf(metrics: Iterable<Metric>): MetricFigures[] {
  return Array.from(metrics, ({ name, type, help, labels, ...metric }) => ({
    name,
    type,
    help,
    labels,
    series: Array.from(metric.series(), ({ values, value }) => [values, plain(value)] as const).filter(
      ([, value]) => typeof value !== 'number' || Number.isFinite(value),
    ),
  }));
}

function plain(value: number | DistributionFigures): number | DistributionFigures {
  return typeof value === 'number' ? value : { bounds: value.bounds, counts: [...value.counts], sum: value.sum };
}
