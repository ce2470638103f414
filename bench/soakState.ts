import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readProcStat } from '../src/procStat.ts';
import type { GatewayReady } from './gateway.ts';
import type { MeasuredProcess } from './measuredProcess.ts';

/** What a gateway holds at one moment, each of which must be as before once nobody uses it. */
export interface Held {
  readonly calls: number;
  readonly streams: number;
  readonly sessions: number;
  readonly bufferedBytes: number;
  readonly descriptors: number;
  readonly children: number;
  readonly timers: number;
  /** After a garbage collection; with buffers, which are outside of the heap of V8. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

type Gateway = MeasuredProcess<GatewayReady>;

/** How often a gateway is looked at until it is at rest, in ms, and how long at most. */
const LOOK_EVERY_MS = 1_000;
const REST_WITHIN_MS = 60_000;

/** Looks at the gateway, at what the system knows of its process and at what it tells in its metrics. */
export async function heldBy(gateway: Gateway): Promise<Held> {
  const found = await metricsOf(gateway);
  // What the first collection finalizes, the second frees.
  await gateway.usage({ collect: true });
  const { heapBytes, rssBytes, timers } = await gateway.usage({ collect: true });
  return {
    calls: total(found, 'metamcp_calls_running'),
    streams: total(found, 'metamcp_streams_open'),
    sessions: total(found, 'metamcp_sessions_held'),
    bufferedBytes: total(found, 'metamcp_buffered_bytes'),
    descriptors: readdirSync(`/proc/${gateway.pid}/fd`).length,
    children: childrenOf(gateway.pid),
    timers,
    heapBytes,
    rssBytes,
  };
}

/** Waits until nothing of a gateway that nobody uses grows less any more: connections that are kept, programs, timers. */
export async function atRest(gateway: Gateway): Promise<Held> {
  const until = performance.now() + REST_WITHIN_MS;
  let last = await heldBy(gateway);
  let sameFor = 0;
  while (sameFor < 6 && performance.now() < until) {
    await delay(LOOK_EVERY_MS);
    const now = await heldBy(gateway);
    const isLess = COUNTED.some((what) => now[what] < last[what]) || now.heapBytes < last.heapBytes * 0.98;
    sameFor = isLess ? 0 : sameFor + 1;
    last = now;
  }
  return last;
}

const COUNTED = ['calls', 'streams', 'sessions', 'bufferedBytes', 'descriptors', 'children', 'timers'] as const;

/** Of what a gateway may hold some more by chance: a connection of its pools, a timer that comes again. */
const SLACK: Partial<Record<(typeof COUNTED)[number], number>> = { descriptors: 8, timers: 8 };

/**
 * How much more memory there may be, in bytes. Of the heap and buffers: what V8 has compiled and what caches have filled since. Of the
 * process: what allocators keep of a peak that was higher than those of the warm-up.
 */
const MEMORY = [
  ['heapBytes', 'heap and buffers', 4e6],
  ['rssBytes', 'memory of the process', 64e6],
] as const;

/** Tells in a sentence each what is more than before. */
export function leaksBetween(before: Held, after: Held): string[] {
  const leaks = COUNTED.filter((what) => after[what] > before[what] + (SLACK[what] ?? 0)).map(
    (what) => `${what}: ${before[what]} before, ${after[what]} after`,
  );
  for (const [what, name, slack] of MEMORY) {
    const grown = after[what] - before[what];
    if (grown > slack) leaks.push(`${name}: ${(grown / 1e6).toFixed(1)} MB more than before`);
  }
  return leaks;
}

/** Adds up a metric's series that have these labels. */
export function total(found: string, name: string, ...labels: readonly string[]): number {
  return found
    .split('\n')
    .filter((line) => /^[^ {]+/.exec(line)?.[0] === name && labels.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** Reads the metrics, as text. */
export async function metricsOf({ ready }: Gateway): Promise<string> {
  if (ready.metricsUrl === undefined) throw new Error('METRICS_PORT is not set');
  return (await fetch(ready.metricsUrl, { headers: { accept: 'text/plain' } })).text();
}

function childrenOf(pid: number): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readProcStat(Number(name)).parent === pid;
    } catch {
      // It has ended meanwhile.
      return false;
    }
  }).length;
}
