import { describe, expect, test } from 'vitest';
import { callTool } from '../../src/upstream/callTool.ts';
import { listTools } from '../../src/upstream/catalogue.ts';
import { ping } from '../../src/upstream/ping.ts';
import { upstreamAskContract } from './upstreamAsk.ts';
import { upstreamEndingsContract } from './upstreamEndings.ts';
import { upstreamListeningContract } from './upstreamListening.ts';
import { upstreamServerRequestsContract } from './upstreamServerRequests.ts';
import { answer, echo, type UpstreamWorld } from './upstreamWorld.ts';

/**
 * Holds what stands behind the port to servers (src/upstream/upstream.ts) to it: each transport in each era, and what is put
 * before one. Every adapter's test runs it, unchanged.
 */
export function upstreamContract(name: string, world: UpstreamWorld): void {
  describe(`${name}, as an Upstream`, () => {
    test('gives the facts of the server', async () => {
      await using under = await world.open(echo);
      expect(under.upstream.facts).toEqual({
        era: world.era,
        protocolVersion: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as string,
        serverInfo: { name: 'scripted', version: '7' },
        capabilities: { tools: { listChanged: true }, logging: {} },
        instructions: 'Use it well.',
      });
    });

    test('carries what the gateway asks for itself: a list, a call, a sign of life', async () => {
      const tool = { name: 'greet', inputSchema: { type: 'object' }, annotations: { readOnlyHint: true } };
      await using under = await world.open({
        'tools/list': (request, outlet) => void outlet.send(answer(request, { tools: [tool] })),
        'tools/call': (request, outlet) =>
          void outlet.send(answer(request, { content: [{ type: 'text', text: JSON.stringify(request.params) }] })),
        ping: (request, outlet) => void outlet.send(answer(request)),
      });
      const { upstream } = under;
      expect((await listTools(upstream)).items).toEqual([tool]);
      const { content } = await callTool(upstream, { name: 'greet', args: { who: 'you' } });
      expect(JSON.parse(String(content[0]?.['text']))).toMatchObject({ name: 'greet', arguments: { who: 'you' } });
      await expect(ping(upstream)).resolves.toBeUndefined();
    });

    test('tells the server a notification', async () => {
      await using under = await world.open(echo);
      await under.upstream.tell({ method: 'notifications/vendor/news', params: { _meta: { mine: 1 } } });
      await expect.poll(() => under.received).toHaveLength(1);
      expect(under.received[0]).toMatchObject({
        method: 'notifications/vendor/news',
        params: { _meta: { mine: 1 } },
      });
      expect(under.received[0]).not.toHaveProperty('id');
    });

    upstreamAskContract(world);
    upstreamEndingsContract(world);
    if (world.isBridged !== true) upstreamServerRequestsContract(world);
    // What the contract sends there a modern client never gets from a legacy server: log messages.
    const isTold =
      world.isBridged === true ? world.era === 'legacy' : world.isOneChannel !== true || world.era === 'modern';
    if (isTold) upstreamListeningContract(world);
  });
}
