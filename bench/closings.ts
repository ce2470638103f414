import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { setTimeout as wait } from 'node:timers/promises';
import type { GatewayReady } from './gateway.ts';
import { startMeasured } from './measuredProcess.ts';

/** Makes one call. @returns what came of it, `ok` when it was answered */
type Ask = (id: number) => Promise<string>;

/**
 * Counts the calls of a tool that fail with servers that close connections unannounced: through the gateway, with `fetch`
 * and with the official SDK directly.
 */
export async function measureClosings(options: { env: Record<string, string>; quick: boolean }): Promise<void> {
  const calls = options.quick ? 100 : 600;
  await using servers = await startMeasured<{ urls: Record<string, string> }>('./closingServer.ts');
  const { urls } = servers.ready;
  await using gateway = await startMeasured<GatewayReady>('./gateway.ts', {
    ...options.env,
    SERVERS: JSON.stringify(urls),
  });
  console.log(`\nServers that close connections unannounced: calls of ${calls} that fail`);
  console.log('  server closes            callers   gateway    fetch      SDK');
  for (const [name, url] of Object.entries(urls)) {
    const idleMs = name.startsWith('idle-') ? Number(name.slice(5, 6)) * 1_000 : undefined;
    for (const callers of [1, 32]) {
      // One caller that waits seconds between its calls makes fewer.
      const count = idleMs !== undefined && callers === 1 ? 10 : calls;
      const load = { calls: count, callers, pauseMs: idleMs };
      const viaGateway = await run(ask(`${gateway.ready.url}/mcp/${name}`, gateway.ready.token), load);
      const viaFetch = await run(ask(url), load);
      const viaSdk = await runSdk(url, load);
      const columns = [viaGateway, viaFetch, viaSdk].map((failed) => total(failed).padStart(9));
      console.log(`  ${name.padEnd(24)}${String(callers).padStart(8)} ${columns.join('')}   of ${count}`);
      for (const [what, times] of viaGateway) console.log(`      ${times} × ${what}`);
    }
  }
}

interface Load {
  readonly calls: number;
  readonly callers: number;
  /** Between two calls of a caller, give or take a few milliseconds. */
  readonly pauseMs: number | undefined;
}

async function run(call: Ask, { calls, callers, pauseMs }: Load): Promise<Map<string, number>> {
  const failed = new Map<string, number>();
  let id = 0;
  const caller = async () => {
    while (id < calls) {
      id += 1;
      const outcome = await call(id);
      if (outcome !== 'ok') failed.set(outcome, (failed.get(outcome) ?? 0) + 1);
      if (pauseMs !== undefined) await wait(pauseMs - 4 + Math.random() * 8);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return failed;
}

async function runSdk(url: string, load: Load): Promise<Map<string, number>> {
  const client = new Client({ name: 'bench', version: '1' });
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return await run(async () => {
      try {
        await client.callTool({ name: 'add', arguments: {} });
        return 'ok';
      } catch (error) {
        return String(error);
      }
    }, load);
  } catch (error) {
    return new Map([[`no session: ${String(error)}`, load.calls]]);
  } finally {
    await client.close();
  }
}

function ask(url: string, token?: string): Ask {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  return async (id) => {
    const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'add', arguments: {} } };
    try {
      const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
      const text = await answer.text();
      return answer.status === 200 ? 'ok' : `${answer.status} ${text.replace(/"id":\d+/, '').slice(0, 200)}`;
    } catch (error) {
      return String(error instanceof Error ? error.cause : error);
    }
  };
}

function total(failed: Map<string, number>): string {
  return String([...failed.values()].reduce((sum, times) => sum + times, 0));
}
