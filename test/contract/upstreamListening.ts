import { describe, expect, test } from 'vitest';
import { failure } from '../upstream/support/connect.ts';
import { collect, echo, tick, ticksOf, type UpstreamUnderTest, type UpstreamWorld } from './upstreamWorld.ts';

/** The way of the only listener. */
async function listenerOf(under: UpstreamUnderTest) {
  await expect.poll(() => under.listeners.length).toBe(1);
  const [outlet] = under.listeners;
  if (outlet === undefined) throw new Error('there is none');
  return outlet;
}

export function upstreamListeningContract(world: UpstreamWorld): void {
  describe('listening', () => {
    test('gives what the server sends outside of requests, in order, until its signal', async () => {
      await using under = await world.open(echo);
      const controller = new AbortController();
      const seen: unknown[] = [];
      const listening = (async () => {
        for await (const message of under.upstream.listen({ signal: controller.signal }))
          seen.push(...ticksOf([message]));
      })();
      const outlet = await listenerOf(under);
      for (const number of [1, 2, 3]) await outlet.send(tick(number));
      await expect.poll(() => seen).toEqual([1, 2, 3]);
      controller.abort(new Error('enough'));
      await listening;
      await expect.poll(() => under.listeners).toEqual([]);
    });

    test('does not mix with requests', async () => {
      await using under = await world.open({
        ...echo,
        count: (request, outlet) => {
          void outlet.send(tick(10));
          void outlet.send({ jsonrpc: '2.0', id: request.id, result: {} });
        },
      });
      const controller = new AbortController();
      const listening = collect(under.upstream.listen({ signal: controller.signal }));
      await (await listenerOf(under)).send(tick(1));
      expect(ticksOf(await collect(under.upstream.ask({ method: 'count' })))).toEqual([10]);
      (await listenerOf(under)).end();
      expect(ticksOf(await listening)).toEqual([1]);
    });

    test('outlives the time-outs of requests', async () => {
      await using under = await world.open({ silent: () => undefined }, { timeouts: { idleMs: 300, totalMs: 600 } });
      const listening = collect(under.upstream.listen({ signal: new AbortController().signal }));
      const outlet = await listenerOf(under);
      await outlet.send(tick(1));
      for (let n = 0; n < 2; n++) {
        expect(await failure(collect(under.upstream.ask({ method: 'silent' })))).toMatchObject({
          code: 'upstream-timeout',
        });
      }
      await outlet.send(tick(2));
      outlet.end();
      expect(ticksOf(await listening)).toEqual([1, 2]);
    });

    test('ends at once where the server has nothing to listen to', async () => {
      await using under = await world.open(echo, { isMute: true });
      expect(await collect(under.upstream.listen({ signal: new AbortController().signal }))).toEqual([]);
    });

    test('ends at once when its signal is aborted before', async () => {
      await using under = await world.open(echo);
      expect(await collect(under.upstream.listen({ signal: AbortSignal.abort() }))).toEqual([]);
      expect(under.listeners).toEqual([]);
    });

    test('that is left early ends at the server', async () => {
      await using under = await world.open(echo);
      const listening = under.upstream.listen({ signal: new AbortController().signal });
      const first = listening.next();
      await (await listenerOf(under)).send(tick(1));
      await first;
      await listening.return();
      await expect.poll(() => under.listeners).toEqual([]);
    });

    test('fails when the Upstream is disposed of', async () => {
      await using under = await world.open(echo);
      const listening = failure(collect(under.upstream.listen({ signal: new AbortController().signal })));
      await listenerOf(under);
      await under.upstream[Symbol.asyncDispose]();
      expect(await listening).toMatchObject({ code: 'upstream-closed' });
    });
  });
}
