import { expect, it } from 'vitest';
import { openInProcessCli } from '../cli/inProcess.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase } from '../support/testDatabase.ts';

it('a gateway that is stopped ends, though its PostgreSQL has gone silent without closing anything [ops-ends]', async () => {
  await using database = await createTestDatabase();
  await using cli = await openInProcessCli(database.url);
  await using proxy = await openTcpProxy(database.url);
  await using gateway = await startGatewayProcess({ home: cli.folder, env: { ...cli.env, DATABASE_URL: proxy.url } });
  proxy.freeze();
  gateway.kill('SIGTERM');
  expect(await gateway.exited).toEqual([0, null]);
});
