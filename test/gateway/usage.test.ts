import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openStores, type Stores } from '../../src/stores/stores.ts';
import { usageOf, type UsageRow } from '../../src/usage/usageQueries.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

const ANSWER = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } });
const upstream = createServer((req, res) => {
  req.resume();
  req.on('end', () => res.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
});

let home: string;
let stores: Stores;
let keys: { id: string; apiKey: string }[];

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  home = await mkdtemp(join(memoryFolder(), 'metamcp-usage-'));
  await chmod(home, 0o755);
  const config = readSettings({ env: { METAMCP_HOME: home, LOG_LEVEL: 'error' }, cwd: home });
  stores = await openStores({ settings: config, logger: createLogger('error'), applicationName: 'metamcp test' });
  const settings = {
    transport: 'http' as const,
    url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`,
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  };
  for (const name of ['one', 'two']) {
    await stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  }
});
afterAll(async () => {
  await stores[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
  upstream.closeAllConnections();
  upstream.close();
});

const body = (tool: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } });

/** Calls of two keys, two servers and five tools, 8 under way at once. @returns how many of each were answered */
async function load(gateways: readonly GatewayProcess[], calls: number): Promise<Record<string, number>> {
  const answered: Record<string, number> = {};
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let n = next++; n < calls; n = next++) {
      const { id, apiKey } = keys[n % 2]!;
      const [server, tool] = [n % 3 === 0 ? 'one' : 'two', `tool-${n % 5}`];
      const answer = await fetch(`${gateways[n % gateways.length]!.url}/mcp/${server}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
        },
        body: body(tool),
      });
      expect([answer.status, await answer.text()]).toEqual([200, ANSWER]);
      const what = `${id} ${server} ${tool}`;
      answered[what] = (answered[what] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, caller));
  return answered;
}

const ofKeys = async (): Promise<UsageRow[]> => {
  const range = { from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000) };
  const rows = await usageOf(stores.db, { ...range, groupBy: ['key', 'server', 'tool'] });
  return rows.filter(({ keyId }) => keys.some(({ id }) => id === keyId));
};
const counted = async () =>
  Object.fromEntries((await ofKeys()).map(({ keyId, server, tool, calls }) => [`${keyId} ${server} ${tool}`, calls]));
const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, calls) => all + calls, 0);

async function newKeys(): Promise<void> {
  const make = () => stores.keys.create({ name: 'load', scopes: ['mcp'], grants: ['*'] }, TEST_CONTEXT);
  keys = [await make(), await make()];
}

it('usage equals what was sent through two gateways, one of which is stopped and started in between [usage-exact]', async () => {
  await newKeys();
  await using opened = new AsyncDisposableStack();
  const one = opened.use(await startGatewayProcess({ home }));
  const sent: Record<string, number> = {};
  const add = (answered: Record<string, number>): void => {
    for (const [what, calls] of Object.entries(answered)) sent[what] = (sent[what] ?? 0) + calls;
  };
  {
    await using two = await startGatewayProcess({ home });
    add(await load([one, two], 600));
  }
  {
    await using two = await startGatewayProcess({ home });
    add(await load([one, two], 307));
  }
  await opened.disposeAsync();
  expect(sum(sent)).toBe(907);
  expect(await counted()).toEqual(sent);
  const bytes = (await ofKeys()).reduce(
    (all, { bytesIn, bytesOut }) => [all[0]! + bytesIn, all[1]! + bytesOut],
    [0, 0],
  );
  expect(bytes).toEqual([907 * body('tool-0').length, 907 * ANSWER.length]);
});

it('kill -9 loses what was not flushed yet, at most, and counts nothing twice [usage-crash]', async () => {
  await newKeys();
  await using gateway = await startGatewayProcess({ home });
  const before = await load([gateway], 200);
  await expect.poll(async () => sum(await counted()), { timeout: 40_000 }).toBe(200);
  const after = await load([gateway], 100);
  gateway.kill('SIGKILL');
  await gateway.exited;
  const found = await counted();
  for (const [what, calls] of Object.entries(before)) {
    expect(found[what]).toBeGreaterThanOrEqual(calls);
    expect(found[what]).toBeLessThanOrEqual(calls + (after[what] ?? 0));
  }
  expect(sum(found)).toBeLessThanOrEqual(300);
});
