import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { GatewayReady } from './gateway.ts';
import { percentile, runLoad } from './load.ts';
import type { MeasuredProcess } from './measuredProcess.ts';
import { measureRevocation } from './revocation.ts';
import { freePort } from '../test/support/freePort.ts';

/** Debian keeps nginx where only root looks. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin`;
const MAIN = fileURLToPath(new URL('../bin/metamcp.cjs', import.meta.url));

/** As `getconf CLK_TCK` has it on Linux: units of the CPU times in /proc (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

export interface WorkersOptions {
  /** One that has registered the server `json` and made a key, on the same state folder. */
  readonly gateway: MeasuredProcess<GatewayReady>;
  readonly home: string;
  readonly quick: boolean;
}

/**
 * Measures one process beside several workers, and beside as many processes behind nginx. Load, server and gateway share the cores, so
 * the calls per second of all say less than the CPU per call: where that stays the same, cores that are free add calls in proportion.
 */
export async function measureWorkers({ gateway, home, quick }: WorkersOptions): Promise<void> {
  console.log('\nWorkers: 32 callers, 200 bytes, CPU of all processes of the gateway, and of nginx');
  const { apiKey } = gateway.ready;
  const times = quick ? 10 : 50;
  for (const count of [1, 2]) {
    await using started = await startMain(home, count);
    await measureCalls(count === 1 ? '1 process' : `${count} workers`, [started], { apiKey, quick });
    await measureRevocation(started.url, home, times);
  }
  if (spawnSync('nginx', ['-v'], { env: { PATH } }).error !== undefined) {
    console.log('  no nginx is installed');
    return;
  }
  await using first = await startMain(home, 1);
  await using second = await startMain(home, 1);
  await using nginx = await startNginx([first.url, second.url]);
  await measureCalls('2 processes', [nginx, first, second], { apiKey, quick });
}

/** What serves calls, and the process whose CPU, and that of its children, counts. */
interface Started {
  readonly url: string;
  readonly pid: number;
}

/** Measures calls at the first of them, with the CPU of all. */
async function measureCalls(
  name: string,
  started: readonly [Started, ...Started[]],
  { apiKey, quick }: { readonly apiKey: string; readonly quick: boolean },
): Promise<void> {
  const [entry] = started;
  const cpu = () => {
    const each = started.map(({ pid }) => cpuOf(pid));
    return { entry: each[0]?.own ?? 0, first: each[0]?.all ?? 0, all: each.reduce((sum, { all }) => sum + all, 0) };
  };
  const load = { url: `${entry.url}/mcp/json`, headers: { authorization: `Bearer ${apiKey}` }, callers: 32 };
  await runLoad({ ...load, durationMs: quick ? 2_000 : 5_000 });
  const before = cpu();
  const { requests, seconds, latencies } = await runLoad({ ...load, durationMs: quick ? 4_000 : 15_000 });
  const after = cpu();
  const perCall = (spent: number): string => ((spent / requests) * 1_000).toFixed(3);
  const front = started.length > 1 ? `nginx ${perCall(after.first - before.first)}` : '';
  const supervisor = name.includes('workers') ? `the supervisor ${perCall(after.entry - before.entry)}` : '';
  const rest = `${front}${supervisor}`;
  console.log(
    `  ${name.padEnd(12)}${(requests / seconds).toFixed(0).padStart(6)} calls/s, ` +
      `${perCall(after.all - before.all)} ms CPU per call${rest === '' ? '' : `, of which ${rest}`}, ` +
      `p50 ${percentile(latencies, 0.5).toFixed(2)} ms, p99 ${percentile(latencies, 0.99).toFixed(2)} ms`,
  );
}

/** Starts nginx in front of gateways, with connections that are kept on both sides. */
async function startNginx(urls: readonly string[]): Promise<Started & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'metamcp-bench-nginx-'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  );
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes auto; pid ${folder}/pid; error_log ${folder}/errors; events {}
     http { access_log off; ${temporary.join(' ')}
       upstream gateways { keepalive 64; ${urls.map((url) => `server ${new URL(url).host};`).join(' ')} }
       server { listen 127.0.0.1:${port}; keepalive_requests 1000000;
         location / { proxy_pass http://gateways; proxy_http_version 1.1; proxy_set_header Connection ''; proxy_set_header Host $host; } } }`,
  );
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'errors')], {
    env: { PATH },
    stdio: 'inherit',
  });
  const exited = once(child, 'exit');
  if (child.pid === undefined) throw new Error('nginx has not started');
  await delay(1_000);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
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

/** CPU time of a process, and of it with the workers or the nginx that it has started, in seconds. */
function cpuOf(pid: number): { readonly own: number; readonly all: number } {
  const own = secondsOf(pid).cpu;
  const workers = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => secondsOf(Number(entry)))
    .filter(({ parent, name }) => parent === pid && name !== 'postgres');
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
