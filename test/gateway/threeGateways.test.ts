import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { sql } from '../../src/postgres/sql.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { openTcpProxy, type TcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// Three gateways in processes of their own, one event store, one Postgres. The CLI works on the stores directly.

const opened = new AsyncDisposableStack();
let database: TestDatabase;
let cli: InProcessCli;
let home: string;
/** To Postgres for one of the gateways, to the event store for another. */
let toPostgres: TcpProxy;
let toEventStore: TcpProxy | undefined;
let gateways: GatewayProcess[];
let admin: string;

const start = (env: Record<string, string> = {}) => startGatewayProcess({ home, env: { ...cli.env, ...env } });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'metamcp-three-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  database = opened.use(await createTestDatabase());
  cli = opened.use(await openInProcessCli(database.url));
  toPostgres = opened.use(await openTcpProxy(database.url));
  const eventStoreUrl = cli.env['EVENT_STORE_URL'];
  if (eventStoreUrl !== undefined) toEventStore = opened.use(await openTcpProxy(eventStoreUrl));
  const calculator = opened.use(await startBackendServer1({ port: 0 }));
  await cli.run(['servers', 'add', 'calculator', '--url', calculator.url]);
  admin = await createKey('--scope', 'servers:write,servers:read');
  gateways = await Promise.all([
    start(),
    start({ DATABASE_URL: toPostgres.url }),
    start(toEventStore === undefined ? {} : { EVENT_STORE_URL: toEventStore.url }),
  ]);
  for (const gateway of gateways) opened.use(gateway);
});
afterAll(() => opened.disposeAsync());

async function createKey(...options: string[]): Promise<string> {
  return (await cli.json(['keys', 'create', '--name', 'k', ...options])).document.api_key;
}

async function createKeyWithId(): Promise<{ id: string; apiKey: string }> {
  const { document } = await cli.json(['keys', 'create', '--name', 'k']);
  return { id: document.id, apiKey: document.api_key };
}

/** Calls a tool. @returns the HTTP status */
async function call({ url }: GatewayProcess, apiKey: string): Promise<number> {
  const answer = await fetch(`${url}/mcp/calculator`, {
    method: 'POST',
    headers: {
      'x-api-key': apiKey,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'add',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'add',
        arguments: { a: 1, b: 2 },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });
  await answer.text();
  return answer.status;
}

async function register({ url }: GatewayProcess, name: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${url}/api/v1/mcp/servers`, {
    method: 'POST',
    headers: { 'x-api-key': admin, 'content-type': 'application/json' },
    body: JSON.stringify({ name, url: 'http://127.0.0.1:9/mcp' }),
  });
  return { status: answer.status, body: await answer.json() };
}

async function ready({ url }: GatewayProcess): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${url}/health/ready`);
  return { status: answer.status, body: await answer.json() };
}

/** The read tables are what the events say, no more and no less, and the events are what was written. */
async function expectTruth(): Promise<void> {
  expect(await cli.json(['audit', 'verify'])).toMatchObject({ code: 0, document: { ok: true } });
  const replay = await cli.run(['audit', 'replay', '--into', 'replayed', '--json']);
  expect(replay, replay.stdout).toMatchObject({ code: 0 });
}

describe('three gateways on one store', () => {
  it('all serve a new key at once, and none serves it once it is reported inactive [auth-revocation-replicas]', async () => {
    const { id, apiKey } = await createKeyWithId();
    expect(await Promise.all(gateways.map((gateway) => call(gateway, apiKey)))).toEqual([200, 200, 200]);
    expect(await cli.json(['keys', 'inactivate', id])).toMatchObject({ code: 0, stderr: '' });
    expect(await Promise.all(gateways.map((gateway) => call(gateway, apiKey)))).toEqual([401, 401, 401]);
  });

  it('apply each event once when one is killed in the middle of a batch [projections-once]', async () => {
    const [first, ...others] = gateways as [GatewayProcess, ...GatewayProcess[]];
    for (const other of others) other.kill('SIGSTOP');
    // The batch of the first gateway has done half of its work when it comes to this table.
    await database.db.transaction(async (tx) => {
      await tx.query({ text: 'lock table audit_events in access exclusive mode', values: [] });
      const lost = register(first, 'half-applied').catch(() => undefined);
      await expect
        .poll(
          () =>
            database.db.query<{ pid: number | null }>(sql`
              select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                and query like '%audit_events%'`),
          { timeout: 60_000 },
        )
        .toHaveLength(1);
      first.kill('SIGKILL');
      await first.exited;
      expect(await lost).toBeUndefined();
      for (const other of others) other.kill('SIGCONT');
    });
    await expect
      .poll(async () => (await cli.run(['servers', 'show', 'half-applied'])).code, { timeout: 60_000 })
      .toBe(0);
    gateways[0] = opened.use(await start());
    expect((await register(gateways[1]!, 'afterwards')).status).toBe(201);
    await expectTruth();
  });

  it('let no stale key in while one is cut off from Postgres and another from the event store, and come back by themselves [auth-revocation-fails-closed]', async () => {
    const [whole, withoutPostgres, withoutEvents] = gateways as [GatewayProcess, GatewayProcess, GatewayProcess];
    const revoked = await createKeyWithId();
    const good = await createKeyWithId();
    for (const { apiKey } of [revoked, good]) {
      expect(await Promise.all(gateways.map((gateway) => call(gateway, apiKey)))).toEqual([200, 200, 200]);
    }
    await toPostgres.stop();
    await toEventStore?.stop();

    const { code, document } = await cli.json(['keys', 'inactivate', revoked.id, '--reason', 'during the outage']);
    expect([code, document.status ?? 'inactive']).toEqual([0, 'inactive']);
    expect(await call(whole, revoked.apiKey)).toBe(401);
    expect(await call(withoutEvents, revoked.apiKey)).toBe(401);
    // It may have it in memory, and no database to ask.
    expect([401, 503]).toContain(await call(withoutPostgres, revoked.apiKey));

    expect(await call(whole, good.apiKey)).toBe(200);
    expect((await register(whole, 'made-meanwhile')).status).toBe(201);
    if (toEventStore !== undefined) {
      // Calls go on; changes are refused; and it says so.
      expect(await call(withoutEvents, good.apiKey)).toBe(200);
      const refused = await register(withoutEvents, 'made-meanwhile-too');
      expect(refused).toMatchObject({ status: 503, body: { code: 'event-store-unavailable' } });
      await expect
        .poll(() => ready(withoutEvents), { timeout: 60_000 })
        .toMatchObject({ status: 200, body: { ready: { calls: true, changes: false } } });
    }

    await toPostgres.start();
    await toEventStore?.start();
    for (const gateway of gateways) {
      await expect.poll(() => call(gateway, good.apiKey), { timeout: 60_000 }).toBe(200);
      expect(await call(gateway, revoked.apiKey)).toBe(401);
      await expect
        .poll(() => ready(gateway), { timeout: 60_000 })
        .toMatchObject({ status: 200, body: { ready: { calls: true, changes: true } } });
    }
    expect((await register(withoutEvents, 'made-afterwards')).status).toBe(201);
    const names = (await cli.list(['servers', 'list'])).map(({ name }) => name);
    expect(names).toEqual(['afterwards', 'calculator', 'half-applied', 'made-afterwards', 'made-meanwhile']);
    await expectTruth();
  });
});
