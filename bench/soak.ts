import { setTimeout as delay } from 'node:timers/promises';
import { readSettings } from '../src/settings/settings.ts';
import { createLogger } from '../src/logging/logger.ts';
import { openStores } from '../src/stores/stores.ts';
import { startFlapping } from './flappingServer.ts';
import type { GatewayReady } from './gateway.ts';
import { startMeasured, type MeasuredProcess } from './measuredProcess.ts';
import { soak, type Done } from './soakLoad.ts';
import { atRest, leaksBetween, metricsOf, total, type Held } from './soakState.ts';

/** How long the load runs before what the gateway holds is taken for its measure, in seconds: pools and caches are filled. */
const WARM_UP_S = 12;

/** How often a line tells how it goes, in ms. */
const TELL_EVERY_MS = 10_000;

/** What a soak has found. */
export interface Soaked {
  readonly before: Held;
  readonly after: Held;
  readonly done: Done;
  /** What is held that was not before, a sentence each. */
  readonly leaks: readonly string[];
  /** Where counts differ from what was sent, a sentence each. */
  readonly miscounts: readonly string[];
}

/**
 * Puts mixed load on a gateway, JSON, SSE, long streams, programs, REST, revocations and a server that comes and goes, and
 * compares what it holds once all have left with what it held after the warm-up, and its counts with what was sent.
 */
export async function measureSoak(options: {
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  readonly seconds: number;
  readonly tell?: (line: string) => void;
}): Promise<Soaked> {
  const { home, seconds, tell = console.log } = options;
  await using flapping = await startFlapping(1_500);
  const program = [process.execPath, new URL('referenceProgram.ts', import.meta.url).pathname];
  const env = {
    ...options.env,
    METAMCP_HOME: home,
    METRICS_PORT: '0',
    STDIO_IDLE_STOP_SECONDS: '5',
    SERVERS: JSON.stringify({ flapping: flapping.url }),
    PROGRAMS: JSON.stringify({ program, shared: program }),
  };
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', env);
  const settings = readSettings({ env: { METAMCP_HOME: home } });
  const logger = createLogger('error');
  await using stores = await openStores({ settings, logger, applicationName: 'metamcp bench soak' });
  const done: Done = { sent: new Map(), flapped: 0, revoked: 0, streams: 0 };
  const run = async (forSeconds: number, isTold: boolean): Promise<Held> => {
    const over = new AbortController();
    const load = soak({ ready: gateway.ready, stores, done, signal: over.signal });
    const telling = isTold ? tellOf(gateway, done, over.signal, tell) : undefined;
    // A load that fails ends the waiting.
    await Promise.race([load, delay(forSeconds * 1_000)]).finally(() => over.abort());
    await Promise.all([load, telling]);
    return atRest(gateway);
  };
  tell(`\nSoak: mixed load for ${seconds} s, after ${WARM_UP_S} s that are not compared`);
  const before = await run(WARM_UP_S, false);
  const after = await run(seconds, true);
  const result = { before, after, done, leaks: leaksBetween(before, after), miscounts: await miscounts(gateway, done) };
  for (const what of Object.keys(before) as (keyof Held)[]) {
    tell(`  ${what.padEnd(16)}${String(before[what]).padStart(12)} before ${String(after[what]).padStart(12)} after`);
  }
  const calls = [...done.sent.values()].reduce((sum, each) => sum + each, 0);
  tell(
    `  ${calls} calls of tools, ${done.flapped} of them while their server was gone; ${done.streams} streams; ${done.revoked} keys revoked`,
  );
  for (const each of [...result.leaks, ...result.miscounts]) tell(`  NOT AS IT SHOULD BE  ${each}`);
  if (result.leaks.length + result.miscounts.length === 0) tell('  nothing leaked, every call counted once');
  return result;
}

/** Tells now and then how it goes. */
async function tellOf(
  gateway: MeasuredProcess<GatewayReady>,
  done: Done,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    await delay(TELL_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const { rssBytes, heapBytes } = await gateway.usage();
    const sent = [...done.sent.values()].reduce((sum, each) => sum + each, 0);
    const seconds = ((performance.now() - began) / 1_000).toFixed(0);
    tell(
      `  ${seconds.padStart(4)} s  RSS ${(rssBytes / 1e6).toFixed(0)} MB, heap ${(heapBytes / 1e6).toFixed(0)} MB, ${sent} calls`,
    );
  }
}

/** Usage is written down every 5 s. */
const WRITTEN_WITHIN_MS = 20_000;

/** Compares the calls of tools that usage and metrics know with those that were sent. */
async function miscounts(gateway: MeasuredProcess<GatewayReady>, { sent }: Done): Promise<string[]> {
  const until = performance.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    const used = await callsInUsage(gateway.ready);
    const found = await metricsOf(gateway);
    const wrong = [...sent].flatMap(([server, count]) => {
      const inUsage = used.get(server) ?? 0;
      const inMetrics = total(found, 'metamcp_calls_total', `server="${server}"`, 'method="tools/call"');
      return [
        ...(inUsage === count ? [] : [`usage has ${inUsage} of ${count} calls at ${server}`]),
        ...(inMetrics === count ? [] : [`metrics have ${inMetrics} of ${count} calls at ${server}`]),
      ];
    });
    if (wrong.length === 0 || performance.now() > until) return wrong;
    await delay(1_000);
  }
}

async function callsInUsage({ url, adminKey }: GatewayReady): Promise<Map<string, number>> {
  const headers = { authorization: `Bearer ${adminKey}` };
  const answer = await fetch(`${url}/api/v1/usage?by=server,tool&limit=10000`, { headers });
  const { items } = (await answer.json()) as { items: { server: string; method: string; calls: number }[] };
  const calls = new Map<string, number>();
  for (const { server, method, calls: count } of items) {
    if (method === 'tools/call') calls.set(server, (calls.get(server) ?? 0) + count);
  }
  return calls;
}
