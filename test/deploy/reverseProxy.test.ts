import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DEFAULT_SETTINGS } from '../../src/events/mcpServer.ts';
import { textOfResult } from '../clients/results.ts';
import type { ClientKind } from '../clients/testClient.ts';
import { v2LegacyClient, v2ModernClient } from '../clients/v2Client.ts';
import { addProgram } from '../gateway/stdio/world.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startFixtureSseServer } from '../support/fixtureSseServer.ts';
import { startTestGateway, TEST_CONTEXT, type TestGateway } from '../support/testGateway.ts';
import { nginxVersion, startDocumentedNginx, type Nginx } from './nginx.ts';

const version = nginxVersion();
const FIXTURE = new URL('../support/fixtureServer.ts', import.meta.url).pathname;
const WATCHED = 'test://watched-resource';

/** Each lane, each transport of servers, each era that passes there. */
const WAYS: readonly (readonly [what: string, path: string, prefix: string, client: ClientKind])[] = [
  ['bytes to HTTP, legacy', '/mcp/http', '', v2LegacyClient],
  ['bytes to HTTP, modern', '/mcp/http', '', v2ModernClient],
  ['messages to HTTP+SSE', '/mcp/sse', '', v2LegacyClient],
  ['messages to a program, legacy', '/mcp/stdio', '', v2LegacyClient],
  ['messages to a program, modern', '/mcp/stdio', '', v2ModernClient],
  ['the aggregate, legacy', '/mcp?servers=http', 'http__', v2LegacyClient],
  ['the aggregate, modern', '/mcp?servers=http', 'http__', v2ModernClient],
];

/** The forms of the live event feed, and how it begins. */
const FEEDS = [
  ['text/event-stream', ': alive'],
  ['application/x-ndjson', '"heartbeat"'],
] as const;

describe.skipIf(version === undefined)(
  `behind nginx ${version ?? '(skipped: not installed)'} that buffers, with the block of docs/operating.md`,
  () => {
    let stack: AsyncDisposableStack;
    let gateway: TestGateway;
    let nginx: Nginx;
    let headers: Record<string, string>;
    beforeAll(async () => {
      await using setUp = new AsyncDisposableStack();
      const http = setUp.use(await startFixtureServer());
      const sse = setUp.use(await startFixtureSseServer());
      gateway = setUp.use(await startTestGateway());
      await gateway.addServer('http', http.url);
      const settings = { ...DEFAULT_SETTINGS, transport: 'sse', url: sse.url } as const;
      await gateway.stores.servers.register('sse', { settings, secrets: { headers: {}, env: {} } }, TEST_CONTEXT);
      const args = [FIXTURE, '--transport', 'stdio'];
      await addProgram(gateway, 'stdio', { command: process.execPath, args });
      const { apiKey } = await gateway.createKey();
      headers = { authorization: `Bearer ${apiKey}` };
      nginx = setUp.use(await startDocumentedNginx(Number(new URL(gateway.url).port)));
      stack = setUp.move();
    });
    afterAll(() => stack.disposeAsync());

    describe.each(WAYS)('%s', (_what, path, prefix, kind) => {
      test('progress arrives while its call goes on [ops-reverse-proxy]', async () => {
        await using client = await kind.connect({ url: `${nginx.url}${path}`, headers });
        const leaving = new AbortController();
        const arrived = Promise.withResolvers<number>();
        // The call ends only when its client leaves, who leaves when the progress has arrived.
        const call = client.callTool(
          `${prefix}test_wait_until_cancelled`,
          { id: crypto.randomUUID() },
          { onProgress: ({ progress }) => arrived.resolve(progress), signal: leaving.signal },
        );
        const over = call.then(
          () => 'answered',
          () => 'left',
        );
        expect(await arrived.promise).toBe(0);
        leaving.abort(new Error('it has arrived'));
        expect(await over).toBe('left');
      });

      test('a server’s question arrives, and its answer leads to the result [ops-reverse-proxy]', async () => {
        await using client = await kind.connect({ url: `${nginx.url}${path}`, headers });
        const result = await client.callTool(`${prefix}test_elicitation`, { message: 'Who?' });
        expect(textOfResult(result)).toContain('User response');
        expect(client.asked).toHaveLength(1);
      });

      test('what a server sends outside of calls arrives while the stream stands [ops-reverse-proxy]', async () => {
        await using client = await kind.connect({ url: `${nginx.url}${path}`, headers });
        // A modern client is answered only by the acknowledgement on its stream.
        const end = await client.watch(WATCHED);
        await vi.waitUntil(
          async () => {
            // The aggregate acknowledges before its members do, so one change may come too early for the stream.
            await client.callTool(`${prefix}test_trigger_resource_update`);
            return client.notifications.some(({ method }) => method.endsWith('resources/updated'));
          },
          { timeout: 60_000 },
        );
        await end();
      });

      test('an answer in one piece arrives as without it [ops-reverse-proxy]', async () => {
        const direct = await kind.connect({ url: `${gateway.url}${path}`, headers });
        await using client = await kind.connect({ url: `${nginx.url}${path}`, headers });
        expect(await client.listTools()).toEqual(await direct.listTools());
        await direct[Symbol.asyncDispose]();
      });
    });

    test('the live event feed arrives as it comes, in either form [ops-reverse-proxy]', async () => {
      const { apiKey } = await gateway.createKey({ scopes: ['mcp', 'events:read', 'servers:read'] });
      for (const [accept, beginning] of FEEDS) {
        const leaving = new AbortController();
        const answer = await fetch(`${nginx.url}/api/v1/events?types=server_changed`, {
          headers: { accept, authorization: `Bearer ${apiKey}` },
          signal: leaving.signal,
        });
        const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        const has = async (part: string): Promise<void> => {
          while (!text.includes(part)) text += (await reader.read()).value ?? '';
        };
        const name = `seen-by-${accept.length}`;
        await has(beginning);
        await gateway.addServer(name, 'http://127.0.0.1:1/mcp');
        await has(name);
        leaving.abort();
      }
    });
  },
);
