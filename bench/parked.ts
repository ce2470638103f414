import { startMeasured } from './measuredProcess.ts';

/** What the first ones need is there for all. With those that are measured no more than 1,000: more requests of a server's do not wait on one channel. */
const BEFORE = 50;

/** Where each call has a stream of its own, and where one stream carries all. */
const PATHS = { http: '/mcp', sse: '/sse' };

/** Measures what a call holds that waits for its client at a legacy server. */
export async function measureParked(count: number): Promise<void> {
  await using server = await startMeasured<{ url: string }>('./askingServer.ts');
  for (const [transport, path] of Object.entries(PATHS)) {
    const held = async (calls: number, ended = false) => {
      const at = { UPSTREAM: `${server.ready.url}${path}`, TRANSPORT: transport, CALLS: String(calls) };
      const env = { ...at, ...(ended && { ENDED: '1' }) };
      await using bridge = await startMeasured<{ parked: number }>('./parkedBridge.ts', env);
      const { parked } = bridge.ready;
      if (parked !== (ended ? 0 : calls)) throw new Error(`${String(parked)} of ${String(calls)} calls are parked`);
      return await bridge.usage({ collect: true });
    };
    const [before, after] = [await held(BEFORE), await held(BEFORE + count)];
    const kib = (now: typeof after, name: 'heapBytes' | 'rssBytes') =>
      ((now[name] - before[name]) / count / 1024).toFixed(1);
    const ended = await held(BEFORE + count, true);
    console.log(
      `  ${String(count)} parked calls at a server of ${transport}: ${kib(after, 'heapBytes')} KiB heap each, ` +
        `${kib(after, 'rssBytes')} KiB of the process; once they have ended ${kib(ended, 'heapBytes')} KiB`,
    );
  }
}
