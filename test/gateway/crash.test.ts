import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { sql } from '../../src/postgres/sql.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openStores } from '../../src/stores/stores.ts';
import { openEventStoreUnderTest, type EventStoreUnderTest } from '../support/eventStoreUnderTest.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

const COMMANDS = 200;

let home: string;
let eventStore: EventStoreUnderTest;

beforeAll(async () => {
  home = await mkdtemp(join(memoryFolder(), 'metamcp-crash-'));
  await chmod(home, 0o755);
  eventStore = await openEventStoreUnderTest();
});
afterAll(async () => {
  await eventStore[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const settings = () => readSettings({ env: { METAMCP_HOME: home, LOG_LEVEL: 'error', ...eventStore.env }, cwd: home });
const openHere = () =>
  openStores({ settings: settings(), logger: createLogger('error'), applicationName: 'metamcp test' });

async function makeAdminKey(): Promise<string> {
  await using stores = await openHere();
  const { apiKey } = await stores.keys.create(
    { name: 'admin', scopes: ['servers:write', 'servers:read'], grants: ['*'] },
    TEST_CONTEXT,
  );
  return apiKey;
}

/** Sends commands all at once and kills the gateway after some answers. @returns the names that were acknowledged */
async function killAmidCommands(
  gateway: GatewayProcess,
  apiKey: string,
  prefix: string,
  after: number,
): Promise<string[]> {
  const acknowledged: string[] = [];
  await Promise.allSettled(
    Array.from({ length: COMMANDS }, async (_, n) => {
      const name = `${prefix}-${n}`;
      const answer = await fetch(`${gateway.url}/api/v1/mcp/servers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name, url: `http://127.0.0.1:9/${n}`, headers: { 'x-secret': name } }),
      });
      if (answer.status !== 201) return;
      acknowledged.push(name);
      if (acknowledged.length === after) gateway.kill('SIGKILL');
    }),
  );
  await gateway.exited;
  return acknowledged;
}

it('kill -9 during 200 concurrent commands loses no acknowledged event and leaves no half-applied projection [events-acknowledged-kept] [projections-once]', async () => {
  const apiKey = await makeAdminKey();
  const acknowledged: string[] = [];
  for (const [round, after] of [1, 25, 90].entries()) {
    await using gateway = await startGatewayProcess({ home, env: eventStore.env });
    acknowledged.push(...(await killAmidCommands(gateway, apiKey, `round${round}`, after)));
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(1 + 25 + 90);

  await using stores = await openHere();
  const registered = new Map<string, number>();
  let last = 0n;
  for await (const event of stores.events.readAll()) {
    last = event.position;
    if (event.type !== 'McpServerRegistered') continue;
    expect(event.revision).toBe(0);
    registered.set(event.stream.slice('mcpServer-'.length), event.revision);
  }
  expect(acknowledged.filter((name) => !registered.has(name))).toEqual([]);

  // The read tables hold exactly what the events say, and every checkpoint stands at the last event.
  const rows = await stores.db.query<{ name: string }>(sql`select name from mcp_servers`);
  expect(rows.map(({ name }) => name).sort()).toEqual([...registered.keys()].sort());
  const heads = await stores.db.query<{ stream: string }>(sql`select stream from stream_heads`);
  expect(heads).toHaveLength(registered.size + 1);
  const checkpoints = await stores.db.query<{ position: string | null }>(sql`select position from checkpoints`);
  expect(new Set(checkpoints.map(({ position }) => BigInt(position ?? 0)))).toEqual(new Set([last]));
});
