import type { DistributionFigures } from './distribution.ts';

/** A figure with a name of its own, and its series: one for each combination of values of its labels. */
export interface Metric {
  /** Ends in `_total` where it is a counter, and else in its unit where it has one: `_seconds`, `_bytes`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** A sentence. */
  readonly help: string;
  /** The names of its labels. */
  readonly labels: readonly string[];
  /** Gives its series as they are now. It changes nothing. */
  series(): Iterable<Series>;
}

export interface Series {
  /** In the order of the metric's labels. */
  readonly values: readonly string[];
  readonly value: number | DistributionFigures;
}

/** Gives the only series of a metric without labels; undefined: it is not known now. */
export function alone(value: number | DistributionFigures | undefined): readonly Series[] {
  return value === undefined ? [] : [{ values: [], value }];
}

/** Gives the series of a metric with one label. */
export function* byLabel(entries: Iterable<readonly [string, number | DistributionFigures]>): Generator<Series> {
  for (const [label, value] of entries) yield { values: [label], value };
}
