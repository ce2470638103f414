import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Pool } from 'undici';
import { z } from 'zod';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad } from './load.ts';
import { startMeasured } from './measuredProcess.ts';

const CLI = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const LIMIT_PER_SECOND = 100;
/** Of the limited key, at both gateways together, per second. */
const OFFERED = 1_000;
const TICK_MS = 10;

/**
 * Measures two gateways on one database: what passes of a key that is offered ten times its limit, what another key's calls take meanwhile, and
 * what calls pay for limits.
 */
export async function measureLimits({ env, quick }: { env: Record<string, string>; quick: boolean }): Promise<void> {
  console.log(`\nLimits: requests=${LIMIT_PER_SECOND}/s on two gateways, ${OFFERED}/s offered`);
  await using one = await startMeasured<GatewayReady>('./gateway.ts', env);
  await using other = await startMeasured<GatewayReady>('./gateway.ts', env);
  const create = async (...options: string[]): Promise<string> => {
    const args = [CLI, '--json', 'keys', 'create', '--name', 'limited', ...options];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { PATH: process.env['PATH'], METAMCP_HOME: env['METAMCP_HOME'] },
    });
    return z.object({ api_key: z.string() }).parse(JSON.parse(stdout)).api_key;
  };
  const limited = await create('--limit', `requests=${LIMIT_PER_SECOND}/s`);
  const wide = await create('--limit', 'requests=1000000/s', '--limit', 'tool:*=1000000/s');
  const seconds = quick ? 5 : 20;
  const calmly = await probe(one.ready, seconds * 1_000);
  const passed = [one.ready, other.ready].map(({ url }) => offer(url, limited, seconds + 3));
  // The bucket is full at first, and the gateways get to know of each other.
  await delay(3_000);
  const meanwhile = await probe(one.ready, seconds * 1_000);
  const bySecond = await Promise.all(passed);
  const sums = Array.from({ length: seconds - 1 }, (_, at) =>
    bySecond.reduce((sum, each) => sum + (each[at + 3] ?? 0), 0),
  );
  const mean = sums.reduce((sum, each) => sum + each, 0) / sums.length;
  console.log(`  passed per second           ${mean.toFixed(1)} (${Math.min(...sums)} to ${Math.max(...sums)})`);
  for (const [what, times] of [['alone', calmly] as const, ['meanwhile', meanwhile] as const]) {
    console.log(
      `  ${`another key, ${what}`.padEnd(28)}p50 ${percentile(times, 0.5).toFixed(2)}, p99 ${percentile(times, 0.99).toFixed(2)} ms`,
    );
  }
  const ratios: number[] = [];
  const cpuOf = async (key: string): Promise<number> => {
    const before = await one.usage();
    const headers = { authorization: `Bearer ${key}` };
    const { requests } = await runLoad({
      url: `${one.ready.url}/mcp/json`,
      headers,
      callers: 32,
      durationMs: quick ? 500 : 1_000,
    });
    return ((await one.usage()).cpuSeconds - before.cpuSeconds) / requests;
  };
  await cpuOf(wide);
  for (let round = 0; round < (quick ? 4 : 20); round += 1) {
    const [first, second] = round % 2 === 0 ? [one.ready.apiKey, wide] : [wide, one.ready.apiKey];
    const [a, b] = [await cpuOf(first), await cpuOf(second)];
    ratios.push(round % 2 === 0 ? b / a : a / b);
  }
  console.log(`  CPU per call, with two limits : without  ${median(ratios).toFixed(3)}`);
}

/** Offers half of the load to one gateway. @returns what passed, by second */
async function offer(url: string, apiKey: string, seconds: number): Promise<number[]> {
  const pool = new Pool(url, { connections: 64, pipelining: 1 });
  const passed: number[] = [];
  const began = performance.now();
  const underWay: Promise<void>[] = [];
  const call = async (): Promise<void> => {
    const { statusCode, body } = await pool.request(requestOf(apiKey));
    await body.dump();
    const second = Math.floor((performance.now() - began) / 1_000);
    if (statusCode === 200) passed[second] = (passed[second] ?? 0) + 1;
    else if (statusCode !== 429) throw new Error(`answer ${statusCode}`);
  };
  for (let sent = 0; performance.now() - began < seconds * 1_000;) {
    const due = ((performance.now() - began) / 1_000) * (OFFERED / 2);
    for (; sent < due; sent += 1) underWay.push(call());
    await delay(TICK_MS);
  }
  await Promise.all(underWay);
  await pool.destroy();
  return passed;
}

/** Calls with another key, one call after another, every 10 ms. @returns each call's time in milliseconds, sorted */
async function probe({ url, apiKeys: [apiKey = ''] }: GatewayReady, durationMs: number): Promise<number[]> {
  const pool = new Pool(url, { connections: 1, pipelining: 1 });
  const times: number[] = [];
  for (const began = performance.now(); performance.now() - began < durationMs;) {
    const start = performance.now();
    const { body } = await pool.request(requestOf(apiKey));
    await body.dump();
    times.push(performance.now() - start);
    await delay(TICK_MS);
  }
  await pool.destroy();
  return times.sort((a, b) => a - b);
}

function requestOf(apiKey: string) {
  return {
    path: '/mcp/json',
    method: 'POST' as const,
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"reference","arguments":{"a":1}}}',
  };
}
