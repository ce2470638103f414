import type { GatewayReady } from './gateway.ts';
import { percentile, runLoad } from './load.ts';
import { startMeasured } from './measuredProcess.ts';

const CALLERS = 32;

/** One stretch of the run. */
interface Stretch {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU seconds per 1,000 calls. */
  readonly cpu: number;
  readonly rssMb: number;
}

/**
 * Measures a gateway that is used without a pause, stretch by stretch, without a garbage collection of ours: what survives
 * each call shows as memory that grows and as a p99 that rises with the pauses that V8 then needs. The Koa floor runs
 * beside it, in turns, so that a machine that has grown slower is not taken for it.
 */
export async function measureEndurance(options: { env: Record<string, string>; quick: boolean }): Promise<void> {
  const { env, quick } = options;
  const [stretches, durationMs] = quick ? [4, 500] : [14, 5_000];
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', env);
  await using koa = await startMeasured<{ url: string }>('./floorKoa.ts', env);
  console.log(`\nA gateway in use, ${CALLERS} callers, JSON, in stretches of ${durationMs / 1_000} s`);
  console.log(
    '  stretch   calls/s   p50 ms   p99 ms   RSS MB   CPU s/1000   CPU ratio to koa   koa p99 ms   koa RSS MB',
  );
  const seen: { gateway: Stretch; koa: Stretch }[] = [];
  for (let n = 1; n <= stretches; n += 1) {
    const of = {
      gateway: await stretch(gateway, `${gateway.ready.url}/mcp/json`, gateway.ready.token, durationMs),
      koa: await stretch(koa, `${koa.ready.url}/json`, 'bench', durationMs / 5),
    };
    seen.push(of);
    const figures = [
      of.gateway.perSecond.toFixed(0).padStart(10),
      of.gateway.p50.toFixed(2).padStart(9),
      of.gateway.p99.toFixed(2).padStart(9),
      of.gateway.rssMb.toFixed(0).padStart(9),
      of.gateway.cpu.toFixed(3).padStart(13),
      (of.gateway.cpu / of.koa.cpu).toFixed(2).padStart(19),
      of.koa.p99.toFixed(2).padStart(13),
      of.koa.rssMb.toFixed(0).padStart(13),
    ];
    console.log(`  ${String(n).padEnd(8)}${figures.join('')}`);
  }
  const [second, last] = [seen[1], seen.at(-1)];
  if (second === undefined || last === undefined) return;
  const times = (value: (stretch: Stretch) => number) => (value(last.gateway) / value(second.gateway)).toFixed(2);
  console.log(
    `  last : second           p99 ${times((s) => s.p99)}, RSS ${times((s) => s.rssMb)}, CPU per call ${times((s) => s.cpu)}`,
  );
}

async function stretch(
  process: { usage(): Promise<{ cpuSeconds: number; rssBytes: number }> },
  url: string,
  token: string,
  durationMs: number,
): Promise<Stretch> {
  const before = await process.usage();
  const headers = { authorization: `Bearer ${token}` };
  const { requests, seconds, latencies } = await runLoad({ url, headers, callers: CALLERS, durationMs });
  const after = await process.usage();
  return {
    perSecond: requests / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpu: ((after.cpuSeconds - before.cpuSeconds) / requests) * 1_000,
    rssMb: after.rssBytes / 1e6,
  };
}
