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
  /** Of each caller: each has a session, as each client has. */
  readonly headers: readonly Readonly<Record<string, string>>[];
}

interface Sample extends LoadResult {
  /** CPU seconds of the process per 1,000 calls, without those of the server. */
  readonly cpu: number;
}

const CALLERS = 32;

const COMMAND = [process.execPath, join(import.meta.dirname, 'referenceProgram.ts')];
const PROGRAMS = JSON.stringify({ shared: COMMAND, session: COMMAND });

/** Each gateway is held to it, with the program that it runs; the load is where the system puts it. */
const CORE = 0;

/**
 * Measures calls of a server on stdio: beside the same server over HTTP, which is on the byte lane, and beside supergateway with the
 * same program; in turns within one run.
 */
export async function measureStdio({ env, quick }: StdioOptions): Promise<void> {
  console.log(`\nA server on stdio: ${String(CALLERS)} callers with a session each`);
  console.log('Each gateway has one core, with the programs that it runs; CPU is that of the gateway alone.');
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', { ...env, PROGRAMS }, CORE);
  const { url, apiKey } = gateway.ready;
  const open = async (name: string, server: string): Promise<Target> => {
    const authorization = `Bearer ${apiKey}`;
    const place = `${url}/mcp/${server}`;
    return { name, process: gateway, url: place, headers: await openSessions(place, authorization) };
  };
  const shared = await open('gateway, one process shared', 'shared');
  const session = await open('gateway, a process each', 'session');
  const bytes = await open('gateway, HTTP: byte lane', 'json');
  await using other = await openSupergateway();
  const targets = [shared, session, bytes, ...(other === undefined ? [] : [other.target])];

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
      `  ${target.name.padEnd(30)} ${middle(rate).toFixed(0).padStart(7)} calls/s` +
        `   p50 ${middle(({ latencies }) => percentile(latencies, 0.5)).toFixed(2)} ms` +
        `   p99 ${middle(({ latencies }) => percentile(latencies, 0.99)).toFixed(2)} ms` +
        `   ${middle(({ cpu }) => cpu).toFixed(3)} CPU s/1000`,
    );
  }
  for (const target of [shared, session]) {
    const ratio = (beside: Target, value: (sample: Sample) => number) =>
      median(of(target).map((sample, round) => value(sample) / value(of(beside)[round] ?? sample))).toFixed(2);
    const cpu = `CPU per call by that of the byte lane ${ratio(bytes, (sample) => sample.cpu)}`;
    const rates = other === undefined ? '' : `, calls per second by those of supergateway ${ratio(other.target, rate)}`;
    console.log(`  ${target.name}: ${cpu}${rates}`);
  }
}

async function openSessions(url: string, authorization?: string): Promise<Record<string, string>[]> {
  const sessions: Record<string, string>[] = [];
  while (sessions.length < CALLERS) sessions.push(await openSession(url, authorization));
  return sessions;
}

async function openSupergateway(): Promise<({ readonly target: Target } & AsyncDisposable) | undefined> {
  if (!existsSync(SUPERGATEWAY)) {
    console.log('  without supergateway: `npm ci --prefix test/realPrograms` installs it');
    return undefined;
  }
  const started = await startMeasured<{ url: string }>('./supergateway.ts', { STDIO: COMMAND.join(' ') }, CORE);
  const { url } = started.ready;
  const target = { name: 'supergateway, a process each', process: started, url, headers: await openSessions(url) };
  return { target, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

async function sample({ process, url, headers }: Target, durationMs: number): Promise<Sample> {
  const before = await process.usage();
  const result = await runLoad({ url, headers, callers: CALLERS, durationMs });
  const after = await process.usage();
  return { ...result, cpu: ((after.cpuSeconds - before.cpuSeconds) / result.requests) * 1_000 };
}
