import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { backupOf } from '../support/eventStoreDb/backup.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { clusterUrl, createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';

// docs/operating.md, "When something is lost", step by step: events in EventStoreDB, everything else in PostgreSQL. A backup
// of PostgreSQL is a clone of the database, one of EventStoreDB a copy of its history.

let opened: AsyncDisposableStack;
let database: TestDatabase;
let server: WireServer;
let cli: InProcessCli;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  database = opened.use(await createTestDatabase());
  server = opened.use(await openWireServer({ systemTraffic: true }));
  cli = opened.use(await openInProcessCli(database.url, { EVENT_STORE_URL: server.url }));
});
afterEach(() => opened.disposeAsync());

/** Makes a copy of the database as it is now. @returns settings that name the copy */
async function backUpPostgres(): Promise<{ DATABASE_URL: string }> {
  const copy = opened.use(await createTestDatabase());
  const name = ({ url }: TestDatabase): string => new URL(url).pathname.slice(1);
  const client = new pg.Client({ connectionString: await clusterUrl() });
  await client.connect();
  try {
    await client.query(`drop database ${name(copy)} with (force)`);
    await client.query(`create database ${name(copy)} template ${name(database)}`);
  } finally {
    await client.end();
  }
  return { DATABASE_URL: copy.url };
}

async function createKey(name: string): Promise<{ id: string; apiKey: string }> {
  const { document } = await cli.json(['keys', 'create', '--name', name, '--scope', 'servers:read']);
  return { id: document.id, apiKey: document.api_key };
}

/** Starts a gateway with other settings and says how it answers each key. */
async function answers(env: Record<string, string>, ...apiKeys: string[]): Promise<number[]> {
  await using gateway = await startGatewayProcess({ home: cli.folder, env: { ...cli.env, ...env } });
  return await Promise.all(
    apiKeys.map(async (apiKey) => {
      const answer = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } });
      return answer.status;
    }),
  );
}

describe('when PostgreSQL is lost and EventStoreDB is whole', () => {
  it('its backup catches up by itself, shreds what was shredded, and the audit names what lost its secret [ops-recovery]', async () => {
    const [kept, deleted] = [await createKey('kept'), await createKey('deleted')];
    const env = await backUpPostgres();
    await cli.run(['keys', 'delete', deleted.id, '--confirm']);
    const late = await createKey('late');

    const listed = await cli.list(['keys', 'list', '--include-inactive'], { env });
    expect(listed.map(({ name, status }) => [name, status])).toEqual([
      ['kept', 'active'],
      ['deleted', 'deleted'],
      ['late', 'active'],
    ]);
    const { document } = await cli.json(['audit', 'verify'], { env });
    expect(document).toMatchObject({
      ok: false,
      fault: { kind: 'secret-missing', stream: `apiKey-${late.id}` },
    });
    const statuses = await answers(env, kept.apiKey, deleted.apiKey, late.apiKey);
    expect(statuses.slice(0, 2)).toEqual([200, 401]);
    expect(statuses[2]).toBeGreaterThanOrEqual(400);

    await cli.run(['keys', 'delete', late.id, '--confirm'], { env });
    expect(await cli.json(['audit', 'verify'], { env })).toMatchObject({ code: 0, document: { ok: true } });
    expect((await cli.run(['audit', 'replay', '--into', 'replayed'], { env })).code).toBe(0);
  });
});

describe('when EventStoreDB is lost and PostgreSQL is whole', () => {
  it('an older backup of it is refused, until the loss is accepted by name [ops-recovery]', async () => {
    const kept = await createKey('kept');
    const revoked = await createKey('revoked');
    const restored = opened.use(await openWireServer({ history: backupOf(server.history) }));
    await cli.run(['keys', 'inactivate', revoked.id]);
    const env = { EVENT_STORE_URL: restored.url };

    const listing = await cli.json(['keys', 'list'], { env });
    expect([listing.code, listing.document.error.code]).toEqual([3, 'event-store-behind']);
    expect(await cli.json(['audit', 'verify'], { env })).toMatchObject({
      code: 1,
      document: { ok: false, fault: { stream: `apiKey-${revoked.id}`, revision: 1 } },
    });
    // Calls go on by what the read tables say: the revocation that the store has forgotten holds.
    expect(await answers(env, kept.apiKey, revoked.apiKey)).toEqual([200, 401]);
    const refused = await cli.json(['db', 'rebuild'], { env });
    expect(refused.code).toBe(1);
    expect(JSON.stringify(refused.document)).toContain(`apiKey-${revoked.id}`);

    expect((await cli.json(['db', 'rebuild', '--accept-loss'], { env })).code).toBe(0);
    expect(await cli.json(['audit', 'verify'], { env })).toMatchObject({ code: 0, document: { ok: true } });
    expect(await answers(env, kept.apiKey, revoked.apiKey)).toEqual([200, 200]);
  });
});

describe('when both are lost', () => {
  it('backups made in the right order come up by themselves [ops-recovery]', async () => {
    const kept = await createKey('kept');
    const revoked = await createKey('revoked');
    const { DATABASE_URL } = await backUpPostgres();
    await cli.run(['keys', 'inactivate', revoked.id]);
    const restored = opened.use(await openWireServer({ history: backupOf(server.history) }));
    await createKey('after the backups');

    const env = { DATABASE_URL, EVENT_STORE_URL: restored.url };
    expect(await answers(env, kept.apiKey, revoked.apiKey)).toEqual([200, 401]);
    expect(await cli.json(['audit', 'verify'], { env })).toMatchObject({ code: 0, document: { ok: true } });
  });
});

describe('when the read tables are wrong', () => {
  it('a replay shows it, and a rebuild says and mends it [ops-recovery]', async () => {
    const kept = await createKey('kept');
    await database.db.query({ text: `update api_keys set status = 'inactive' where id = $1`, values: [kept.id] });
    const replay = await cli.json(['audit', 'replay', '--into', 'replayed']);
    expect(replay.code).toBe(1);
    expect((await cli.json(['db', 'rebuild'])).code).toBe(0);
    expect((await cli.json(['audit', 'replay', '--into', 'replayed_again'])).code).toBe(0);
    expect(await answers({}, kept.apiKey)).toEqual([200]);
  });
});
