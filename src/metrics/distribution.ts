/** The bounds of times that people wait for, in seconds. */
export const LONG_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60] as const;

/** The bounds of times that pass within a process, in seconds. */
export const SHORT_SECONDS = [
  0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1,
] as const;

/** A distribution as it is read. */
export interface DistributionFigures {
  readonly bounds: readonly number[];
  /** Of each bucket by itself, the last one for what is beyond the bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** How often a value was how large: fixed arrays, so that to count one allocates nothing. */
export class Distribution implements DistributionFigures {
  /** The upper bounds of the buckets, inclusive; one more bucket is for larger values. */
  readonly bounds: readonly number[];
  /** Of each bucket by itself. */
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at += 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}
