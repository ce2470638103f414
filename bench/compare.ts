import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad, type LoadResult } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';
import { openSession } from './session.ts';

// node bench/compare.ts TREE TREE [--kinds json-key,sse-token,aggregate-key,session-key,shared-key] [--starts 3] [--rounds 30] [--ms 250]
//   [--env ,METRICS_PORT=0]: a variable for each tree, so that one may be compared with itself
//
// The CPU time per call of the gateways of several working trees, in short turns within one run, beside the Koa floor and beside two
// sockets that pass bytes on. In brackets: the ratio to the Koa floor, and what of it is the operating system's. What else the
// machine does only adds to it, so the lowest tenth of the turns counts. Two starts of one tree may differ by a tenth and more, as
// the compiler happens to see them: each start is a line, and what most of them say is true. A tree is a clone with its `node_modules`.

const { values, positionals: trees } = parseArgs({
  allowPositionals: true,
  options: {
    kinds: { type: 'string', default: 'json-key,json-token,sse-key,sse-token' },
    starts: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '30' },
    ms: { type: 'string', default: '250' },
    callers: { type: 'string', default: '32' },
    env: { type: 'string', default: '' },
  },
});
const callers = Number(values.callers);
/** The compiler has its say by the number of calls, and not by time. */
const WARM_CALLS = 10_000;
/** All that is compared is held to it. */
const CORE = 0;
const COMMAND = [process.execPath, join(import.meta.dirname, 'referenceProgram.ts')];
const PROGRAMS = JSON.stringify({ shared: COMMAND, session: COMMAND });

/** The Koa floor, and two sockets: before the trees. */
const FLOORS = 2;

/** Of one call, in CPU s/1000. */
interface Cost {
  readonly cpu: number;
  /** The part of the operating system. */
  readonly system: number;
}

interface Target {
  readonly process: MeasuredProcess<object>;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | readonly Readonly<Record<string, string>>[];
  readonly tool?: string;
}

await using upstream = await startMeasured<{ url: string }>('./referenceServer.ts');
const env = { UPSTREAM: upstream.ready.url, TOKEN: 'bench', PROGRAMS };

for (const kind of values.kinds.split(',')) {
  console.log(
    `${kind}, ${String(callers)} callers: CPU s/1000 of the Koa floor, of two sockets, and of each tree (ratio to the floor; of the system)`,
  );
  const ratios: number[][] = trees.map(() => []);
  for (let start = 0; start < Number(values.starts); start += 1) {
    const costs = await measureOneStart(kind);
    const floor = costs[0]?.cpu ?? Number.NaN;
    costs.slice(FLOORS).forEach(({ cpu }, at) => ratios[at]?.push(cpu / floor));
    const line = costs.map(
      ({ cpu, system }) => `${cpu.toFixed(4)} (${(cpu / floor).toFixed(3)}; ${(system / floor).toFixed(3)})`,
    );
    console.log(`  ${line.join('   ')}`);
  }
  trees.forEach((tree, at) => console.log(`  ${tree.padEnd(20)} ${median(ratios[at] ?? []).toFixed(3)}`));
}

async function measureOneStart(kind: string): Promise<Cost[]> {
  await using closing = new AsyncDisposableStack();
  const koa = closing.use(await startMeasured<{ url: string }>('./floorKoa.ts', env, CORE));
  const path = kind.startsWith('sse') ? 'sse' : 'json';
  const sockets = closing.use(await startMeasured<{ url: string }>('./floorSockets.ts', env, CORE));
  const headers = { authorization: 'Bearer bench' };
  const targets: Target[] = [koa, sockets].map((process) => ({
    process,
    url: `${process.ready.url}/${path}`,
    headers,
  }));
  for (const [at, tree] of trees.entries()) {
    const home = await mkdtemp(join(tmpdir(), 'metamcp-bench-compare-'));
    closing.defer(() => rm(home, { recursive: true, force: true }));
    await chmod(home, 0o755);
    const module = join(resolve(tree), 'bench/gateway.ts');
    const gateway = closing.use(
      await startMeasured<GatewayReady>(module, { ...env, ...ofTree(at), METAMCP_HOME: home }, CORE),
    );
    targets.push(await targetOf(kind, gateway));
  }
  for (const target of targets) await warmUp(target);
  const costs: Cost[][] = targets.map(() => []);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [at, target] of targets.entries()) costs[at]?.push(await sample(target, Number(values.ms)));
  }
  const lowOf = (samples: Cost[], of: keyof Cost): number =>
    percentile(
      samples.map((cost) => cost[of]).sort((a, b) => a - b),
      0.25,
    );
  return costs.map((samples) => ({ cpu: lowOf(samples, 'cpu'), system: lowOf(samples, 'system') }));
}

/** The variable that one of the trees has. */
function ofTree(at: number): Record<string, string> {
  // A value may have the sign in it.
  const [name = '', ...value] = values.env.split(',')[at]?.split('=') ?? [];
  return name === '' ? {} : { [name]: value.join('=') };
}

async function targetOf(kind: string, gateway: MeasuredProcess<GatewayReady>): Promise<Target> {
  const { url, apiKey, token } = gateway.ready;
  const [name = '', credential] = kind.split('-');
  const authorization = `Bearer ${credential === 'token' ? token : apiKey}`;
  const target = { process: gateway, url: `${url}/mcp/${name}`, headers: { authorization } };
  if (name === 'json' || name === 'sse') return target;
  if (name === 'aggregate') {
    const aggregate = `${url}/mcp`;
    return { ...target, url: aggregate, headers: await sessionsAt(aggregate, authorization), tool: 'json__reference' };
  }
  return { ...target, headers: await sessionsAt(target.url, authorization) };
}

async function sessionsAt(url: string, authorization: string): Promise<Record<string, string>[]> {
  const sessions: Record<string, string>[] = [];
  while (sessions.length < callers) sessions.push(await openSession(url, authorization));
  return sessions;
}

async function warmUp(target: Target): Promise<void> {
  for (let calls = 0; calls < WARM_CALLS; calls += (await load(target, 500)).requests);
}

async function sample(target: Target, durationMs: number): Promise<Cost> {
  const before = await target.process.usage();
  const { requests } = await load(target, durationMs);
  const after = await target.process.usage();
  return {
    cpu: ((after.cpuSeconds - before.cpuSeconds) / requests) * 1_000,
    system: ((after.systemSeconds - before.systemSeconds) / requests) * 1_000,
  };
}

function load({ url, headers, tool }: Target, durationMs: number): Promise<LoadResult> {
  return runLoad({ url, headers, callers, durationMs, ...(tool !== undefined && { tool }) });
}
