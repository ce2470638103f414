import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { startGatewayProcess } from '../support/gatewayProcess.ts';
import { startTestGateway, TEST_CONTEXT } from '../support/testGateway.ts';
import { answerAsServer, startSseServer } from '../upstream/sse/sseServer.ts';
import { legacyScript, startScriptedServer } from '../upstream/support/scriptedServer.ts';
import { EndpointClient } from './stdio/world.ts';

it('a gateway that is stopped ends, though servers over HTTP and HTTP+SSE hang where its sessions are to be ended [ops-ends]', async () => {
  await using opened = new AsyncDisposableStack();
  let hang = false;
  const answer = legacyScript();
  const http = opened.use(await startScriptedServer((...args) => (hang ? undefined : answer(...args))));
  const sse = opened.use(await startSseServer({ message: (...args) => (hang ? undefined : answerAsServer(...args)) }));
  const gateway = opened.use(await startTestGateway());
  await gateway.addServer('http', http.url.href);
  const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url.href } as const;
  await gateway.stores.servers.register('sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  const { apiKey } = await gateway.createKey();

  const { databaseUrl = '', eventStoreUrl, jwtSecret = '', encryptionKey = '' } = gateway.settings;
  const store = eventStoreUrl === undefined ? {} : { EVENT_STORE_URL: eventStoreUrl };
  const env = { ...store, DATABASE_URL: databaseUrl, JWT_SECRET: jwtSecret, ENCRYPTION_KEY: encryptionKey };
  const other = opened.use(await startGatewayProcess({ home: gateway.home, env }));
  for (const server of ['http', 'sse']) {
    for (const [path, name] of [
      [server, 'greet'],
      [`?servers=${server}`, `${server}__greet`],
    ] as const) {
      const client = new EndpointClient(other, path, apiKey);
      await client.initialize();
      expect(await client.legacy('tools/call', { name, arguments: {} })).toMatchObject({ status: 200 });
    }
  }
  hang = true;
  other.kill('SIGTERM');
  expect(await other.exited).toEqual([0, null]);
  expect(http.methods).toContain('DELETE');
});
