import { fork } from 'node:child_process';
import { on, once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo, Server } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** CPU and memory of one process, as it tells of itself. */
export interface Usage {
  /** CPU time of all its threads since it began, in seconds. */
  readonly cpuSeconds: number;
  /** The part of it that the operating system took. */
  readonly systemSeconds: number;
  /** With buffers, which are outside of the heap of V8 (`external` of Node, array buffers among it). */
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** How late its event loop was since it was asked before, in milliseconds; 0 without LOOP_DELAYS in its environment. */
  readonly delayMs: { readonly p99: number; readonly max: number };
  /** Timers that wait. */
  readonly timers: number;
}

/** The launcher gives them to each gateway; one that is measured is started without it. Floors are as Node is. */
const { FLAGS, VARIABLES } = createRequire(import.meta.url)('../bin/boundedMemory.cjs') as {
  readonly FLAGS: readonly string[];
  readonly VARIABLES: Readonly<Record<string, string>>;
};

/** A process of its own, so that its CPU time is its own. */
export interface MeasuredProcess<Ready extends object = { url: string }> extends AsyncDisposable {
  readonly pid: number;
  readonly ready: Ready;
  usage(options?: { collect?: boolean }): Promise<Usage>;
}

/**
 * Starts a module of this folder in a process of its own and waits until it says what it offers.
 * @param core of the machine, counted from 0, to which it and all that it starts are held (Default: none)
 */
export async function startMeasured<Ready extends object>(
  module: string,
  env: Record<string, string> = {},
  core?: number,
): Promise<MeasuredProcess<Ready>> {
  const isGateway = module.endsWith('gateway.ts');
  const node = { execPath: process.execPath, execArgv: ['--expose-gc', ...(isGateway ? FLAGS : [])] };
  const held = { execPath: 'taskset', execArgv: ['--cpu-list', String(core), node.execPath, ...node.execArgv] };
  const child = fork(new URL(module, import.meta.url), {
    ...(core === undefined ? node : held),
    env: { ...(isGateway && VARIABLES), ...process.env, ...env },
  });
  const messages = on(child, 'message', { close: ['exit'] });
  const next = async (): Promise<unknown> => {
    const { done, value } = (await messages.next()) as IteratorResult<unknown[]>;
    if (done === true) throw new Error(`${module} ended early`);
    return value[0];
  };
  const ready = (await next()) as Ready;
  return {
    // It has spoken, so it has one.
    pid: child.pid ?? Number.NaN,
    ready,
    async usage({ collect = false } = {}) {
      child.send({ collect });
      return (await next()) as Usage;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** In the measured process: answers requests for its usage until the parent disconnects, then calls `end`. */
export function answerUsage(ready: object, end: () => Promise<void>): void {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  // A timer per millisecond takes a hundredth of a core and more: only where it is asked for.
  if (process.env['LOOP_DELAYS'] !== undefined) delays.enable();
  process.on('message', ({ collect }: { collect: boolean }) => {
    if (collect) globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { heapUsed, external, rss } = process.memoryUsage();
    process.send?.({
      cpuSeconds: (user + system) / 1e6,
      systemSeconds: system / 1e6,
      heapBytes: heapUsed + external,
      rssBytes: rss,
      delayMs: { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 },
      timers: process.getActiveResourcesInfo().filter((what) => what === 'Timeout').length,
    } satisfies Usage);
    delays.reset();
  });
  process.on('disconnect', () => void end().then(() => process.exit(0)));
  process.send?.(ready);
}

/** In the measured process: listens on a free loopback port and answers requests for its usage. */
export function serveMeasured(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    answerUsage({ url: `http://127.0.0.1:${port}` }, async () => undefined);
  });
}
