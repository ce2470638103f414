import { describe, expect, test } from 'vitest';
import type { UpstreamMessage } from '../../src/upstream/upstream.ts';
import { failure } from '../upstream/support/connect.ts';
import {
  answer,
  collect,
  echo,
  resultOf,
  tick,
  type Behaviour,
  type Received,
  type UpstreamWorld,
} from './upstreamWorld.ts';

/** Asks the client, and answers with what it says. Ids of the server's requests are of any kind. */
function asking(method: string, id: string | number, waiting: Map<unknown, (reply: Received) => void>): Behaviour {
  return {
    ...echo,
    work: (request, outlet) => {
      void outlet.send(tick(1));
      void outlet.send({ jsonrpc: '2.0', id, method, params: { message: 'Who?' } });
      waiting.set(id, ({ result, error }) => {
        void outlet.send(tick(2));
        void outlet.send(answer(request, { reply: result ?? error }));
      });
    },
  };
}

export function upstreamServerRequestsContract(world: UpstreamWorld): void {
  if (world.era === 'modern') {
    describe('requests of the server', () => {
      test('do not exist: one is dropped, and a reply goes nowhere', async () => {
        await using under = await world.open(
          {
            ...echo,
            work: (request, outlet) => {
              void outlet.send({ jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: {} });
              void outlet.send(answer(request));
            },
          },
          { capabilities: { elicitation: {} } },
        );
        const messages = await collect(under.upstream.ask({ method: 'work' }));
        expect(messages.map(({ kind }) => kind)).toEqual(['response']);
        await under.upstream.reply(1, { result: {} });
        await resultOf(under.upstream.ask({ method: 'echo' }));
        expect(under.received.map(({ method }) => method)).toEqual(['work', 'echo']);
      });

      test('become what a result asks for, which is an answer like any other', async () => {
        const inputRequests = { name: { method: 'elicitation/create', params: {} } };
        await using under = await world.open({
          work: (request, outlet) =>
            void outlet.send(answer(request, { resultType: 'input_required', inputRequests, requestState: 's' })),
        });
        const result = await resultOf(under.upstream.ask({ method: 'work' }));
        expect(result).toEqual({ resultType: 'input_required', inputRequests, requestState: 's' });
      });
    });
    return;
  }

  /** Opens a server that asks, and hands it the replies. */
  async function open(method: string, id: string | number, capabilities: Record<string, object>) {
    const waiting = new Map<unknown, (reply: Received) => void>();
    const under = await world.open(asking(method, id, waiting), { capabilities });
    const deliver = async () => {
      await expect.poll(() => under.received.some((message) => message.method === undefined)).toBe(true);
      const reply = under.received.find((message) => message.method === undefined);
      if (reply !== undefined) waiting.get(reply.id)?.(reply);
    };
    return { under, deliver };
  }

  describe('a request of the server', () => {
    test.each(['a text', 0, 41])('with the id %j is given in order, and gets its reply', async (id) => {
      const { under, deliver } = await open('elicitation/create', id, { elicitation: {} });
      await using disposal = under;
      const seen: UpstreamMessage[] = [];
      for await (const message of disposal.upstream.ask({ method: 'work' })) {
        seen.push(message);
        if (message.kind !== 'request') continue;
        expect(message.request).toMatchObject({ id, method: 'elicitation/create', params: { message: 'Who?' } });
        await disposal.upstream.reply(message.request.id, { result: { action: 'accept' } });
        await deliver();
      }
      expect(seen.map(({ kind }) => kind)).toEqual(['notification', 'request', 'notification', 'response']);
      expect(seen.at(-1)).toMatchObject({ response: { result: { reply: { action: 'accept' } } } });
    });

    test('gets an error as a reply, with its data', async () => {
      const { under, deliver } = await open('roots/list', 1, { roots: {} });
      await using disposal = under;
      const error = { code: -32_603, message: 'none', data: { why: 1 } };
      for await (const message of disposal.upstream.ask({ method: 'work' })) {
        if (message.kind === 'response') expect(message).toMatchObject({ response: { result: { reply: error } } });
        if (message.kind !== 'request') continue;
        await disposal.upstream.reply(message.request.id, { error });
        await deliver();
      }
    });

    test.each([
      ['ping', {}, {}],
      ['ping', { sampling: {} }, {}],
      ['sampling/createMessage', {}, { code: -32_601 }],
      ['elicitation/create', { sampling: {} }, { code: -32_601 }],
      ['vendor/extension', {}, { code: -32_601 }],
    ])('%s is answered without the reader, where %j is declared', async (method, capabilities, reply) => {
      const { under, deliver } = await open(method, 'p', capabilities);
      await using disposal = under;
      const delivered = deliver();
      const messages = await collect(disposal.upstream.ask({ method: 'work' }));
      await delivered;
      expect(messages.map(({ kind }) => kind)).toEqual(['notification', 'notification', 'response']);
      expect(messages.at(-1)).toMatchObject({ response: { result: { reply } } });
    });

    test('is not replied to once the call has ended, or twice', async () => {
      const { under, deliver } = await open('roots/list', 5, { roots: {} });
      await using disposal = under;
      const { upstream } = disposal;
      for await (const message of upstream.ask({ method: 'work' })) {
        if (message.kind !== 'request') continue;
        await upstream.reply(5, { result: { roots: [] } });
        await upstream.reply(5, { result: { roots: ['again'] } });
        await deliver();
      }
      await upstream.reply(5, { result: {} });
      await upstream.reply('never asked', { result: {} });
      await resultOf(upstream.ask({ method: 'echo' }));
      expect(disposal.received.filter(({ method }) => method === undefined)).toEqual([
        { jsonrpc: '2.0', id: 5, result: { roots: [] } },
      ]);
    });

    test('that was open when the call ended gets no reply any more', async () => {
      const { under } = await open('roots/list', 6, { roots: {} });
      await using disposal = under;
      const { upstream } = disposal;
      for await (const message of upstream.ask({ method: 'work' })) if (message.kind === 'request') break;
      await upstream.reply(6, { result: { roots: [] } });
      await resultOf(upstream.ask({ method: 'echo' }));
      expect(disposal.received.filter(({ method }) => method === undefined)).toEqual([]);
    });

    test('is waited for without a word: the idle time-out is over while its answer is awaited, and no longer', async () => {
      const idleMs = 300;
      const waiting = new Map<unknown, (reply: Received) => void>();
      const options = { capabilities: { roots: {} }, timeouts: { idleMs } };
      await using under = await world.open(asking('roots/list', 7, waiting), options);
      await using other = await world.open({ silent: () => undefined }, options);
      const { upstream } = under;
      const work = upstream.ask({ method: 'work' });
      await work.next();
      expect(await work.next()).toMatchObject({ value: { kind: 'request' } });
      const next = work.next();
      // Begun later, each has waited for long enough once it is over.
      for (let round = 0; round < 2; round++) {
        const silent = collect(other.upstream.ask({ method: 'silent' }));
        expect(await failure(silent)).toMatchObject({ data: { timeout: 'idle' } });
      }
      await upstream.reply(7, { result: { roots: [] } });
      await expect.poll(() => under.received.some((message) => message.method === undefined)).toBe(true);
      if (world.isOneChannel !== true) {
        expect(await failure(next)).toMatchObject({ code: 'upstream-timeout', data: { timeout: 'idle' } });
        return;
      }
      waiting.get(7)?.({ result: {} });
      expect(await next).toMatchObject({ value: { kind: 'notification' } });
    });

    test('is one of a number with a bound', async () => {
      await using under = await world.open({
        flood: (_request, outlet) => {
          for (let id = 0; id < 101; id++) void outlet.send({ jsonrpc: '2.0', id, method: 'ping' });
        },
      });
      const asked = collect(under.upstream.ask({ method: 'flood' }));
      expect(await failure(asked)).toMatchObject({ code: 'upstream-not-mcp' });
    });
  });
}
