import { describe, expect, test } from 'vitest';
import { ParkedBudget } from '../../../src/upstream/bridge/parkedBudget.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { failure } from '../support/connect.ts';
import { askingServer } from './askingServer.ts';
import { bridged, call, openBridge, repeat, withLogs, type BridgeUnderTest } from './asModernWorld.ts';

const world = httpWorld('legacy');
const roots = () => ({ roots: [] });
const asks = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).result }));

/** What reached the servers in place of what they asked for. */
const refusals = ({ sessions }: BridgeUnderTest) =>
  sessions.flatMap(({ received }) => received.flatMap(({ error }) => (error === undefined ? [] : [error['code']])));

describe('calls that wait for their clients', () => {
  test('are bounded for each key: the newest is refused, and ends at the server [bridge-modern-client-bounded]', async () => {
    const shared = new ParkedBudget({ perKey: 2 });
    await using under = await openBridge(world, asks, { shared });
    const [first, second] = [await call(under.upstream), await call(under.upstream)];
    const refused = await failure(call(under.upstream));
    expect(refused).toMatchObject({ kind: 'limited', code: 'too-many-parked-calls' });
    await expect.poll(() => refusals(under)).toEqual([-32_603]);
    await expect.poll(() => under.sessions[1]?.cancelled).toHaveLength(1);
    expect(shared).toMatchObject({ calls: 2, keys: 1 });
    for (const waiting of [first, second]) expect((await repeat(under.upstream, waiting, roots)).error).toBeUndefined();
    expect((await call(under.upstream)).requestState).toBeDefined();
  });

  test('are bounded in all, whatever key and server they are of [bridge-modern-client-bounded]', async () => {
    const shared = new ParkedBudget({ total: 2 });
    await using under = await openBridge(world, asks, { shared, key: 'one' });
    await using other = await openBridge(world, asks, { shared, key: 'two' });
    await call(under.upstream);
    const second = await call(other.upstream);
    expect(await failure(call(under.upstream))).toMatchObject({ code: 'too-many-parked-calls' });
    expect(await failure(call(other.upstream))).toMatchObject({ code: 'too-many-parked-calls' });
    await repeat(other.upstream, second, roots);
    expect((await call(under.upstream)).requestState).toBeDefined();
    expect(shared).toMatchObject({ calls: 2, keys: 1 });
  });

  test.each([
    ['what the client has sent', { arguments: { text: 'x'.repeat(5_000) } }, 10],
    ['what the server asks for', {}, 5_000],
  ])('are bounded in bytes by %s [bridge-modern-client-bounded]', async (_name, params, length) => {
    const asksMuch = askingServer(async ({ ask }) => ({
      got: await ask('elicitation/create', { message: 'x'.repeat(length), requestedSchema: {} }),
    }));
    const shared = new ParkedBudget({ bytesPerKey: 8_000 });
    await using under = await openBridge(world, asksMuch, { shared });
    const first = await call(under.upstream, params);
    expect(first.requestState).toBeDefined();
    expect(shared.bytes).toBeGreaterThan(5_000);
    expect(await failure(call(under.upstream, params))).toMatchObject({ code: 'too-many-parked-calls' });
    await repeat(under.upstream, first, () => ({ action: 'decline' }), params);
    expect(shared).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
  });

  test('are bounded in bytes by what the server sends while they wait, whose oldest messages give way [bridge-modern-client-bounded]', async () => {
    let send: ((text: string) => Promise<void>) | undefined;
    const talks = askingServer(async ({ outlet, ask }) => {
      const asked = ask('roots/list');
      send = async (data) => {
        await outlet.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
      };
      await asked;
      return {};
    });
    const shared = new ParkedBudget({ bytesPerKey: 8_000 });
    await using under = await openBridge(world, talks, { shared });
    const params = withLogs({});
    const first = await call(under.upstream, params);
    await send?.(`one ${'x'.repeat(5_000)}`);
    await expect.poll(() => shared.bytes).toBeGreaterThan(5_000);
    await send?.(`two ${'x'.repeat(5_500)}`);
    await expect.poll(() => shared.bytes).toBeGreaterThan(5_500);
    expect(shared.bytes).toBeLessThanOrEqual(8_000);
    const { messages, error } = await repeat(under.upstream, first, roots, params);
    expect(error).toBeUndefined();
    const logged = messages.flatMap((message) =>
      message.kind === 'notification' ? [String(message.notification.params?.['data']).slice(0, 3)] : [],
    );
    expect(logged).toEqual(['two']);
    expect(shared).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
  });

  test('end with their bridge, and leave nothing behind [bridge-modern-client-bounded]', async () => {
    const shared = new ParkedBudget();
    await using under = await openBridge(world, asks, { shared });
    for (let n = 0; n < 5; n++) await call(under.upstream);
    expect(shared.calls).toBe(5);
    expect(under.upstream.waiting).toBe(5);
    await under.upstream[Symbol.asyncDispose]();
    expect(shared).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
    expect(under.upstream.waiting).toBe(0);
    expect(await failure(call(under.upstream))).toMatchObject({ code: 'upstream-closed' });
  });

  test('count once, however many bridges one key has [bridge-modern-client-bounded]', async () => {
    const shared = new ParkedBudget({ perKey: 1 });
    await using under = await openBridge(world, asks, { shared });
    await using other = await openBridge(world, asks, { shared });
    await call(under.upstream);
    expect(await failure(call(other.upstream))).toMatchObject({ code: 'too-many-parked-calls' });
  });
});

test('a place that was given back counts no more, whoever still holds it', () => {
  const budget = new ParkedBudget({ bytesPerKey: 10 });
  const place = budget.take('key', 'server');
  const room = place.lease();
  room.grow(6);
  place.grow(4);
  expect(() => place.grow(1)).toThrow();
  room.release();
  expect(budget.bytes).toBe(4);
  place[Symbol.dispose]();
  place[Symbol.dispose]();
  place.grow(100);
  room.grow(100);
  room.release();
  expect(budget).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
});

test('nothing but the answer is between a bridge and a server that asks for nothing', async () => {
  await using under = await world.open(askingServer(() => Promise.resolve({ done: true })));
  await using upstream = bridged(under.upstream);
  const { messages, result } = await call(upstream, {}, { capabilities: {} });
  expect(messages).toHaveLength(1);
  expect(result).toEqual({ resultType: 'complete', done: true });
});
