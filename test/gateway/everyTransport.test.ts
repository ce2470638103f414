import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { v1Client } from '../clients/v1Client.ts';
import { v2LegacyClient } from '../clients/v2Client.ts';
import { textOfResult } from '../clients/results.ts';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { EVERYTHING_PROGRAM, startEverythingServer } from '../support/everythingServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { addProgram } from './stdio/world.ts';

const CASES = ['http', 'sse', 'stdio'].flatMap((transport) =>
  [v1Client, v2LegacyClient].map((client) => ({ transport, client })),
);

describe('server-everything', () => {
  let stack: AsyncDisposableStack;
  let gateway: TestGateway;
  let apiKey: string;
  beforeAll(async () => {
    await using setUp = new AsyncDisposableStack();
    const [http, sse] = await Promise.all([startEverythingServer(), startEverythingServer('sse')]);
    setUp.use(http);
    setUp.use(sse);
    gateway = setUp.use(await startTestGateway());
    await gateway.addServer('http', http.url);
    await addProgram(gateway, 'stdio', { command: process.execPath, args: [EVERYTHING_PROGRAM, 'stdio'] });
    const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url } as const;
    await gateway.stores.servers.register('sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
    ({ apiKey } = await gateway.createKey());
    stack = setUp.move();
  });
  afterAll(() => stack.disposeAsync());

  test.each(CASES)(
    'over $transport serves $client.name as it would alone [mcp-official-clients]',
    async ({ transport, client: kind }) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      await using client = await kind.connect({ url: `${gateway.url}/mcp/${transport}`, headers });
      expect(client.serverName).toBe('mcp-servers/everything');
      // What it offers beyond the 13 tools of a bare client comes when it knows what its client can be asked.
      await expect.poll(async () => (await client.listTools()).length).toBeGreaterThan(13);
      expect(textOfResult(await client.callTool('echo', { message: 'hi' }))).toBe('Echo: hi');
      const steps: unknown[] = [];
      const onProgress = ({ progress }: { progress: number }) => steps.push(progress);
      await client.callTool('trigger-long-running-operation', { duration: 0.15, steps: 3 }, { onProgress });
      expect(steps).toEqual([1, 2, 3]);
      const sampled = await client.callTool('trigger-sampling-request', { prompt: 'Sing!', maxTokens: 10 });
      expect(textOfResult(sampled)).toContain('You said');
      expect(JSON.stringify(client.asked)).toContain('Sing!');
    },
  );
});
