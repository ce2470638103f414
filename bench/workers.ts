import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { GatewayReady } from './gateway.ts';
import { percentile, runLoad } from './load.ts';
import type { MeasuredProcess } from './measuredProcess.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** As `getconf CLK_TCK` has it on Linux: units of the CPU times in /proc (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

export interface WorkersOptions {
  /** One that has registered the server `json` and made a key, on the same state folder. */
  readonly gateway: MeasuredProcess<GatewayReady>;
  readonly home: string;
  readonly quick: boolean;
}

/**
 * Measures one process beside several workers. Load, server and gateway share the cores, so the calls per second of all say less
 * than the CPU per call: where that stays the same, cores that are free add calls in proportion.
 */
export async function measureWorkers({ gateway, home, quick }: WorkersOptions): Promise<void> {
  console.log('\nWorkers: 32 callers, 200 bytes, CPU of all processes of the gateway');
  const { apiKey } = gateway.ready;
  for (const count of [1, 2]) {
    await using started = await startMain(home, count);
    const load = { url: `${started.url}/mcp/json`, headers: { authorization: `Bearer ${apiKey}` }, callers: 32 };
    await runLoad({ ...load, durationMs: quick ? 500 : 5_000 });
    const before = cpuOf(started.pid);
    const { requests, seconds, latencies } = await runLoad({ ...load, durationMs: quick ? 1_000 : 15_000 });
    const after = cpuOf(started.pid);
    const perCall = (((after.all - before.all) / requests) * 1_000).toFixed(3);
    const supervisor = (((after.own - before.own) / requests) * 1_000).toFixed(3);
    const rest = count === 1 ? '' : `, of which the supervisor ${supervisor}`;
    console.log(
      `  ${`${count} ${count === 1 ? 'process' : 'workers'}`.padEnd(12)}${(requests / seconds).toFixed(0).padStart(6)} calls/s, ` +
        `${perCall} ms CPU per call${rest}, p50 ${percentile(latencies, 0.5).toFixed(2)} ms, p99 ${percentile(latencies, 0.99).toFixed(2)} ms`,
    );
  }
}

async function startMain(home: string, workers: number) {
  const child = spawn(process.execPath, [MAIN, '--workers', String(workers)], {
    env: { PATH: process.env['PATH'], METAMCP_HOME: home, SERVER_PORT: '0', LOG_CALLS: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stderr })) {
    url = /"url":"([^"]+)".*"msg":"MetaMCP is ready"/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  if (url === undefined || child.pid === undefined) throw new Error('the gateway has not started');
  await delay(1_000);
  return {
    url,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** CPU time of a process, and of it with the workers that it has started, in seconds. */
function cpuOf(pid: number): { readonly own: number; readonly all: number } {
  const own = secondsOf(pid).cpu;
  const workers = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => secondsOf(Number(entry)))
    .filter(({ parent, name }) => parent === pid && name.startsWith('node'));
  return { own, all: own + workers.reduce((sum, { cpu }) => sum + cpu, 0) };
}

function secondsOf(pid: number): { readonly parent: number; readonly name: string; readonly cpu: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    // After the name, which may hold spaces: state is field 3, the parent 4, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), name, cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
  } catch {
    // It has ended meanwhile.
    return { parent: 0, name: '', cpu: 0 };
  }
}
