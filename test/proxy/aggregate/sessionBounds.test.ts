import { expect, test } from 'vitest';
import { parseCall, type Answer, type Upstream } from '../upstream.ts';
import { aggregateWorld, client, reply, server } from './world.ts';

const empty: Answer = (res, { body }) => reply(res, parseCall(body).id, { result: {} });

/** A server that takes any level and any URI. */
const willing = () =>
  server({
    tools: ['x'],
    capabilities: { tools: {}, logging: {}, resources: { subscribe: true } },
    answers: {
      'resources/list': (res, { body }) => reply(res, parseCall(body).id, { result: { resources: [] } }),
      'resources/templates/list': (res, { body }) =>
        reply(res, parseCall(body).id, { result: { resourceTemplates: [] } }),
      'resources/subscribe': empty,
      'resources/unsubscribe': empty,
      'logging/setLevel': empty,
    },
  });

const paramsOf = ({ received }: Upstream, method: string): unknown[] =>
  received.flatMap(({ body }) => {
    const call = body.length === 0 ? undefined : parseCall(body);
    return call?.method === method ? [call.params] : [];
  });

test('A subscription beyond what a session may watch is refused, and reaches no server [aggregate-session-state-bounded]', async () => {
  await using world = await aggregateWorld();
  const a = await world.add('a', willing());
  const me = await client(world.gateway, 'legacy');
  const [one, two, three] = ['1', '2', '3'].map((name) => ({ uri: `db://${name}/${'x'.repeat(30_000)}` }));
  expect((await me.ask('resources/subscribe', one)).error).toBeUndefined();
  expect((await me.ask('resources/subscribe', two)).error).toBeUndefined();
  const message =
    'A session watches at most 1,000 resources, with 65,536 characters in their URIs together: unsubscribe from some first.';
  expect((await me.ask('resources/subscribe', three)).error).toMatchObject({ code: -32_602, message });
  // What it watches already takes no more room.
  expect((await me.ask('resources/subscribe', one)).error).toBeUndefined();
  expect((await me.ask('resources/unsubscribe', two)).error).toBeUndefined();
  expect((await me.ask('resources/subscribe', three)).error).toBeUndefined();
  expect(paramsOf(a, 'resources/subscribe')).toEqual([one, two, one, three]);
});

test('Of what a client sends with its level of logging, a session keeps the level [aggregate-session-state-bounded]', async () => {
  await using world = await aggregateWorld();
  const a = await world.add('a', willing());
  const me = await client(world.gateway, 'legacy');
  await me.ask('tools/call', { name: 'a__x' });
  const all = { level: 'error', pad: 'x'.repeat(100_000) };
  expect((await me.ask('logging/setLevel', all)).result).toEqual({});
  expect(paramsOf(a, 'logging/setLevel')).toEqual([all]);
  const b = await world.add('b', willing());
  await me.ask('tools/call', { name: 'b__x' });
  expect(paramsOf(b, 'logging/setLevel')).toEqual([{ level: 'error' }]);
});
