import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { GatewayReady } from './gateway.ts';
import type { MeasuredProcess } from './measuredProcess.ts';
import { openSession } from './session.ts';

/** Sessions that are begun at once. */
const OPENING = 50;

/** Session ids that a gateway remembers. */
const REMEMBERED = 10_000;

/** Until idle sessions have let go of what they can, in milliseconds: a conversation that was opened for lists stays 30 s. */
const IDLE_MS = 35_000;

/** Measures what a legacy session of the aggregate holds: when it is in use, and when it is idle; without a call and after one. */
export async function measureAggregateSessions(gateway: MeasuredProcess<GatewayReady>, count: number): Promise<void> {
  const pool = new Pool(gateway.ready.url, { connections: OPENING });
  try {
    // Session ids that were opened last are remembered, 10,000 at most, whoever holds them.
    await beginAll(gateway.ready, pool, REMEMBERED, []);
    const kinds = { 'never called': ['tools/list'], 'called once': ['tools/list', 'tools/call'] };
    for (const [kind, steps] of Object.entries(kinds)) {
      // What the first ones need is remembered for all.
      await beginAll(gateway.ready, pool, OPENING, steps);
      await delay(IDLE_MS);
      const { heapBytes: before } = await gateway.usage({ collect: true });
      await beginAll(gateway.ready, pool, count, steps);
      const { heapBytes: used } = await gateway.usage({ collect: true });
      await delay(IDLE_MS);
      const { heapBytes: idle } = await gateway.usage({ collect: true });
      const kib = (bytes: number) => ((bytes - before) / count / 1024).toFixed(1).padStart(6);
      console.log(
        `  ${String(count)} sessions of /mcp, ${kind}: ${kib(used)} KiB heap each, idle ${kib(idle)} KiB each`,
      );
    }
  } finally {
    await pool.destroy();
  }
}

/** Begins sessions, and takes the steps of each; then nobody comes back to them. */
async function beginAll(
  { url, apiKeys }: GatewayReady,
  pool: Pool,
  count: number,
  steps: readonly string[],
): Promise<void> {
  let begun = 0;
  const worker = async () => {
    while (begun < count) {
      const authorization = `Bearer ${apiKeys[begun++ % apiKeys.length] ?? ''}`;
      const headers = await openSession(`${url}/mcp`, authorization);
      for (const method of steps) {
        const params = method === 'tools/call' ? { name: 'json__reference', arguments: {} } : {};
        const answer = await pool.request({
          path: '/mcp',
          method: 'POST',
          headers,
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        });
        const text = await answer.body.text();
        if (!text.includes('"result"')) throw new Error(`answer ${String(answer.statusCode)}: ${text}`);
      }
    }
  };
  await Promise.all(Array.from({ length: OPENING }, worker));
}
