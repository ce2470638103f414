import { expect, test } from 'vitest';
import { event, result, stream, type Script } from '../support/scriptedServer.ts';
import { manyServers } from './manyServers.ts';

test('what is watched keeps its conversation, also with the one server that passes as it is [aggregate-late]', async () => {
  await using many = manyServers('legacy', { idleMs: 0, idleAfterCallMs: 0 });
  const capabilities = { logging: {}, resources: { subscribe: true } };
  const accepts: Script = (seen, response) => result(seen, response, {});
  const updated = { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'db://a' } };
  const methods = {
    GET: ((_seen, response) => stream(response, event(updated))) satisfies Script,
    'resources/subscribe': accepts,
    'resources/unsubscribe': accepts,
    'logging/setLevel': accepts,
  };
  const server = await many.add('a', { capabilities, resources: [], methods }, { prefix: '' });
  const times = (method: string): number => server.methods.filter((each) => each === method).length;
  await many.ask('logging/setLevel', { level: 'error' });
  await expect.poll(() => many.aggregate.openConversations).toBe(0);
  for (let n = 0; n < 2; n++) await many.ask('resources/subscribe', { uri: 'db://a' });
  expect(times('logging/setLevel')).toBe(2);
  expect(many.aggregate.openConversations).toBe(1);
  const ending = new AbortController();
  for await (const message of many.aggregate.listen({ signal: ending.signal })) {
    expect(message).toMatchObject({ notification: { method: updated.method } });
    ending.abort();
  }
  // In one conversation, which the server does not lose.
  expect([times('initialize'), times('resources/subscribe')]).toEqual([2, 2]);
  await many.ask('resources/unsubscribe', { uri: 'db://a' });
  expect(times('resources/unsubscribe')).toBe(1);
});
