import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Upstream, UpstreamMessage } from '../../../src/upstream/upstream.ts';
import { answer, type Behaviour, type Outlet, type Received } from '../../contract/upstreamWorld.ts';
import { stdioWorld, type StdioWorld } from '../stdio/stdioWorld.ts';
import { ABLE, call, openBridge, repeat } from './asModernWorld.ts';
import { question, saying } from './interleavedServer.ts';

interface Waiting {
  readonly request: Received;
  readonly outlet: Outlet;
}

let world: StdioWorld;
beforeAll(() => {
  world = stdioWorld('legacy');
});
afterAll(() => world[Symbol.asyncDispose]());

/** A program with two calls under way, `first` and `last`; it does not say which of them it asks for. */
function twoCalls(): {
  readonly behaviour: Behaviour;
  readonly calls: Map<unknown, Waiting>;
  readonly replies: Received[];
} {
  const calls = new Map<unknown, Waiting>();
  const replies: Received[] = [];
  return {
    calls,
    replies,
    behaviour: {
      'tools/call': (request, outlet) => void calls.set(request.params?.['name'], { request, outlet }),
      '': (reply) => void replies.push(reply),
    },
  };
}

const ask = ({ outlet }: Waiting): Promise<void> => outlet.send({ jsonrpc: '2.0', id: 'asked', ...question('Who?') });
const end = ({ request, outlet }: Waiting): Promise<void> => outlet.send(answer(request, { content: [] }));
const of = (calls: ReadonlyMap<unknown, Waiting>, name: string): Waiting => {
  const waiting = calls.get(name);
  if (waiting === undefined) throw new Error(`${name} is not under way`);
  return waiting;
};

describe('a legacy program that asks during the first of two calls', () => {
  test('has its question answered by the client of the first one, if the last one ends before its client was asked [bridge-modern-client-outside]', async () => {
    const { behaviour, calls, replies } = twoCalls();
    await using bridge = await openBridge(world, behaviour, { limits: { turnMs: 1_500 } });
    const first = call(bridge.upstream, { name: 'first' });
    await expect.poll(() => calls.size).toBe(1);
    const last = call(bridge.upstream, { name: 'last' });
    await expect.poll(() => calls.size).toBe(2);
    await ask(of(calls, 'first'));
    await end(of(calls, 'last'));
    expect((await last).result).toMatchObject({ resultType: 'complete' });
    const asked = await first;
    const repeated = repeat(bridge.upstream, asked, saying, { name: 'first' });
    await expect.poll(() => replies).toMatchObject([{ id: 'asked', result: { content: { said: 'Who?' } } }]);
    await end(of(calls, 'first'));
    expect((await repeated).result).toMatchObject({ resultType: 'complete' });
  });

  test('gets the answer that the client of the last one was asked for, also when that one is over meanwhile [bridge-modern-client-outside]', async () => {
    const { behaviour, calls, replies } = twoCalls();
    await using bridge = await openBridge(world, behaviour);
    const first = call(bridge.upstream, { name: 'first' });
    await expect.poll(() => calls.size).toBe(1);
    const last = call(bridge.upstream, { name: 'last' });
    await expect.poll(() => calls.size).toBe(2);
    await ask(of(calls, 'first'));
    const asked = await last;
    await end(of(calls, 'last'));
    // What comes on one channel comes in order: with the third answer the one before is there.
    const third = call(bridge.upstream, { name: 'third' });
    await expect.poll(() => calls.size).toBe(3);
    await end(of(calls, 'third'));
    await third;
    expect((await repeat(bridge.upstream, asked, saying, { name: 'last' })).result?.['resultType']).toBe('complete');
    await expect.poll(() => replies).toMatchObject([{ id: 'asked', result: { content: { said: 'Who?' } } }]);
    await end(of(calls, 'first'));
    expect((await first).result).toMatchObject({ resultType: 'complete' });
  });

  test('gets a legacy client’s answer, also when the call is over with which the question came [proxy-stdio-guessed]', async () => {
    const { behaviour, calls, replies } = twoCalls();
    await using under = await world.open(behaviour, { capabilities: ABLE });
    const first = collectAsked(under.upstream, 'first');
    await expect.poll(() => calls.size).toBe(1);
    const last = collectAsked(under.upstream, 'last');
    await expect.poll(() => calls.size).toBe(2);
    await ask(of(calls, 'first'));
    await expect.poll(() => last.messages).toMatchObject([{ kind: 'request', request: { id: 'asked' } }]);
    await end(of(calls, 'last'));
    await last.ended;
    await under.upstream.reply('asked', { result: saying({ params: { message: 'Who?' } }) });
    await expect.poll(() => replies).toMatchObject([{ id: 'asked', result: {} }]);
    await end(of(calls, 'first'));
    await first.ended;
  });
});

function collectAsked(
  upstream: Upstream,
  name: string,
): { readonly messages: UpstreamMessage[]; readonly ended: Promise<void> } {
  const messages: UpstreamMessage[] = [];
  const ended = (async () => {
    for await (const message of upstream.ask({ method: 'tools/call', params: { name } })) messages.push(message);
  })();
  return { messages, ended };
}
