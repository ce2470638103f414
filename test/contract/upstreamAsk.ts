import { describe, expect, test } from 'vitest';
import { stringifyLossless } from '../../src/mcp/losslessJson.ts';
import {
  answer,
  collect,
  echo,
  resultOf,
  tick,
  ticksOf,
  type Outlet,
  type Received,
  type UpstreamWorld,
} from './upstreamWorld.ts';

const progress = (token: unknown, step: number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: token, progress: step },
});

const tokenOf = ({ params }: Received): unknown => (params?.['_meta'] as Record<string, unknown>)['progressToken'];

export function upstreamAskContract(world: UpstreamWorld): void {
  describe('asking', () => {
    test('gives what the server sends in order, and one answer, last', async () => {
      await using under = await world.open({
        count: (request, outlet) => {
          for (const number of [1, 2, 3]) void outlet.send(tick(number));
          void outlet.send(answer(request, { counted: 3 }));
        },
      });
      const messages = await collect(under.upstream.ask({ method: 'count' }));
      expect(ticksOf(messages)).toEqual([1, 2, 3]);
      expect(messages.map(({ kind }) => kind)).toEqual(['notification', 'notification', 'notification', 'response']);
      expect(messages.at(-1)).toMatchObject({ response: { result: { counted: 3 } } });
    });

    test('gives a JSON-RPC error as an answer, with its data', async () => {
      const error = { code: -32_602, message: 'no such thing', data: { uri: 'a:b' } };
      await using under = await world.open({
        fail: ({ id }, outlet) => void outlet.send({ jsonrpc: '2.0', id, error }),
      });
      const messages = await collect(under.upstream.ask({ method: 'fail' }));
      expect(messages).toMatchObject([{ kind: 'response', response: { error } }]);
    });

    test('gives a request of a method that the server does not know its error', async () => {
      await using under = await world.open(echo);
      const messages = await collect(under.upstream.ask({ method: 'unknown/method' }));
      expect(messages).toMatchObject([{ kind: 'response', response: { error: { code: -32_601 } } }]);
    });

    test('passes on members that it does not know, and numbers in their own spelling', async () => {
      await using under = await world.open({
        spell: ({ id }, outlet) =>
          outlet.sendText(`{"jsonrpc":"2.0","id":${String(id)},"result":{"n":12345678901234567890,"x":{"y":1.0}}}`),
      });
      expect(stringifyLossless(await resultOf(under.upstream.ask({ method: 'spell' })))).toContain(
        '"n":12345678901234567890,"x":{"y":1.0}',
      );
      const params = { mine: { deep: [1, null, 'ü'] }, _meta: { traceparent: '00-1-2-01' } };
      await collect(under.upstream.ask({ method: 'unknown/method', params }));
      expect(under.received.at(-1)?.params).toMatchObject(params);
    });

    test.each(['text', 0, 7])('restores the progress token %j of the request', async (token) => {
      await using under = await world.open({
        work: (request, outlet) => {
          void outlet.send(progress(tokenOf(request), 1));
          void outlet.send(progress('somebody else’s', 2));
          void outlet.send(progress(tokenOf(request), 3));
          void outlet.send(answer(request));
        },
      });
      const request = { method: 'work', params: { _meta: { progressToken: token } } };
      const messages = await collect(under.upstream.ask(request));
      const steps = messages.flatMap((message) =>
        message.kind === 'notification' ? [message.notification.params] : [],
      );
      expect(steps).toEqual([
        { progressToken: token, progress: 1 },
        { progressToken: token, progress: 3 },
      ]);
    });

    test('tells requests with the same progress token apart, which are answered in any order', async () => {
      const waiting: (() => void)[] = [];
      await using under = await world.open({
        work: (request, outlet) => {
          waiting.unshift(() => {
            void outlet.send(progress(tokenOf(request), Number(request.params?.['number'])));
            void outlet.send(answer(request, { number: request.params?.['number'] }));
          });
        },
      });
      const ask = (number: number) =>
        collect(under.upstream.ask({ method: 'work', params: { number, _meta: { progressToken: 'same' } } }));
      const asked = [1, 2, 3].map(ask);
      await expect.poll(() => waiting.length).toBe(3);
      for (const answerIt of waiting) answerIt();
      const all = await Promise.all(asked);
      expect(all).toMatchObject(
        [1, 2, 3].map((number) => [
          { notification: { params: { progressToken: 'same', progress: number } } },
          { response: { result: { number } } },
        ]),
      );
      const ids = under.received.map(({ id }) => id);
      expect(new Set(ids).size).toBe(3);
    });

    test('takes no answer to another request for its own', async () => {
      await using under = await world.open({
        work: (request, outlet) => {
          void outlet.send({ jsonrpc: '2.0', id: 'of another', result: { whose: 'another’s' } });
          void outlet.send(tick(1));
          void outlet.send(answer(request, { whose: 'mine' }));
        },
      });
      const messages = await collect(under.upstream.ask({ method: 'work' }));
      expect(messages).toMatchObject([{ kind: 'notification' }, { response: { result: { whose: 'mine' } } }]);
    });

    test.skipIf(world.isOneChannel)('reads no further than is taken', async () => {
      const ALL = 400;
      const sent = { count: 0, isBlocked: false };
      const filler = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(64 * 1024) } };
      const flood = async (request: Received, outlet: Outlet) => {
        for (; sent.count < ALL; sent.count++) {
          sent.isBlocked = true;
          await outlet.send(filler);
          sent.isBlocked = false;
        }
        await outlet.send(answer(request));
      };
      await using under = await world.open({
        ...echo,
        flood: (request, outlet) => void flood(request, outlet),
      });
      const messages = under.upstream.ask({ method: 'flood' });
      await messages.next();
      // What the sockets hold is full after some exchanges; then nothing moves.
      let before = -1;
      for (let rounds = 0; rounds < 200 && before !== sent.count; rounds++) {
        before = sent.count;
        for (let n = 0; n < 5; n++) await resultOf(under.upstream.ask({ method: 'echo' }));
      }
      expect(sent).toMatchObject({ count: before, isBlocked: true });
      expect(sent.count).toBeLessThan(ALL);
      let taken = 1;
      for await (const message of messages) if (message.kind === 'notification') taken++;
      expect(taken).toBe(ALL);
    });
  });
}
