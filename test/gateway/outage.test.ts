import { expect, it } from 'vitest';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { createLogger } from '../../src/logging/logger.ts';
import { openTcpProxy } from '../support/tcpProxy.ts';
import { createTestDatabase } from '../support/testDatabase.ts';
import { startTestGateway } from '../support/testGateway.ts';

it('while the database is away /health says so, and no key is let in on trust; no line of the log has a stack [http-health-503] [http-503-retry-after] [auth-revocation-fails-closed] [ops-readable-log]', async () => {
  const log: string[] = [];
  await using database = await createTestDatabase();
  await using proxy = await openTcpProxy(database.url);
  await using calculator = await startBackendServer1({ port: 0 });
  await using gateway = await startTestGateway({
    env: { DATABASE_URL: proxy.url },
    logger: createLogger('warn', { write: (line) => void log.push(line) }),
  });
  await gateway.addServer('calculator', calculator.url);
  const { apiKey } = await gateway.createKey();
  const get = (path: string) => fetch(gateway.url + path, { headers: { 'x-api-key': apiKey } });
  const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const call = async () => {
    const answer = await fetch(`${gateway.url}/mcp/calculator`, {
      method: 'POST',
      headers: {
        'x-api-key': apiKey,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: initialize }),
    });
    await answer.text();
    return answer.status;
  };
  expect(await call()).toBe(200);

  await proxy.stop();
  await expect.poll(async () => (await get('/health')).status, { timeout: 60_000 }).toBe(503);
  const health: unknown = await (await get('/health')).json();
  expect(health).toMatchObject({ status: 'down', parts: { database: { status: 'down' } } });
  expect(JSON.stringify(health)).not.toContain(new URL(database.url).password);
  expect((await get('/health/ready')).status).toBe(503);
  expect((await get('/health/live')).status).toBe(200);
  const refused = await get('/api/v1/mcp/servers');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  // Key and server are in memory, but no revocation could reach the gateway.
  await expect.poll(call, { timeout: 60_000 }).toBe(503);

  await proxy.start();
  await expect.poll(async () => (await get('/health')).status, { timeout: 60_000 }).toBe(200);
  expect(await call()).toBe(200);
  expect(log).toContainEqual(expect.stringContaining('a database connection was lost'));
  expect(log.filter((line) => line.includes('"stack"'))).toEqual([]);
});
