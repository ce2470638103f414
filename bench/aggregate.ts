import { Pool } from 'undici';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';
import { openSession } from './session.ts';

export interface AggregateOptions {
  readonly gateway: MeasuredProcess<GatewayReady>;
  /** The reference server. */
  readonly upstream: string;
  readonly env: Readonly<Record<string, string>>;
  readonly quick: boolean;
}

const SERVERS = 60;

/**
 * Measures what the aggregate costs: a call of a tool through `/mcp`, beside the same call through `/mcp/<server>`, in turns
 * within one run; and a list of many servers' tools.
 */
export async function measureAggregate({ gateway, upstream, env, quick }: AggregateOptions): Promise<void> {
  console.log('\nThe aggregate: CPU of the gateway per call of a tool at /mcp, by that at /mcp/<server>, 32 callers');
  for (const kind of ['json', 'sse'] as const) {
    const ratios: number[] = [];
    const cpus: number[] = [];
    for (let round = 0; round < (quick ? 2 : 7); round += 1) {
      const alone = await costOf(gateway, `/mcp/${kind}`, 'reference', quick);
      const together = await costOf(gateway, '/mcp', `${kind}__reference`, quick);
      cpus.push(together);
      ratios.push(together / alone);
    }
    console.log(`  ${kind.padEnd(6)} ratio ${median(ratios).toFixed(2)}   ${median(cpus).toFixed(3)} CPU s/1000`);
  }
  const servers = Object.fromEntries(
    Array.from({ length: SERVERS }, (_, at) => [`server-${String(at)}`, `${upstream}/json?server=${String(at)}`]),
  );
  await using many = await startMeasured<GatewayReady>('./gateway.ts', { ...env, SERVERS: JSON.stringify(servers) });
  const times = quick ? 50 : 500;
  await listOften(many.ready, 50);
  const before = await many.usage();
  const { count, bytes, latencies } = await listOften(many.ready, times);
  const cpuMs = (((await many.usage()).cpuSeconds - before.cpuSeconds) / times) * 1_000;
  console.log(
    `\nA list of ${String(SERVERS)} servers: ${String(count)} tools, ${(bytes / 1024).toFixed(0)} KiB, ` +
      `${cpuMs.toFixed(2)} ms CPU, p50 ${percentile(latencies, 0.5).toFixed(2)} ms, p99 ${percentile(latencies, 0.99).toFixed(2)} ms`,
  );
}

/** CPU seconds of the gateway for 1,000 calls. */
async function costOf(
  { ready: { url, apiKey }, usage }: MeasuredProcess<GatewayReady>,
  path: string,
  tool: string,
  quick: boolean,
): Promise<number> {
  const headers = await openSession(url + path, `Bearer ${apiKey}`);
  const load = { url: url + path, headers, callers: 32, tool };
  await runLoad({ ...load, durationMs: 200 });
  const before = await usage();
  const { requests } = await runLoad({ ...load, durationMs: quick ? 500 : 2_000 });
  return (((await usage()).cpuSeconds - before.cpuSeconds) / requests) * 1_000;
}

async function listOften({ url, apiKey }: GatewayReady, times: number) {
  const headers = await openSession(`${url}/mcp`, `Bearer ${apiKey}`);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const pool = new Pool(url, { connections: 1, pipelining: 1 });
  const latencies: number[] = [];
  let text = '';
  try {
    // The first ones read the lists of the servers.
    for (let n = -5; n < times; n += 1) {
      const start = performance.now();
      text = await (await pool.request({ path: '/mcp', method: 'POST', headers, body })).body.text();
      if (n >= 0) latencies.push(performance.now() - start);
    }
  } finally {
    await pool.destroy();
  }
  const { result } = JSON.parse(text) as { result: { tools: unknown[] } };
  return { count: result.tools.length, bytes: Buffer.byteLength(text), latencies: latencies.sort((a, b) => a - b) };
}
