import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openConnection } from '../../src/postgres/connection.ts';
import { sql } from '../../src/postgres/sql.ts';
import { announceReplica } from '../../src/live/replicas.ts';
import { openInProcessCli, type InProcessCli } from '../cli/inProcess.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';

let gateway: TestGateway;
let cli: InProcessCli;
beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addServer('other', 'http://127.0.0.1:1/mcp');
  const { databaseUrl = '', encryptionKey = '' } = gateway.settings;
  cli = await openInProcessCli(databaseUrl, { ENCRYPTION_KEY: encryptionKey });
  await gateway.addServer('github', 'http://127.0.0.1:1/mcp');
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

/** Keeps the read tables where they are: no pump, of whatever process, gets the checkpoints. */
async function standingStill(work: () => Promise<void>): Promise<void> {
  await gateway.stores.db.transaction(async (tx) => {
    await tx.query<{ projection: string }>(sql`select projection from checkpoints for update`);
    await work();
  });
}

async function statusOf(apiKey: string): Promise<number> {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { authorization: `Bearer ${apiKey}` } });
  await answer.text();
  return answer.status;
}

async function withheld(): Promise<string[]> {
  const rows = await gateway.stores.db.query<{ stream: string }>(sql`select stream from withheld_streams`);
  return rows.map(({ stream }) => stream);
}

const PENDING = /It is in force, but lists show the state before it/;

describe('while the read tables stand still', () => {
  const ways: Record<string, (id: string) => readonly string[]> = {
    inactivated: (id) => ['keys', 'inactivate', id],
    deleted: (id) => ['keys', 'delete', id, '--confirm'],
    'narrowed to another server': (id) => ['keys', 'access', id, '--grant', 'other', '--scope', 'mcp'],
  };
  it.each(Object.keys(ways))(
    'a key that is %s is refused when the command reports it [events-revoked-unprojected]',
    async (way) => {
      const { id, apiKey } = await gateway.createKey();
      expect(await statusOf(apiKey)).toBe(200);
      const argv = ways[way]!(id);
      await standingStill(async () => {
        const outcome = await cli.run(argv);
        expect(outcome).toMatchObject({ code: 0, stderr: expect.stringMatching(PENDING) });
        expect(await statusOf(apiKey)).toBe(401);
        expect(await withheld()).toEqual([`apiKey-${id}`]);
      });
      // Once they move again, the same command says that nothing is left to do, and nothing is.
      const again = await cli.json(argv);
      expect(again).toMatchObject({ code: 0, stderr: '', document: { changed: false } });
      expect(again.document).not.toHaveProperty('pending');
      expect(await withheld()).toEqual([]);
      expect(await statusOf(apiKey)).toBe(way.startsWith('narrowed') ? 403 : 401);
    },
    60_000,
  );

  it('a key that is rotated without grace is refused, and its successor shown [events-revoked-unprojected]', async () => {
    const { id, apiKey } = await gateway.createKey();
    await standingStill(async () => {
      const rotated = await gateway.stores.keys.rotate(id, 0, TEST_CONTEXT);
      expect(rotated).toMatchObject({
        apiKey: expect.stringMatching(/^mcp_/),
        pending: expect.stringMatching(PENDING),
      });
      expect(await statusOf(apiKey)).toBe(401);
    });
  });

  it('a server that is disabled gets no call [events-revoked-unprojected]', async () => {
    const { apiKey } = await gateway.createKey();
    const call = async (): Promise<number> => {
      const answer = await fetch(`${gateway.url}/mcp/github`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      });
      await answer.text();
      return answer.status;
    };
    // It is asked, and is not there.
    expect(await call()).toBe(502);
    await standingStill(async () => {
      const disabled = await cli.json(['servers', 'disable', 'github']);
      expect(disabled).toMatchObject({ code: 0, document: { changed: true, pending: expect.stringMatching(PENDING) } });
      expect(await call()).not.toBe(502);
    });
  });

  it('what takes nothing away is not reported as done, and a repetition neither', async () => {
    const { db, keys } = gateway.stores;
    const { id } = await gateway.createKey();
    await keys.inactivate(id, undefined, TEST_CONTEXT);
    await db.query(sql`update checkpoints set stopped_reason = 'test' where projection = 'api_keys'`);
    for (const stored of ['The change is stored, but not', 'It is like that already, but not']) {
      await expect(keys.activate(id, undefined, TEST_CONTEXT)).rejects.toMatchObject({
        code: 'projection-stopped',
        message: expect.stringContaining(`${stored} known to be in force`),
      });
    }
    // A revocation does not mind, and reports why the lists do not show it.
    const inactivated = await cli.json(['keys', 'inactivate', id]);
    expect(inactivated).toMatchObject({
      code: 0,
      document: { changed: true, pending: expect.stringMatching(/stopped/) },
    });
    expect(await withheld()).toContain(`apiKey-${id}`);
    await db.query(sql`update checkpoints set stopped_reason = null where projection = 'api_keys'`);
    expect(await keys.activate(id, undefined, TEST_CONTEXT)).toMatchObject({ changed: true, pending: undefined });
  });
});

describe('a report that it was so already [auth-revocation-replicas]', () => {
  it('comes when it is in force, too, although the table has stopped', async () => {
    const { db } = gateway.stores;
    const { id, apiKey } = await gateway.createKey();
    expect(await statusOf(apiKey)).toBe(200);
    await db.query(sql`update checkpoints set stopped_reason = 'test' where projection = 'api_keys'`);
    for (const changed of [true, false]) {
      const { code, document } = await cli.json(['keys', 'inactivate', id]);
      expect([code, document]).toEqual([0, expect.objectContaining({ changed, pending: expect.any(String) })]);
      expect(await statusOf(apiKey)).toBe(401);
    }
    await db.query(sql`update checkpoints set stopped_reason = null where projection = 'api_keys'`);
  });

  it('comes to each of several administrators when it is in force', async () => {
    const { id, apiKey } = await gateway.createKey();
    expect(await statusOf(apiKey)).toBe(200);
    const reports = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { document } = await cli.json(['keys', 'inactivate', id]);
        return [document, await statusOf(apiKey)];
      }),
    );
    for (const report of reports) expect(report).toEqual([expect.objectContaining({ unconfirmed: [] }), 401]);
  });

  it('names the gateway that does not follow, of a file that is applied and of tables that are rebuilt', async () => {
    const { url } = gateway.stores.db;
    await using hung = await openConnection({ url, applicationName: 'a gateway that hangs' });
    await announceReplica(hung, 'replica-b');
    const { stdout } = await cli.run(['servers', 'export']);
    await writeFile(join(cli.folder, 'same.yaml'), stdout);
    for (const argv of [
      ['apply', '-f', 'same.yaml'],
      ['db', 'rebuild'],
    ]) {
      const { code, document } = await cli.json(argv);
      expect([code, document]).toEqual([0, expect.objectContaining({ unconfirmed: ['replica-b'] })]);
    }
  });
});

it('a revocation is not reported as in force when no gateway can be reached [events-revoked-unprojected]', async () => {
  const { id } = await gateway.createKey();
  await gateway.stores.db.query(sql`alter table withheld_streams rename to withheld_away`);
  try {
    await expect(gateway.stores.keys.inactivate(id, undefined, TEST_CONTEXT)).rejects.toThrow();
  } finally {
    await gateway.stores.db.query(sql`alter table withheld_away rename to withheld_streams`);
  }
  expect((await gateway.stores.keys.inactivate(id, undefined, TEST_CONTEXT)).changed).toBe(false);
});
