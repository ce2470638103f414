import { Pool } from 'undici';

export interface Load {
  readonly url: string;
  /** Those of all callers, or of each one. */
  readonly headers: Readonly<Record<string, string>> | readonly Readonly<Record<string, string>>[];
  readonly callers: number;
  readonly durationMs: number;
  /** (Default: reference) */
  readonly tool?: string;
  /** `_meta` of each request. (Default: none) */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** (Default: a connection of HTTP/1.1 for each caller) */
  readonly pool?: Pool.Options;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Each call's time in milliseconds, sorted. */
  readonly latencies: readonly number[];
}

/** Calls one tool over and over from `callers` callers, each waiting for its answer before it calls again. */
export async function runLoad({
  url,
  headers,
  callers,
  durationMs,
  tool = 'reference',
  meta,
  pool: options = {},
}: Load): Promise<LoadResult> {
  const { origin, pathname } = new URL(url);
  await using pool = disposable(new Pool(origin, { connections: callers, pipelining: 1, ...options }));
  const latencies: number[] = [];
  const params = { name: tool, arguments: { a: 1 }, ...(meta && { _meta: meta }) };
  const began = performance.now();
  const until = began + durationMs;
  const caller = async (id: number) => {
    // Callers may share a session, within which an id stands for one request.
    const own = Array.isArray(headers) ? headers[id - 1] : headers;
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }));
    while (performance.now() < until) {
      const start = performance.now();
      const answer = await pool.request({
        path: pathname,
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...own },
        body,
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200 || !text.includes('"result"'))
        throw new Error(`answer ${answer.statusCode}: ${text}`);
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, at) => caller(at + 1)));
  const seconds = (performance.now() - began) / 1_000;
  return { requests: latencies.length, seconds, latencies: latencies.sort((a, b) => a - b) };
}

/** The value below which the given share of the sorted values lies. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

function disposable(pool: Pool): Pool & AsyncDisposable {
  return Object.assign(pool, { [Symbol.asyncDispose]: () => pool.destroy() });
}
