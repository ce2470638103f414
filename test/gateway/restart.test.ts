import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, it } from 'vitest';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startTestGateway } from '../support/testGateway.ts';

it('a client goes on with its session after the gateway was restarted [mcp-session-survives-restart]', async () => {
  await using fixture = await startFixtureServer();
  await using gateway = await startTestGateway();
  await gateway.addServer('fixture', fixture.url);
  const { apiKey } = await gateway.createKey();
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.url}/mcp/fixture`), {
    requestInit: { headers: { 'x-api-key': apiKey } },
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  const session = transport.sessionId;
  expect(session).toMatch(/./);
  const call = () => client.callTool({ name: 'test_simple_text', arguments: {} });
  const before = await call();

  await gateway.restart();

  expect(await call()).toEqual(before);
  expect(transport.sessionId).toBe(session);
  await transport.terminateSession();
  await client.close();
});
