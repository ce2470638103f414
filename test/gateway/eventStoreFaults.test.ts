import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import type { Fault, RpcKind } from '../support/eventStoreDb/faults.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// A gateway follows the event store while commands of the CLI meet its faults.

const opened = new AsyncDisposableStack();
let database: TestDatabase;
let server: WireServer;
let cli: InProcessCli;
let gateway: GatewayProcess;
/** What is known of each command: it happened, it did not, or it is unknown. */
const outcomes = new Map<string, 'happened' | 'not' | 'unknown'>();

beforeAll(async () => {
  database = opened.use(await createTestDatabase());
  server = opened.use(await openWireServer({ systemTraffic: true }));
  cli = opened.use(await openInProcessCli(database.url, { EVENT_STORE_URL: server.url }));
  gateway = opened.use(await startGatewayProcess({ home: cli.folder, env: cli.env }));
});
afterAll(() => opened.disposeAsync());

let count = 0;

/** Creates a key, and notes what the command reports. */
async function createKey(): Promise<string> {
  count += 1;
  const name = `key-${count}`;
  const { code, document } = await cli.json(['keys', 'create', '--name', name]);
  if (code === 0) outcomes.set(name, 'happened');
  else {
    expect(code).toBe(3);
    outcomes.set(name, document.error.code === 'append-outcome-unknown' ? 'unknown' : 'not');
  }
  return name;
}

/** What is in the event store, by the names of the keys created. */
async function stored(): Promise<string[]> {
  const events = (await cli.list(['audit', 'tail', '-n', '1000'])) as readonly { data?: { name?: string } }[];
  return events.map(({ data }) => data?.name ?? '');
}

const APPENDS: readonly Fault[] = [
  { fault: 'drop', when: 'before' },
  { fault: 'drop', when: 'after' },
  { fault: 'delay', ms: 300 },
  { fault: 'refuse', error: 'timeout' },
  { fault: 'refuse', error: 'too-busy' },
  { fault: 'refuse', error: 'not-ready' },
  { fault: 'refuse', error: 'internal' },
  { fault: 'refuse', error: 'no-leader' },
  { fault: 'refuse', error: 'access-denied' },
];
const READS: readonly Fault[] = [
  { fault: 'drop', when: 'before' },
  { fault: 'break', afterEvents: 0 },
  { fault: 'delay', ms: 300 },
  { fault: 'refuse', error: 'not-ready' },
  { fault: 'refuse', error: 'unavailable' },
  { fault: 'refuse', error: 'access-denied' },
];
const CASES = [
  ...APPENDS.map((fault) => ['append', fault] as const),
  ...READS.map((fault) => ['read', fault] as const),
  ...READS.map((fault) => ['subscribe', fault] as const),
];
const named = CASES.map(([kind, fault]) => [kind, Object.values(fault).join(' '), fault] as const);

describe.each([1, 3])('with %d faults in a row', (times) => {
  it.each(named)(
    '%s, %s: the command tells the truth [events-outcome-truthful]',
    async (kind: RpcKind, _what, fault) => {
      server.faults.next(kind, fault, times);
      // A subscription begins anew, and meets the fault then.
      if (kind === 'subscribe') server.cut();
      const name = await createKey();
      server.faults.clear();
      const found = (await stored()).filter((each) => each === name).length;
      if (outcomes.get(name) === 'happened') expect(found).toBe(1);
      else if (outcomes.get(name) === 'not') expect(found).toBe(0);
      else expect(found).toBeLessThanOrEqual(1);
    },
  );
});

it.each([
  ['dies and comes back', () => server.crash().then(() => server.start())],
  ['is restarted', () => server.stop().then(() => server.start())],
  ['ends the connection politely', async () => server.goAway(50)],
])('while the server %s, many commands at once tell the truth [events-outcome-truthful]', async (_what, disturb) => {
  const commands = Array.from({ length: 8 }, createKey);
  await disturb();
  const names = await Promise.all(commands);
  const found = await stored();
  for (const name of names) {
    const times = found.filter((each) => each === name).length;
    if (outcomes.get(name) === 'happened') expect(times).toBe(1);
    else if (outcomes.get(name) === 'not') expect(times).toBe(0);
    else expect(times).toBeLessThanOrEqual(1);
  }
});

it('after all of it the gateway follows, and the read tables are what the events say [projections-once]', async () => {
  await expect.poll(async () => (await fetch(`${gateway.url}/health`)).status, { timeout: 60_000 }).toBe(200);
  const { api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'last', '--scope', 'servers:read']))
    .document;
  const seen = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } });
  expect(seen.status).toBe(200);
  expect([...outcomes.values()]).toContain('happened');
  const listed = (await cli.list(['keys', 'list'])).map(({ name }) => name).sort();
  expect(listed).toEqual((await stored()).sort());
  expect(await cli.json(['audit', 'verify'])).toMatchObject({ code: 0, document: { ok: true } });
  expect((await cli.run(['audit', 'replay', '--into', 'replayed', '--json'])).code).toBe(0);
});
