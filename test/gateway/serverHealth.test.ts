import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { serverHealthSchema } from '../../src/api/serverHealth.ts';
import { audienceId, audienceOf } from '../../src/catalogue/audience.ts';
import { claimRefresh, noteFailure, storeCatalogue } from '../../src/catalogue/rememberedTable.ts';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { findServer } from '../../src/projections/tables/mcpServers.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram, EndpointClient } from './stdio/world.ts';

let stack: AsyncDisposableStack;
let gateway: TestGateway;
let apiKey: string;
beforeAll(async () => {
  await using setUp = new AsyncDisposableStack();
  const http = setUp.use(await startFixtureServer());
  const sse = setUp.use(await startFixtureSseServer());
  gateway = setUp.use(await startTestGateway());
  ({ apiKey } = await gateway.createKey({ scopes: ['mcp', 'servers:read'] }));
  const ofSse = async (name: string, url: string) => {
    const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url } as const;
    await gateway.stores.servers.register(name, { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
  };
  for (const suffix of ['alone', 'among']) {
    await gateway.addServer(`http-${suffix}`, http.url);
    await ofSse(`sse-${suffix}`, sse.url);
    await addProgram(gateway, `stdio-${suffix}`);
    await gateway.addServer(`http-${suffix}-gone`, 'http://127.0.0.1:1/mcp');
    await ofSse(`sse-${suffix}-gone`, 'http://127.0.0.1:1/sse');
    await addProgram(gateway, `stdio-${suffix}-gone`, { command: '/nonexistent/program', args: [] });
  }
  stack = setUp.move();
});
afterAll(() => stack.disposeAsync());

async function healthOf(server: string) {
  const answer = await fetch(`${gateway.url}/api/v1/mcp/servers/${server}/health`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  expect(answer.status).toBe(200);
  return serverHealthSchema.parse(await answer.json());
}

/** Calls through one server's endpoint, or through that of all of them. */
async function call(endpoint: string, server: string): Promise<void> {
  const client = new EndpointClient(gateway, endpoint, apiKey);
  await client.initialize();
  const name = server.startsWith('stdio') ? 'who' : 'test_simple_text';
  await client.legacy('tools/call', { name: endpoint === server ? name : `${server}__${name}`, arguments: {} });
}

describe('the health of a server', () => {
  test.each(['http-alone', 'sse-alone', 'stdio-alone', 'http-among', 'sse-among', 'stdio-among'])(
    'is found by the calls of clients: %s [ops-server-health]',
    async (server) => {
      expect((await healthOf(server)).status).toBe('unknown');
      const endpoint = (name: string) => (name.includes('among') ? `../mcp?servers=${name}` : name);
      await call(endpoint(server), server);
      // A call has its event when its answer has gone.
      const found = await vi.waitUntil(async () => {
        const now = await healthOf(server);
        return now.status === 'answers' ? now : undefined;
      });
      expect(found.answered_at).toMatch(/Z$/);
      expect(found.failure).toBeUndefined();
      if (server.startsWith('stdio')) expect(found.processes).toMatchObject({ status: 'running' });

      const gone = `${server}-gone`;
      await call(endpoint(gone), gone);
      await vi.waitUntil(async () => (await healthOf(gone)).status === 'fails');
      expect((await healthOf(gone)).failure).toMatchObject({
        code: expect.stringMatching(/^upstream-/),
        at: expect.any(String),
      });
    },
  );

  test('is found by reading its catalogue, too: that is an answer of the server [ops-server-health]', async () => {
    await gateway.addServer('read', 'http://127.0.0.1:1/mcp');
    expect((await healthOf('read')).status).toBe('unknown');
    const { db } = gateway.stores;
    const revision = (await findServer(db, 'read'))?.revision ?? -1;
    const id = { server: 'read', audience: audienceId(audienceOf('legacy', {})), revision };
    await claimRefresh(db, { ...id, key: undefined, attempts: 0 });
    await storeCatalogue(db, { ...id, digest: 'd', content: Buffer.from('{}') });
    expect(await healthOf('read')).toMatchObject({ status: 'answers', answered_at: expect.stringMatching(/Z$/) });
    await noteFailure(db, id, 'upstream-timeout');
    expect(await healthOf('read')).toMatchObject({ status: 'fails', failure: { code: 'upstream-timeout' } });
    // What was read of it as it was before says nothing of it as it is.
    await gateway.stores.servers.disable('read', undefined, TEST_CONTEXT);
    await gateway.stores.servers.enable('read', undefined, TEST_CONTEXT);
    expect((await healthOf('read')).status).toBe('unknown');
  });

  test('is unknown again when the server was changed, and of a disabled one it is that [ops-server-health]', async () => {
    await gateway.addServer('changed', 'http://127.0.0.1:1/mcp');
    await call('changed', 'changed');
    await vi.waitUntil(async () => (await healthOf('changed')).status === 'fails');
    await gateway.stores.servers.disable('changed', undefined, TEST_CONTEXT);
    expect((await healthOf('changed')).status).toBe('disabled');
    await gateway.stores.servers.enable('changed', undefined, TEST_CONTEXT);
    expect((await healthOf('changed')).status).toBe('unknown');
  });
});
