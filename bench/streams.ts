import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { GatewayReady } from './gateway.ts';
import type { MeasuredProcess, Usage } from './measuredProcess.ts';
import { openSession } from './session.ts';

/** How many streams are being opened at once. */
const OPENING = 100;

/** Measures what the gateway holds for each open stream (GET of a legacy client) and for each idle session. */
export async function measureMemory(gateway: MeasuredProcess<GatewayReady>, counts: readonly number[]): Promise<void> {
  console.log('\nMemory, after a garbage collection');
  for (const count of counts) {
    const before = await gateway.usage({ collect: true });
    const streams = await openAll(count, (n) => openStream(gateway.ready, n));
    const open = await gateway.usage({ collect: true });
    print(`${count} open streams`, count, before, open);
    for (const stream of streams) stream.destroy();
    await settled(gateway, before);
  }
  const sessions = counts.at(-1) ?? 0;
  const { url, token } = gateway.ready;
  const before = await gateway.usage({ collect: true });
  await openAll(sessions, () => openSession(`${url}/mcp/json`, `Bearer ${token}`));
  print(`${sessions} idle sessions`, sessions, before, await gateway.usage({ collect: true }));
}

function print(what: string, count: number, before: Usage, after: Usage): void {
  const heap = (after.heapBytes - before.heapBytes) / count;
  const rss = (after.rssBytes - before.rssBytes) / count;
  console.log(
    `  ${what.padEnd(22)} ${(heap / 1024).toFixed(1).padStart(6)} KiB heap each ${(rss / 1024).toFixed(1).padStart(6)} KiB RSS each`,
  );
}

async function openAll<T>(count: number, open: (n: number) => Promise<T>): Promise<T[]> {
  const opened: T[] = [];
  let begun = 0;
  const worker = async () => {
    for (let left = Math.ceil(count / OPENING); left > 0; left -= 1) opened.push(await open(begun++));
  };
  await Promise.all(Array.from({ length: OPENING }, worker));
  return opened;
}

/** One key may not have so many open at one server. */
async function openStream({ url, apiKeys }: GatewayReady, n: number): Promise<ClientRequest> {
  const stream = request(`${url}/mcp/sse`, {
    agent: false,
    headers: { authorization: `Bearer ${apiKeys[n % apiKeys.length] ?? ''}`, accept: 'text/event-stream' },
  });
  stream.end();
  const [answer] = (await once(stream, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) {
    const body = (await answer.toArray()).join('');
    throw new Error(`a stream answers ${String(answer.statusCode)}: ${body}`);
  }
  stream.on('error', () => undefined);
  answer.on('error', () => undefined);
  answer.resume();
  return stream;
}

/** Waits until what was closed has been let go of: the heap is near where it was, or no longer shrinks. */
async function settled(gateway: MeasuredProcess<GatewayReady>, before: Usage): Promise<void> {
  for (let last = Infinity; ;) {
    const { heapBytes } = await gateway.usage({ collect: true });
    if (heapBytes < before.heapBytes * 1.1 || heapBytes >= last) return;
    last = heapBytes;
  }
}
