import { Pool } from 'undici';
import type { GatewayReady } from './gateway.ts';
import { percentile } from './load.ts';
import type { MeasuredProcess } from './measuredProcess.ts';

const CALLERS = 16;

/** Measures how many tokens are issued per second for a key that has been verified before, and what one costs. */
export async function measureTokens(gateway: MeasuredProcess<GatewayReady>, durationMs: number): Promise<void> {
  const { url, apiKey } = gateway.ready;
  const pool = new Pool(url, { connections: CALLERS, pipelining: 1 });
  const latencies: number[] = [];
  const body = JSON.stringify({ api_key: apiKey });
  const issue = async () => {
    const began = performance.now();
    const answer = await pool.request({
      path: '/api/v1/auth/token',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`the token endpoint answers ${answer.statusCode}`);
    latencies.push(performance.now() - began);
  };
  await issue();
  latencies.length = 0;

  const before = await gateway.usage();
  const began = performance.now();
  const caller = async () => {
    while (performance.now() - began < durationMs) await issue();
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const seconds = (performance.now() - began) / 1_000;
  const after = await gateway.usage();
  await pool.destroy();

  latencies.sort((a, b) => a - b);
  const cpu = ((after.cpuSeconds - before.cpuSeconds) / latencies.length) * 1_000;
  console.log(`\nTokens (POST /api/v1/auth/token, ${CALLERS} callers)`);
  console.log(
    `  ${(latencies.length / seconds).toFixed(0)} per second, p50 ${percentile(latencies, 0.5).toFixed(2)} ms, ` +
      `p99 ${percentile(latencies, 0.99).toFixed(2)} ms, ${cpu.toFixed(3)} CPU s per 1,000`,
  );
}
