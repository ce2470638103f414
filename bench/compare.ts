import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { GatewayReady } from './gateway.ts';
import { median, percentile, runLoad } from './load.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';
import { openSession } from './session.ts';

// node bench/compare.ts TREE TREE [--kinds json-key,sse-token] [--rounds 40] [--ms 400] [--callers 32]
//
// The CPU time per call of the gateways of several working trees, in short turns within one run, beside the Koa floor. What else the
// machine does only adds to it, so the lower quartile is what counts; the median of the pairs shows how far to trust it. A tree is a
// clone with its `node_modules`.

const { values, positionals: trees } = parseArgs({
  allowPositionals: true,
  options: {
    kinds: { type: 'string', default: 'json-key,json-token,sse-key,sse-token' },
    rounds: { type: 'string', default: '40' },
    ms: { type: 'string', default: '400' },
    callers: { type: 'string', default: '32' },
  },
});
const callers = Number(values.callers);
const COMMAND = [process.execPath, join(import.meta.dirname, 'referenceProgram.ts')];
const PROGRAMS = JSON.stringify({ shared: COMMAND, session: COMMAND });

interface Target {
  readonly process: MeasuredProcess<object>;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>> | readonly Readonly<Record<string, string>>[];
  readonly tool?: string;
}

await using closing = new AsyncDisposableStack();
const upstream = closing.use(await startMeasured<{ url: string }>('./referenceServer.ts'));
const env = { UPSTREAM: upstream.ready.url, TOKEN: 'bench', PROGRAMS };
const koa = closing.use(await startMeasured<{ url: string }>('./floorKoa.ts', env));
const gateways: MeasuredProcess<GatewayReady>[] = [];
for (const tree of trees) {
  const home = await mkdtemp(join(tmpdir(), 'metamcp-bench-compare-'));
  closing.defer(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  const module = join(resolve(tree), 'bench/gateway.ts');
  gateways.push(closing.use(await startMeasured<GatewayReady>(module, { ...env, METAMCP_HOME: home })));
}

for (const kind of values.kinds.split(',')) {
  const floorKind = kind.startsWith('sse') ? 'sse' : 'json';
  const floor: Target = {
    process: koa,
    url: `${koa.ready.url}/${floorKind}`,
    headers: { authorization: 'Bearer bench' },
  };
  const targets = [floor, ...(await Promise.all(gateways.map((gateway) => targetOf(kind, gateway))))];
  const cpu: number[][] = targets.map(() => []);
  for (const target of targets) await sample(target, 2_000);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    // Each one follows each other one as often.
    const order = targets.map((_, at) => (at + round) % targets.length);
    for (const at of round % 2 === 0 ? order : order.reverse()) {
      const target = targets[at];
      if (target !== undefined) cpu[at]?.push(await sample(target, Number(values.ms)));
    }
  }
  const quartile = (at: number) =>
    percentile(
      (cpu[at] ?? []).toSorted((a, b) => a - b),
      0.25,
    );
  const beside = (of: number, to: number) => {
    const pairs = (cpu[of] ?? []).map((value, round) => value / (cpu[to]?.[round] ?? Number.NaN));
    return `${(quartile(of) / quartile(to)).toFixed(3)} (pairs ${median(pairs).toFixed(3)})`;
  };
  console.log(`${kind}, ${String(callers)} callers: the Koa floor takes ${quartile(0).toFixed(4)} CPU s/1000`);
  trees.forEach((tree, at) => {
    const first = at === 0 ? '' : `   by the first tree ${beside(at + 1, 1)}`;
    console.log(`  ${tree.padEnd(20)} ${quartile(at + 1).toFixed(4)}   by the floor ${beside(at + 1, 0)}${first}`);
  });
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

async function sample({ process, url, headers, tool }: Target, durationMs: number): Promise<number> {
  const before = await process.usage();
  const { requests } = await runLoad({ url, headers, callers, durationMs, ...(tool !== undefined && { tool }) });
  const after = await process.usage();
  return ((after.cpuSeconds - before.cpuSeconds) / requests) * 1_000;
}
