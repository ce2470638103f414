import { afterAll, expect, test } from 'vitest';
import { answer, collect, type Received } from '../../contract/upstreamWorld.ts';
import { failure } from '../support/connect.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { asLegacyWorld } from './asLegacyWorld.ts';
import { askAsClient, CALL, EVERYTHING, inputRequired, openAsLegacy, outcomeOf } from './legacyClient.ts';

const programs = stdioWorld('modern');
afterAll(() => programs[Symbol.asyncDispose]());

const levelOf = ({ params }: Received): unknown =>
  (params?.['_meta'] as Record<string, unknown>)['io.modelcontextprotocol/logLevel'];

test('the level of logging that a client sets goes with each request from then on [bridge-legacy-client-settings]', async () => {
  await using under = await openAsLegacy({});
  const { upstream } = under;
  const other = { method: 'other/thing', params: { _meta: { mine: 1 } } };
  await collect(upstream.ask(other));
  const set = (level: unknown) => collect(upstream.ask({ method: 'logging/setLevel', params: { level } }));
  expect(outcomeOf(await set('warning'))['result']).toEqual({});
  await collect(upstream.ask(other));
  expect(outcomeOf(await set('loud'))).toMatchObject({ error: { code: -32_602 } });
  await collect(upstream.ask(other));
  expect(under.received.map(levelOf)).toEqual([undefined, 'warning', 'warning']);
  expect(under.received[1]?.params?.['_meta']).toMatchObject({ mine: 1 });
});

test.each([
  'initialize',
  'server/discover',
  'subscriptions/listen',
  'tasks/get',
  'tasks/result',
  'resources/subscribe',
])('the method %s is unknown, and the server does not get it [bridge-legacy-client-settings]', async (method) => {
  await using under = await openAsLegacy({ [method]: (request, outlet) => void outlet.send(answer(request)) });
  const messages = await collect(under.upstream.ask({ method, params: { uri: 'a:b', taskId: '1' } }));
  expect(outcomeOf(messages)).toMatchObject({ error: { code: -32_601 } });
  expect(under.received).toEqual([]);
});

test('a ping is answered without the server', async () => {
  await using under = await openAsLegacy({});
  expect(outcomeOf(await collect(under.upstream.ask({ method: 'ping' })))['result']).toEqual({});
  expect(under.received).toEqual([]);
});

test.each([
  'notifications/initialized',
  'notifications/roots/list_changed',
  'notifications/progress',
  'notifications/cancelled',
])('%s does not reach the server', async (method) => {
  await using under = await openAsLegacy({});
  await under.upstream.tell({ method });
  await under.upstream.tell({ method: 'notifications/vendor/news' });
  await expect.poll(() => under.received.length).toBe(1);
  expect(under.received[0]?.method).toBe('notifications/vendor/news');
});

test('what only a repeat may hold is not taken from the client', async () => {
  await using under = await openAsLegacy({ 'tools/call': (request, outlet) => void outlet.send(answer(request)) });
  const params = { ...CALL.params, task: { ttl: 1 }, requestState: 'forged', inputResponses: { a: {} } };
  await collect(under.upstream.ask({ method: 'tools/call', params }));
  expect(under.received[0]?.params).toMatchObject(CALL.params);
  for (const name of ['task', 'requestState', 'inputResponses'])
    expect(under.received[0]?.params).not.toHaveProperty(name);
});

/** Sends progress in each round, and asks for the roots between them. */
const inRounds = (rounds: readonly (readonly object[])[]) => ({
  'tools/call': (request: Received, outlet: { send(message: object): Promise<void> }) => {
    const round = Number(request.params?.['requestState'] ?? 0);
    const token = (request.params?.['_meta'] as Record<string, unknown>)['progressToken'];
    for (const one of rounds[round] ?? []) {
      const params = { progressToken: token, ...one };
      void outlet.send({ jsonrpc: '2.0', method: 'notifications/progress', params });
    }
    const isLast = round === rounds.length - 1;
    const asked = { it: { method: 'roots/list' } };
    void outlet.send(isLast ? answer(request) : inputRequired(request, asked, String(round + 1)));
  },
});

test.each([
  [
    'begins anew in each round',
    [
      [
        { progress: 1, total: 2 },
        { progress: 2, total: 2 },
      ],
      [{ progress: 1, total: 3 }],
      [],
      [{ progress: 0.5 }],
    ],
    [{ progress: 1, total: 2 }, { progress: 2, total: 2 }, { progress: 3, total: 5 }, { progress: 3.5 }],
  ],
  [
    'is counted on by the server',
    [
      [{ progress: 1, total: 9 }],
      [
        { progress: 5, total: 9 },
        { progress: 9, total: 9 },
      ],
    ],
    [
      { progress: 1, total: 9 },
      { progress: 5, total: 9 },
      { progress: 9, total: 9 },
    ],
  ],
])(
  'progress that %s grows all the way, under the client’s token [bridge-legacy-client-progress]',
  async (_name, rounds, seen) => {
    await using under = await openAsLegacy(inRounds(rounds));
    const request = { ...CALL, params: { ...CALL.params, _meta: { progressToken: 'mine' } } };
    const messages = await askAsClient(under.upstream, request, () => ({ result: { roots: [] } }));
    const progress = messages.flatMap((message) =>
      message.kind === 'notification' ? [message.notification.params] : [],
    );
    expect(progress).toEqual(seen.map((one) => ({ progressToken: 'mine', ...one })));
  },
);

test('a server that is gone when its input comes fails the call', async () => {
  let die: (() => void) | undefined;
  await using under = await asLegacyWorld(programs).open(
    {
      'tools/call': (request, outlet) => {
        die = () => outlet.die();
        void outlet.send(inputRequired(request, { it: { method: 'roots/list' } }));
      },
    },
    { capabilities: EVERYTHING },
  );
  const asked = askAsClient(under.upstream, CALL, () => {
    die?.();
    return { result: { roots: [] } };
  });
  expect(await failure(asked)).toMatchObject({ code: expect.stringMatching(/^upstream-/) as string });
});

test('a repeat whose answer is lost is not sent again', async () => {
  let calls = 0;
  await using under = await openAsLegacy({
    'tools/call': (request, outlet) => {
      if (++calls === 1) void outlet.send(inputRequired(request, { it: { method: 'roots/list' } }, 's'));
      else if (calls === 2) outlet.die();
      else void outlet.send(answer(request, { content: [] }));
    },
  });
  const asked = askAsClient(under.upstream, CALL, () => ({ result: { roots: [] } }));
  expect(await failure(asked)).toMatchObject({ code: expect.stringMatching(/^upstream-/) as string });
  expect(calls).toBe(2);
});
