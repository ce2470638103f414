import { systemClock } from '../src/clock.ts';
import { createCounters } from '../src/usage/counters.ts';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';

const CALLERS = 32;
const COUNTED = 2_000_000;

/** Measures what a call pays for being counted: the counter alone, and a gateway with and without, interleaved. */
export async function measureUsage(options: { env: Record<string, string>; quick: boolean }): Promise<void> {
  const { env, quick } = options;
  console.log('\nUsage');
  console.log(`  counting a call             ${(countMs() * 1_000).toFixed(0)} ns CPU`);
  await using on = await startMeasured<GatewayReady>('./gateway.ts', env);
  await using off = await startMeasured<GatewayReady>('./gateway.ts', { ...env, USAGE_RETENTION_DAYS: '0' });
  const durationMs = quick ? 500 : 1_000;
  const samples: { on: Sample; off: Sample }[] = [];
  for (const gateway of [on, off]) await sample(gateway, durationMs * 3);
  for (let round = 0; round < (quick ? 2 : 20); round += 1) {
    // In turns first and second, so that neither has the better half of each round.
    const first = await sample(round % 2 === 0 ? off : on, durationMs);
    const second = await sample(round % 2 === 0 ? on : off, durationMs);
    samples.push(round % 2 === 0 ? { off: first, on: second } : { off: second, on: first });
  }
  for (const which of ['off', 'on'] as const) {
    const of = (value: (sample: Sample) => number) => median(samples.map((each) => value(each[which])));
    console.log(
      `  ${`with usage ${which}, ${CALLERS} callers`.padEnd(28)}` +
        `${of((s) => s.perSecond).toFixed(0)} calls/s, p99 ${of((s) => s.p99).toFixed(2)} ms, ` +
        `${of((s) => s.cpu).toFixed(3)} CPU s per 1,000`,
    );
  }
  console.log(`  CPU per call, on : off      ${median(samples.map((s) => s.on.cpu / s.off.cpu)).toFixed(3)}`);
}

interface Sample {
  readonly perSecond: number;
  readonly p99: number;
  /** CPU seconds per 1,000 calls. */
  readonly cpu: number;
}

async function sample(gateway: MeasuredProcess<GatewayReady>, durationMs: number): Promise<Sample> {
  const { url, token } = gateway.ready;
  const before = await gateway.usage();
  const headers = { authorization: `Bearer ${token}` };
  const { requests, seconds, latencies } = await runLoad({
    url: `${url}/mcp/json`,
    headers,
    callers: CALLERS,
    durationMs,
  });
  const after = await gateway.usage();
  return {
    perSecond: requests / seconds,
    p99: percentile(latencies, 0.99),
    cpu: ((after.cpuSeconds - before.cpuSeconds) / requests) * 1_000,
  };
}

/** CPU milliseconds × 1,000 per call counted, over 100 keys with 10 tools each. */
function countMs(): number {
  const counters = createCounters({ clock: systemClock });
  const calls = Array.from({ length: 1_000 }, (_, n) => ({
    requestId: undefined,
    protocol: undefined,
    keyName: 'laptop',
    keyId: `0190a1b2-0000-7000-8000-${String(n % 100).padStart(12, '0')}`,
    server: 'json',
    method: 'tools/call',
    tool: `tool-${Math.floor(n / 100)}`,
    era: 'modern' as const,
    ownMs: 0.05,
    standing: false,
    answeredHere: false,
    outcome: 'ok',
    status: 200,
    durationMs: n % 50,
    bytesIn: 100,
    bytesOut: 300,
  }));
  const count = (times: number): void => {
    for (let n = 0; n < times; n += 1) counters.count(calls[n % calls.length]!);
  };
  count(COUNTED);
  const before = process.cpuUsage();
  count(COUNTED);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / COUNTED;
}
