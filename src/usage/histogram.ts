/**
 * The upper bounds of the buckets of durations, in milliseconds, inclusive; one more bucket is for longer ones. Steps of 1, 2, 5
 * are fine enough for percentiles, and keep rows small. Never change a bound: rows in the database are counted by them.
 */
export const LATENCY_BOUNDS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000,
] as const;

export const LATENCY_BUCKETS = LATENCY_BOUNDS_MS.length + 1;

/** Finds the bucket of a duration. */
export function latencyBucket(ms: number): number {
  let at = 0;
  while (at < LATENCY_BOUNDS_MS.length && ms > (LATENCY_BOUNDS_MS[at] ?? 0)) at += 1;
  return at;
}

/**
 * Estimates the duration in ms that the given share of calls did not exceed, by a straight line within its bucket;
 * beyond the last bound it is that bound. Undefined when there are none.
 */
export function latencyPercentile(buckets: readonly number[], share: number): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (const [at, count] of buckets.entries()) {
    if (count > 0 && below + count >= rank) {
      const upper = LATENCY_BOUNDS_MS[at];
      if (upper === undefined) break;
      const lower = LATENCY_BOUNDS_MS[at - 1] ?? 0;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return LATENCY_BOUNDS_MS.at(-1);
}
