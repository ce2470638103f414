import { expect, it } from 'vitest';
import { openInProcessCli } from '../cli/inProcess.ts';
import { backupOf } from '../support/eventStoreDb/backup.ts';
import type { History } from '../support/eventStoreDb/history.ts';
import { Tampering } from '../support/eventStoreDb/tampering.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

const TIMEOUT = { timeout: 60_000 };

async function health({ url }: GatewayProcess): Promise<object> {
  const answer = await fetch(`${url}/health`);
  return { code: answer.status, ...((await answer.json()) as object) };
}

/** An installation whose store is exchanged at its address. */
async function openWorld(opened: AsyncDisposableStack) {
  const database = opened.use(await createTestDatabase());
  let server: WireServer = opened.use(await openWireServer());
  const cli = opened.use(await openInProcessCli(database.url, { EVENT_STORE_URL: server.url }));
  return {
    cli,
    backup: () => backupOf(server.history),
    lose: (stream: string) => new Tampering(server.history).truncate(stream, 0),
    async restore(history: History): Promise<void> {
      await server.stop();
      server = opened.use(await openWireServer({ history, port: server.port }));
    },
  };
}

it('a gateway that has nothing to write says that an older backup of the store was put back under it [projections-store-changed]', async () => {
  await using opened = new AsyncDisposableStack();
  const { cli, backup, restore } = await openWorld(opened);
  await cli.json(['keys', 'create', '--name', 'first']);
  const older = backup();
  const scopes = ['--scope', 'mcp,servers:read'];
  const { api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'second', ...scopes])).document;
  const newest = backup();
  const gateway = opened.use(await startGatewayProcess({ home: cli.folder, env: cli.env }));
  await expect.poll(() => health(gateway), TIMEOUT).toMatchObject({ code: 200, ready: { changes: true } });

  await restore(older);
  await expect
    .poll(() => health(gateway), TIMEOUT)
    .toMatchObject({
      code: 503,
      ready: { calls: true, changes: false },
      parts: { event_store: { status: 'down', detail: expect.stringContaining('restored from an older backup') } },
    });
  const called = await fetch(`${gateway.url}/api/v1/mcp/servers`, { headers: { 'x-api-key': apiKey } });
  expect(called.status).toBe(200);
  await restore(newest);
  await expect.poll(() => health(gateway), TIMEOUT).toMatchObject({ code: 200, ready: { changes: true } });
});

it('nothing is revoked on an older store, also not because it seems to be so already [projections-store-changed]', async () => {
  await using opened = new AsyncDisposableStack();
  const { cli, backup, restore } = await openWorld(opened);
  const { id } = (await cli.json(['keys', 'create', '--name', 'k'])).document;
  await cli.json(['servers', 'add', 's', '--url', 'http://127.0.0.1:9/mcp']);
  const revocations = [
    ['keys', 'inactivate', id],
    ['servers', 'disable', 's'],
  ];
  for (const argv of revocations) expect((await cli.json(argv)).code).toBe(0);
  const older = backup();
  for (const argv of [
    ['keys', 'activate', id],
    ['servers', 'enable', 's'],
  ]) {
    expect((await cli.json(argv)).code).toBe(0);
  }
  await restore(older);
  // They are in use, and would go on being let in.
  for (const argv of revocations) {
    expect(await cli.json(argv)).toMatchObject({ code: 3, document: { error: { code: 'event-store-behind' } } });
  }
});

it('a loss that was accepted is recorded, so that the history is whole again for the audit [projections-history-lost]', async () => {
  await using opened = new AsyncDisposableStack();
  const { cli, lose } = await openWorld(opened);
  const { id } = (await cli.json(['keys', 'create', '--name', 'k'])).document;
  // Its successor names it: without a history that is a stream that was removed.
  const rotated = await cli.json(['keys', 'rotate', id]);
  expect(rotated.code).toBe(0);
  await cli.json(['servers', 'add', 's', '--url', 'http://127.0.0.1:9/mcp']);
  lose(`apiKey-${id}`);
  expect(await cli.json(['audit', 'verify'])).toMatchObject({ code: 1, document: { ok: false } });
  expect(await cli.json(['db', 'rebuild'])).toMatchObject({
    code: 1,
    document: { error: { code: 'history-lost', data: { named: [`apiKey-${id}`] } } },
  });
  for (let again = 0; again < 2; again += 1) {
    expect((await cli.json(['db', 'rebuild', '--accept-loss'])).code).toBe(0);
    expect(await cli.json(['audit', 'verify'])).toMatchObject({ code: 0, document: { ok: true } });
  }
  const accepted = (await cli.json(['audit', 'tail', '--type', 'LossAccepted'])).document;
  expect(JSON.stringify(accepted)).toContain(`apiKey-${id}`.slice('apiKey-'.length));
});
