import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad, type LoadResult } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';
import { openSession } from './session.ts';
import { SUPERGATEWAY } from './supergatewayPackage.ts';

export interface StdioOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly quick: boolean;
}

interface Target {
  readonly name: string;
  readonly process: MeasuredProcess<object>;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Sample extends LoadResult {
  /** CPU seconds of the process per 1,000 calls, without those of the server. */
  readonly cpu: number;
}

const PROGRAM = join(import.meta.dirname, 'referenceProgram.ts');

/** Each gateway is held to it, with the program that it runs; the load is where the system puts it. */
const CORE = 0;

/**
 * Measures calls of a server on stdio: beside the same server over HTTP, which is on the byte lane, and beside supergateway with the
 * same program; in turns within one run, one session each.
 */
export async function measureStdio({ env, quick }: StdioOptions): Promise<void> {
  console.log(
    '\nA server on stdio, 32 callers in one session; each gateway has one core, with the program that it runs',
  );
  await using gateway = await startMeasured<GatewayReady>(
    './gateway.ts',
    { ...env, PROGRAMS: JSON.stringify({ program: PROGRAM }) },
    CORE,
  );
  const { url, apiKey } = gateway.ready;
  const open = async (name: string, server: string): Promise<Target> => {
    const authorization = `Bearer ${apiKey}`;
    const place = `${url}/mcp/${server}`;
    const headers = { authorization, ...(await openSession(place, authorization)) };
    return { name, process: gateway, url: place, headers };
  };
  const stdio = await open('gateway, stdio', 'program');
  const bytes = await open('gateway, HTTP', 'json');
  await using other = await openSupergateway();
  const targets = [stdio, bytes, ...(other === undefined ? [] : [other.target])];

  const samples = new Map<Target, Sample[]>(targets.map((target) => [target, []]));
  const durationMs = quick ? 500 : 2_000;
  for (const target of targets) await sample(target, durationMs);
  for (let round = 0; round < (quick ? 2 : 7); round += 1) {
    for (const target of targets) samples.get(target)?.push(await sample(target, durationMs));
  }
  const of = (target: Target) => samples.get(target) ?? [];
  const rate = ({ requests, seconds }: LoadResult) => requests / seconds;
  for (const target of targets) {
    const middle = (value: (sample: Sample) => number) => median(of(target).map(value));
    console.log(
      `  ${target.name.padEnd(20)} ${middle(rate).toFixed(0).padStart(7)} calls/s` +
        `   p50 ${middle(({ latencies }) => percentile(latencies, 0.5)).toFixed(2)} ms` +
        `   p99 ${middle(({ latencies }) => percentile(latencies, 0.99)).toFixed(2)} ms` +
        `   ${middle(({ cpu }) => cpu).toFixed(3)} CPU s/1000`,
    );
  }
  const ratio = (target: Target, value: (sample: Sample) => number) =>
    median(of(stdio).map((sample, round) => value(sample) / value(of(target)[round] ?? sample))).toFixed(2);
  console.log(`  CPU per call, by that of the byte lane: ${ratio(bytes, ({ cpu }) => cpu)}`);
  if (other !== undefined) console.log(`  calls per second, by those of supergateway: ${ratio(other.target, rate)}`);
}

async function openSupergateway(): Promise<({ readonly target: Target } & AsyncDisposable) | undefined> {
  if (!existsSync(SUPERGATEWAY)) {
    console.log('  without supergateway: `npm ci --prefix test/realPrograms` installs it');
    return undefined;
  }
  const command = `${process.execPath} ${PROGRAM}`;
  const started = await startMeasured<{ url: string }>('./supergateway.ts', { STDIO: command }, CORE);
  const { url } = started.ready;
  const target = { name: 'supergateway', process: started, url, headers: await openSession(url) };
  return { target, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

async function sample({ process, url, headers }: Target, durationMs: number): Promise<Sample> {
  const before = await process.usage();
  const result = await runLoad({ url, headers, callers: 32, durationMs });
  const after = await process.usage();
  return { ...result, cpu: ((after.cpuSeconds - before.cpuSeconds) / result.requests) * 1_000 };
}
