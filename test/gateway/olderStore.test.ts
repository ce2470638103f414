import { expect, it } from 'vitest';
import { openInProcessCli } from '../cli/inProcess.ts';
import { backupOf } from '../support/eventStoreDb/backup.ts';
import type { History } from '../support/eventStoreDb/history.ts';
import { openWireServer, type WireServer } from '../support/eventStoreDb/wireServer.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

const TIMEOUT = { timeout: 30_000 };

async function health({ url }: GatewayProcess): Promise<object> {
  const answer = await fetch(`${url}/health`);
  return { code: answer.status, ...((await answer.json()) as object) };
}

it('a gateway that has nothing to write says that an older backup of the store was put back under it [projections-store-changed]', async () => {
  await using database = await createTestDatabase();
  await using opened = new AsyncDisposableStack();
  let server: WireServer = opened.use(await openWireServer());
  await using cli = await openInProcessCli(database.url, { EVENT_STORE_URL: server.url });
  await cli.json(['keys', 'create', '--name', 'first']);
  const older = backupOf(server.history);
  const scopes = ['--scope', 'mcp,servers:read'];
  const { api_key: apiKey } = (await cli.json(['keys', 'create', '--name', 'second', ...scopes])).document;
  const newest = backupOf(server.history);
  await using gateway = await startGatewayProcess({ home: cli.folder, env: cli.env });
  await expect.poll(() => health(gateway), TIMEOUT).toMatchObject({ code: 200, ready: { changes: true } });

  /** As operators do: the same address, another folder. */
  async function restore(history: History): Promise<void> {
    await server.stop();
    server = opened.use(await openWireServer({ history, port: server.port }));
  }

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
