import { describe, expect, test } from 'vitest';
import { failure } from '../upstream/support/connect.ts';
import { answer, collect, echo, resultOf, tick, type Behaviour, type UpstreamWorld } from './upstreamWorld.ts';

/** Begins to answer and does not finish. */
const hang: Behaviour = {
  ...echo,
  hang: (_request, outlet) => {
    void outlet.send(tick(1));
    void outlet.send(tick(2));
  },
  silent: () => undefined,
};

/** The opening of a conversation has to end within it, too, on a busy machine. */
const TIMEOUT_MS = 300;

export function upstreamEndingsContract(world: UpstreamWorld): void {
  describe('ending', () => {
    test('a loop early cancels the request at the server, and nothing else', async () => {
      await using under = await world.open(hang);
      for await (const message of under.upstream.ask({ method: 'hang' })) {
        expect(message.kind).toBe('notification');
        break;
      }
      await expect.poll(() => under.cancelled).toEqual([under.received[0]?.id]);
      expect(await resultOf(under.upstream.ask({ method: 'echo', params: { still: 'here' } }))).toHaveProperty(
        'params',
      );
    });

    test('a loop at the answer cancels nothing', async () => {
      await using under = await world.open(echo);
      for await (const message of under.upstream.ask({ method: 'echo' })) {
        expect(message.kind).toBe('response');
        break;
      }
      // Whatever was sent with it has arrived when another request is answered.
      await resultOf(under.upstream.ask({ method: 'echo' }));
      expect(under.cancelled).toEqual([]);
      expect(under.received.map(({ method }) => method)).toEqual(['echo', 'echo']);
    });

    test.each(['hang', 'silent'])('the signal of the request %s throws its reason and cancels', async (method) => {
      await using under = await world.open(hang);
      const controller = new AbortController();
      const asked = failure(collect(under.upstream.ask({ method }, { signal: controller.signal })));
      await expect.poll(() => under.received).toHaveLength(1);
      const reason = new Error('enough');
      controller.abort(reason);
      expect(await asked).toBe(reason);
      await expect.poll(() => under.cancelled).toEqual([under.received[0]?.id]);
    });

    test('the signal while the reader is busy cancels at once, and throws at the next step', async () => {
      await using under = await world.open(hang);
      const controller = new AbortController();
      const asked = under.upstream.ask({ method: 'hang' }, { signal: controller.signal });
      await asked.next();
      const reason = new Error('enough');
      controller.abort(reason);
      await expect.poll(() => under.cancelled).toEqual([under.received[0]?.id]);
      expect(await failure(asked.next())).toBe(reason);
    });

    test('the signal before anything is sent sends nothing', async () => {
      await using under = await world.open(echo);
      const reason = new Error('too late');
      const asked = collect(under.upstream.ask({ method: 'echo' }, { signal: AbortSignal.abort(reason) }));
      expect(await failure(asked)).toBe(reason);
      await resultOf(under.upstream.ask({ method: 'echo' }));
      expect(under.received).toHaveLength(1);
    });

    test.each([
      ['silent', { idleMs: TIMEOUT_MS }, 'idle'],
      ['hang', { idleMs: 10_000, totalMs: TIMEOUT_MS }, 'total'],
    ] as const)('a request (%s) by its time-out %j cancels it', async (method, timeouts, timeout) => {
      await using under = await world.open(hang, { timeouts });
      const asked = collect(under.upstream.ask({ method }));
      expect(await failure(asked)).toMatchObject({ code: 'upstream-timeout', data: { timeout } });
      await expect.poll(() => under.cancelled).toEqual([under.received[0]?.id]);
    });

    test('by the idle time-out does not happen to a reader that takes its time', async () => {
      await using under = await world.open(
        {
          ...hang,
          slow: (request, outlet) => {
            void outlet.send(tick(1));
            void outlet.send(answer(request));
          },
        },
        { timeouts: { idleMs: TIMEOUT_MS } },
      );
      const slow = under.upstream.ask({ method: 'slow' });
      await slow.next();
      // Begun later, it has waited for long enough once it is over.
      expect(await failure(collect(under.upstream.ask({ method: 'silent' })))).toMatchObject({
        data: { timeout: 'idle' },
      });
      expect((await collect(slow)).map(({ kind }) => kind)).toEqual(['response']);
    });

    test('by a budget of bytes that several requests share', async () => {
      await using under = await world.open({
        large: (request, outlet) => void outlet.send(answer(request, { text: 'x'.repeat(50_000) })),
      });
      const budget = { left: 70_000 };
      await resultOf(under.upstream.ask({ method: 'large' }, { budget }));
      const second = collect(under.upstream.ask({ method: 'large' }, { budget }));
      expect(await failure(second)).toMatchObject({ code: 'upstream-too-large' });
    });

    test('by a message that is too large', async () => {
      await using under = await world.open({
        ...echo,
        huge: (request, outlet) => void outlet.send(answer(request, { text: 'x'.repeat(17 * 1024 * 1024) })),
      });
      const asked = collect(under.upstream.ask({ method: 'huge' }));
      expect(await failure(asked)).toMatchObject({ code: 'upstream-too-large' });
      expect(await resultOf(under.upstream.ask({ method: 'echo' }))).toBeDefined();
    });

    test('by a server that dies is an error of the request', async () => {
      let die: (() => void) | undefined;
      await using under = await world.open({
        dies: (_request, outlet) => {
          die = () => {
            outlet.die();
          };
          void outlet.send(tick(1));
        },
      });
      const seen: string[] = [];
      const asked = (async () => {
        for await (const { kind } of under.upstream.ask({ method: 'dies' })) {
          seen.push(kind);
          die?.();
        }
      })();
      expect(await failure(asked)).toMatchObject({
        kind: 'unavailable',
        code: expect.stringMatching(/^upstream-/) as string,
        message: expect.stringContaining('"github"') as string,
      });
      expect(seen).toEqual(['notification']);
    });

    test('does not come of garbage before the answer', async () => {
      await using under = await world.open({
        garbled: (request, outlet) => {
          outlet.sendText('this is no JSON');
          outlet.sendText('{"jsonrpc":"1.0"}');
          void outlet.send(tick(1));
          void outlet.send(answer(request));
        },
      });
      const messages = await collect(under.upstream.ask({ method: 'garbled' }));
      expect(messages.map(({ kind }) => kind)).toEqual(['notification', 'response']);
    });

    test('by the disposal of the Upstream ends what is under way', async () => {
      await using under = await world.open(hang);
      const { upstream } = under;
      const silent = failure(collect(upstream.ask({ method: 'silent' })));
      const hanging = upstream.ask({ method: 'hang' });
      await hanging.next();
      await expect.poll(() => under.received).toHaveLength(2);
      await upstream[Symbol.asyncDispose]();
      expect(await silent).toMatchObject({ code: 'upstream-closed' });
      expect(await failure(hanging.next())).toMatchObject({ code: 'upstream-closed' });
      expect(await failure(collect(upstream.ask({ method: 'echo' })))).toMatchObject({ code: 'upstream-closed' });
      expect(await failure(upstream.tell({ method: 'notifications/x' }))).toMatchObject({ code: 'upstream-closed' });
      await expect(upstream[Symbol.asyncDispose]()).resolves.toBeUndefined();
    });
  });
}
