import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/testDatabase.ts';
import { openInProcessCli, type InProcessCli } from './inProcess.ts';

let database: TestDatabase;
let cli: InProcessCli;
beforeEach(async () => {
  database = await createTestDatabase();
  cli = await openInProcessCli(database.url);
  for (const name of ['one', 'two']) await cli.run(['keys', 'create', '--name', name]);
});
afterEach(async () => {
  await cli[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function query(text: string): Promise<object[]> {
  return database.db.query({ text, values: [] });
}

const EQUAL = { missing: 0, different: 0, surplus: 0 };

describe('db rebuild', () => {
  it('repairs the read tables and says what was wrong with them [projections-rebuild-differences]', async () => {
    await query("delete from api_keys where name = 'one'");
    const { code, document, stderr } = await cli.json(['db', 'rebuild']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(document).toMatchObject({
      events: 2,
      lost: { streams: 0 },
      tables: [
        { name: 'stream_heads', rows: 2, ...EQUAL },
        { name: 'api_keys', rows: 2, missing: 1, different: 0, surplus: 0 },
        { name: 'key_roles', rows: 0, ...EQUAL },
        { name: 'mcp_servers', rows: 0, ...EQUAL },
        { name: 'approved_tools', rows: 0, ...EQUAL },
        { name: 'audit_events', rows: 2, ...EQUAL },
        { name: 'unreadable_events', rows: 0, ...EQUAL },
        { name: 'retired_streams', rows: 0, ...EQUAL },
      ],
    });
    expect(await cli.list(['keys', 'list'])).toHaveLength(2);
  });

  it('of one table tells a person the same, and on a terminal how far it is', async () => {
    await query("update api_keys set name = 'by hand'");
    const { stdout, stderr } = await cli.run(['db', 'rebuild', 'api_keys'], {
      columns: 100,
      env: { NO_COLOR: '1' },
    });
    expect(stdout).toContain('Rebuilt from 2 events.');
    expect(stdout).toMatch(/api_keys +2 +0 +2 +0/);
    expect(stderr).toMatch(/Rebuilding api_keys: 2 events, [\d,]+\/s, 100 %/);
    expect((await cli.run(['db', 'rebuild', 'api_key'])).code).toBe(1);
  });

  it('is what a changed event store waits for, and every other command refuses [projections-store-changed]', async () => {
    await query('update event_store_identity set id = gen_random_uuid()');
    expect(await cli.json(['keys', 'list'])).toMatchObject({
      code: 3,
      document: { error: { code: 'event-store-changed' } },
    });
    expect((await cli.run(['db', 'status'])).stdout).toContain('another event store');
    expect(await cli.json(['db', 'rebuild', 'api_keys'])).toMatchObject({
      code: 1,
      document: { error: { code: 'rebuild-all-needed' } },
    });
    expect((await cli.run(['db', 'rebuild'])).code).toBe(0);
    expect(await cli.list(['keys', 'list'])).toHaveLength(2);
  });

  it('gives up lost events only with --accept-loss, and names their streams [projections-history-lost]', async () => {
    const { id } = (await cli.json(['keys', 'create', '--name', 'three'])).document;
    await query('delete from events where position = (select max(position) from events)');
    expect(await cli.json(['keys', 'list'])).toMatchObject({
      code: 3,
      document: { error: { code: 'event-store-behind' } },
    });
    const refused = await cli.run(['db', 'rebuild']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain(`of 1 stream: apiKey-${id}.`);
    const accepted = await cli.run(['db', 'rebuild', '--accept-loss']);
    expect(accepted.code).toBe(0);
    expect(accepted.stdout).toContain(`Given up: the last events of 1 stream: apiKey-${id}`);
    expect(await cli.list(['keys', 'list'])).toHaveLength(2);
  });

  it('does not empty the read tables when the event store is empty [projections-history-lost]', async () => {
    await query('truncate events');
    await query('update event_store_identity set id = gen_random_uuid()');
    const refused = await cli.json(['db', 'rebuild']);
    expect(refused).toMatchObject({ code: 1, document: { error: { code: 'event-store-empty' } } });
    expect(await query('select from api_keys')).toHaveLength(2);
  });
});

describe('audit replay', () => {
  it('finds the read tables equal to what the events give [projections-audit-replay]', async () => {
    const { code, document } = await cli.json(['audit', 'replay', '--into', 'replayed']);
    expect(code).toBe(0);
    expect(document).toMatchObject({ equal: true, events: 2, schema_kept: false });
    expect(document).not.toHaveProperty('tables.1.first_differing');
    expect((await cli.run(['audit', 'replay', '--into', 'replayed'])).stdout).toContain('are what the events give');
  });

  it('ends with 1 and names the first differing row when they are not [projections-audit-replay]', async () => {
    await query("update api_keys set scopes = '{mcp,events:read}' where name = 'two'");
    const [row] = (await query("select id from api_keys where name = 'two'")) as { id: string }[];
    const { code, document, stderr } = await cli.json(['audit', 'replay', '--into', 'replayed']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: The read tables are not what the events give.\n' });
    expect(document).toMatchObject({ equal: false, schema_kept: true });
    expect(document).toHaveProperty('tables.1', {
      name: 'api_keys',
      rows: 2,
      equal: 1,
      missing: 0,
      different: 1,
      surplus: 0,
      first_differing: [row?.id],
    });
    const again = await cli.run(['audit', 'replay', '--into', 'replayed']);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('replayed holds something');
  });
});
