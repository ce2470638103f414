import type { UsageRow } from './usageQueries.ts';

/** Makes the JSON document of one group of calls. */
export function usageDocument(row: UsageRow) {
  const { keyId, server, method, tool, time, latency, lastUsedAt } = row;
  return {
    ...(keyId !== undefined && { key_id: keyId }),
    ...(server !== undefined && { server }),
    ...(method !== undefined && { method }),
    ...(tool !== undefined && { tool }),
    ...(time !== undefined && { time: time.toISOString() }),
    calls: row.calls,
    failed: row.failed,
    errors: row.errors,
    outcomes: row.outcomes,
    bytes_in: row.bytesIn,
    bytes_out: row.bytesOut,
    ...(latency !== undefined && { latency_ms: { p50: ms(latency.p50), p95: ms(latency.p95), p99: ms(latency.p99) } }),
    ...(lastUsedAt !== undefined && { last_used_at: lastUsedAt.toISOString() }),
  };
}

/** Rounds to 0.1 ms: a percentile of a histogram is an estimate. */
function ms(value: number): number {
  return Math.round(value * 10) / 10;
}
