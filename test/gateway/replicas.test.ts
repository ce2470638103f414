import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSettings } from '../../src/settings/settings.ts';
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from '../../src/events/mcpServer.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openStores } from '../../src/stores/stores.ts';
import { openEventStoreUnderTest } from '../support/eventStoreUnderTest.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gatewayProcess.ts';
import { TEST_CONTEXT } from '../support/testGateway.ts';
import { memoryFolder } from '../support/memoryFolder.ts';

it('a revocation is enforced on every replica when it is reported [auth-revocation-replicas] [auth-revocation-cuts]', async () => {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(memoryFolder(), 'metamcp-replicas-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  // As root, Postgres runs as another user, who must be able to enter.
  await chmod(home, 0o755);

  const upstream = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  opened.defer(() => {
    upstream.closeAllConnections();
    upstream.close();
  });

  const { env } = opened.use(await openEventStoreUnderTest());
  // Administered as the CLI does it: from a process that is no gateway.
  const config = readSettings({ env: { METAMCP_HOME: home, LOG_LEVEL: 'error', ...env }, cwd: home });
  const stores = opened.use(
    await openStores({ settings: config, logger: createLogger('error'), applicationName: 'metamcp test' }),
  );
  const settings = {
    transport: 'http' as const,
    // A TCP server's address is an object.
    url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/mcp`,
    isolation: 'session' as const,
    limits: DEFAULT_LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
  };
  await stores.servers.register('streams', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  const { id, apiKey } = await stores.keys.create({ name: 'k', scopes: ['mcp'], grants: ['*'] }, TEST_CONTEXT);

  const replicas: GatewayProcess[] = [];
  for (let i = 0; i < 2; i += 1) replicas.push(opened.use(await startGatewayProcess({ home, env })));
  const open = ({ url }: GatewayProcess) =>
    fetch(`${url}/mcp/streams`, { headers: { 'x-api-key': apiKey, accept: 'text/event-stream' } });
  const streams = await Promise.all(replicas.map(open));
  expect(streams.map(({ status }) => status)).toEqual([200, 200]);

  const { unconfirmed } = await stores.keys.inactivate(id, 'lost', TEST_CONTEXT);
  expect(unconfirmed).toEqual([]);
  expect((await Promise.all(replicas.map(open))).map(({ status }) => status)).toEqual([401, 401]);
  for (const stream of streams) expect(await stream.text()).toContain('"error"');
});
