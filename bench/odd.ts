import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { GatewayReady } from './gateway.ts';
import { percentile } from './load.ts';
import { openSession } from './session.ts';
import { startMeasured } from './measuredProcess.ts';

export interface OddOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly makeHome: (name: string) => Promise<string>;
  readonly quick: boolean;
}

interface OddServer {
  readonly name: string;
  /** The variable of bench/gateway.ts that registers it. */
  readonly as: 'SERVERS' | 'STREAMS' | 'PROGRAMS';
  readonly value: string | readonly string[];
}

const ODD_SERVER = fileURLToPath(new URL('../test/upstream/stdio/programs/oddServer.ts', import.meta.url));
const PAUSE_MS = 4;
const TARGETS = [
  { path: '/mcp/json', tool: 'reference' },
  { path: '/mcp', tool: 'json__reference' },
  { path: '/mcp/calm', tool: 'pid' },
  { path: '/mcp', tool: 'calm__pid' },
];

/** Programs that are used without the gateway, too, by what they are asked: what that costs is no doing of the gateway's. */
const ALONE = { list: 'tools/list', crashes: 'crash' } as const;

/** Servers on stdio, by name: what is odd about them. */
const ODD_PROGRAMS = {
  hangs: '',
  crashes: '',
  hides: 'hides',
  deaf: 'deaf',
  list: 'list',
  floods: 'floods',
  logs: 'logs',
  pings: 'pings',
  answers: 'answers',
  raves: 'raves',
  shouts: 'shouts',
} as const;
const ODD_HTTP = ['hangs', 'list', 'floods'] as const;

/**
 * Measures what clients of healthy servers notice while clients with other keys use servers that are a nuisance: each alone, then
 * all at once, each time with a gateway of its own. The healthy ones speak HTTP and stdio, and are called by themselves and
 * through the aggregate, of which the others are members, too. `without` is the same program, used without the gateway: where cores
 * are few, its own work and that of its start are what delays the others.
 */
export async function measureOdd({ env, makeHome, quick }: OddOptions): Promise<void> {
  await using http = await startMeasured<{ url: string }>('./oddHttpServer.ts');
  const servers: readonly OddServer[] = [
    ...Object.entries(ODD_PROGRAMS).map(([name, oddity]): OddServer => {
      return { name: `stdio-${name}`, as: 'PROGRAMS', value: commandOf(oddity) };
    }),
    ...ODD_HTTP.flatMap((name): OddServer[] => [
      { name: `http-${name}`, as: 'SERVERS', value: `${http.ready.url}/${name}` },
      { name: `sse-${name}`, as: 'STREAMS', value: `${http.ready.url}/sse/${name}` },
    ]),
  ];
  // ODD=list measures those only that have it in their names; ODD=all, all at once.
  const only = process.env['ODD'];
  console.log('\nHealthy servers while odd ones are used: p50 / p99 in ms of calls by /mcp/<server>, and by /mcp');
  console.log('and how late the event loop of the gateway was (p99, most), its CPU, and its memory');
  console.log(`  ${' '.repeat(15)} HTTP              HTTP at /mcp      stdio             stdio at /mcp`);
  const measureWith = async (what: string, odd: readonly OddServer[]): Promise<void> => {
    await measure(what, odd, { ...env, METAMCP_HOME: await makeHome(`odd-${what.replaceAll(' ', '-')}`) }, quick);
  };
  await measureWith('none', []);
  for (const [name, method] of Object.entries(ALONE)) {
    if (only !== undefined && !`stdio-${name}`.includes(only)) continue;
    const program = commandOf(ODD_PROGRAMS[name as keyof typeof ALONE]);
    await using _alone = await startMeasured<object>('./oddAlone.ts', {
      COMMAND: JSON.stringify(program),
      METHOD: method,
    });
    await measureWith(`without-${name}`, []);
  }
  for (const one of servers) if (only === undefined || one.name.includes(only)) await measureWith(one.name, [one]);
  if (only === undefined || only === 'all') await measureWith('all of them', servers);
}

async function measure(
  what: string,
  odd: readonly OddServer[],
  env: Readonly<Record<string, string>>,
  quick: boolean,
): Promise<void> {
  const serversAs = (as: OddServer['as']) =>
    odd.filter((one) => one.as === as).map(({ name, value }) => [name, value] as const);
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', {
    ...env,
    LOOP_DELAYS: '1',
    LOG_LEVEL: 'error',
    SERVERS: JSON.stringify(Object.fromEntries(serversAs('SERVERS'))),
    STREAMS: JSON.stringify(Object.fromEntries(serversAs('STREAMS'))),
    PROGRAMS: JSON.stringify(Object.fromEntries([...serversAs('PROGRAMS'), ['calm', commandOf('')]])),
  });
  const { url, apiKey, apiKeys } = gateway.ready;
  const targets = await Promise.all(
    TARGETS.map(async ({ path, tool }) => ({ path, tool, headers: await openSession(url + path, `Bearer ${apiKey}`) })),
  );
  const users = odd.map(({ name }, at) => [name, apiKeys[at % apiKeys.length] ?? '']);
  await using _clients = await startMeasured<object>('./oddClients.ts', {
    GATEWAY: url,
    USERS: JSON.stringify(users),
  });
  await Promise.all(targets.map((target) => callSteadily(url, target, 1_000)));
  const before = await gateway.usage();
  const began = performance.now();
  const latencies = await Promise.all(targets.map((target) => callSteadily(url, target, quick ? 2_000 : 10_000)));
  const seconds = (performance.now() - began) / 1_000;
  const { cpuSeconds, delayMs, rssBytes } = await gateway.usage();
  const text = latencies.map((each) => `${fixed(percentile(each, 0.5))} /${fixed(percentile(each, 0.99))}`).join('   ');
  const cpu = (((cpuSeconds - before.cpuSeconds) / seconds) * 100).toFixed(0);
  console.log(
    `  ${what.padEnd(15)} ${text}   loop ${fixed(delayMs.p99)} ${fixed(delayMs.max)}   CPU ${cpu.padStart(3)} %   ${(rssBytes / 1e6).toFixed(0)} MB`,
  );
}

interface Target {
  readonly path: string;
  readonly tool: string;
  readonly headers: Readonly<Record<string, string>>;
}

function commandOf(oddity: string): readonly string[] {
  return [process.execPath, ODD_SERVER, oddity];
}

/** Calls a tool with a pause behind each answer. Gives each call's time in milliseconds, sorted. */
async function callSteadily(url: string, { path, tool, headers }: Target, ms: number): Promise<readonly number[]> {
  const pool = new Pool(url, { connections: 2, pipelining: 1 });
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } });
  const latencies: number[] = [];
  const until = performance.now() + ms;
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      const start = performance.now();
      const answer = await pool.request({ path, method: 'POST', headers, body });
      const text = await answer.body.text();
      if (!text.includes('"result"')) throw new Error(`answer ${String(answer.statusCode)}: ${text}`);
      latencies.push(performance.now() - start);
      await delay(PAUSE_MS);
    }
  };
  await Promise.all([caller(), caller()]);
  await pool.destroy();
  return latencies.sort((a, b) => a - b);
}

function fixed(value: number): string {
  return value.toFixed(1).padStart(7);
}
