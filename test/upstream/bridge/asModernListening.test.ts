import { afterAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { SideMessage, SubscriptionFilter, Upstream } from '../../../src/upstream/upstream.ts';
import {
  answer,
  collect,
  type Behaviour,
  type Outlet,
  type Received,
  type UpstreamWorld,
} from '../../contract/upstreamWorld.ts';
import { failure } from '../support/connect.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { bridged, openBridge } from './asModernWorld.ts';

const http = httpWorld('legacy');
const stdio = stdioWorld('legacy');
afterAll(() => stdio[Symbol.asyncDispose]());

const change = (list: string): object => ({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` });
const updated = (uri: string): object => ({
  jsonrpc: '2.0',
  method: 'notifications/resources/updated',
  params: { uri },
});

/** A server of resources that refuses some of the subscriptions. */
function resourceServer(): { readonly behaviour: Behaviour; readonly asked: string[] } {
  const asked: string[] = [];
  const agree = (request: Received, outlet: Outlet): void => {
    const uri = String(request.params?.['uri']);
    asked.push(`${String(request.method).slice('resources/'.length)} ${uri}`);
    const error = { code: -32_602, message: 'No such thing' };
    void outlet.send(uri.startsWith('bad') ? { jsonrpc: '2.0', id: request.id, error } : answer(request));
  };
  return { asked, behaviour: { 'resources/subscribe': agree, 'resources/unsubscribe': agree } };
}

/** A listener, what it has heard, and its end. */
function listen(upstream: Upstream, filter?: SubscriptionFilter) {
  const controller = new AbortController();
  const heard: string[] = [];
  const acknowledged: unknown[] = [];
  const add = (message: SideMessage): void => {
    if (message.kind !== 'notification') return;
    const { method, params } = message.notification;
    if (method === 'notifications/subscriptions/acknowledged') acknowledged.push(params?.['notifications']);
    else heard.push(typeof params?.['uri'] === 'string' ? params['uri'] : String(method.split('/')[1]));
  };
  const ended = (async () => {
    for await (const message of upstream.listen({ signal: controller.signal, ...(filter && { filter }) })) add(message);
  })();
  // It fails with the bridge, at the end of the test.
  ended.catch(() => undefined);
  return { heard, acknowledged, ended, end: () => controller.abort(new Error('enough')) };
}

/** Worlds whose server declares more than that of the contract. */
function declaring(world: UpstreamWorld, capabilities: JsonObject): UpstreamWorld {
  return {
    ...world,
    async open(behaviour, options) {
      const under = await world.open(behaviour, options);
      const facts = { ...under.upstream.facts, capabilities };
      return { ...under, upstream: Object.create(under.upstream, { facts: { value: facts } }) as Upstream };
    },
  };
}

const CAPABLE = { tools: { listChanged: true }, prompts: {}, resources: { subscribe: true, listChanged: true } };

/** The way on which a server sends what is outside of requests. */
async function outletOf(session: { readonly listeners: readonly Outlet[] } | undefined): Promise<Outlet> {
  await expect.poll(() => session?.listeners.length).toBe(1);
  const [outlet] = session?.listeners ?? [];
  if (outlet === undefined) throw new Error('there is none');
  return outlet;
}

describe('a modern client that listens to a legacy server', () => {
  const world = declaring(http, CAPABLE);

  test('is told what is honoured, and then what it asks for alone [bridge-modern-client-listening]', async () => {
    const { behaviour, asked } = resourceServer();
    await using under = await openBridge(world, behaviour);
    const filter = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: ['good:1', 'bad:2', 'good:3', 'good:1'],
    };
    const listener = listen(under.upstream, filter);
    await expect
      .poll(() => listener.acknowledged)
      .toEqual([{ toolsListChanged: true, resourceSubscriptions: ['good:1', 'good:3'] }]);
    expect(asked.toSorted()).toEqual(['subscribe bad:2', 'subscribe good:1', 'subscribe good:3']);
    const outlet = await outletOf(under.sessions[0]);
    for (const message of [change('resources'), updated('bad:2'), updated('other:4'), change('prompts')]) {
      await outlet.send(message);
    }
    await outlet.send({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'error', data: 1 } });
    await outlet.send(updated('good:3'));
    await outlet.send(change('tools'));
    await expect.poll(() => listener.heard).toEqual(['good:3', 'tools']);
    listener.end();
    await listener.ended;
    await expect.poll(() => asked.slice(3).toSorted()).toEqual(['unsubscribe good:1', 'unsubscribe good:3']);
  });

  test('shares the session with others: each resource is asked for once, and left with the last [bridge-modern-client-listening]', async () => {
    const { behaviour, asked } = resourceServer();
    await using under = await openBridge(world, behaviour);
    const filter = { resourceSubscriptions: ['good:1'] };
    const listeners = [listen(under.upstream, filter), listen(under.upstream, filter), listen(under.upstream)];
    await expect.poll(() => listeners.flatMap(({ acknowledged }) => acknowledged)).toHaveLength(3);
    expect(asked).toEqual(['subscribe good:1']);
    const outlet = await outletOf(under.sessions[0]);
    await outlet.send(updated('good:1'));
    await outlet.send(change('tools'));
    await expect.poll(() => listeners.map(({ heard }) => heard)).toEqual([['good:1'], ['good:1'], ['tools']]);
    listeners[0]?.end();
    await listeners[0]?.ended;
    await outlet.send(updated('good:1'));
    await expect.poll(() => listeners[1]?.heard).toEqual(['good:1', 'good:1']);
    expect(asked).toEqual(['subscribe good:1']);
    listeners[1]?.end();
    await expect.poll(() => asked).toEqual(['subscribe good:1', 'unsubscribe good:1']);
    const again = listen(under.upstream, filter);
    await expect.poll(() => again.acknowledged).toHaveLength(1);
    expect(asked.slice(2)).toEqual(['subscribe good:1']);
  });

  test('gets the changes that come on the stream of somebody’s request [bridge-modern-client-listening]', async () => {
    await using under = await openBridge(world, {
      work: (request, outlet) => {
        void outlet.send(change('tools'));
        void outlet.send(answer(request));
      },
    });
    const listener = listen(under.upstream);
    await expect.poll(() => listener.acknowledged).toEqual([{ toolsListChanged: true, resourcesListChanged: true }]);
    expect((await collect(under.upstream.ask({ method: 'work' }))).map(({ kind }) => kind)).toEqual(['response']);
    await expect.poll(() => listener.heard).toEqual(['tools']);
  });

  test('misses nothing and holds nobody up when it takes its time: what changed twice is told once [bridge-modern-client-listening]', async () => {
    await using under = await openBridge(world, {});
    const slow = under.upstream.listen({ signal: new AbortController().signal });
    await slow.next();
    const quick = listen(under.upstream);
    const outlet = await outletOf(under.sessions[0]);
    await expect.poll(() => quick.acknowledged).toHaveLength(1);
    for (let n = 1; n <= 500; n++) {
      await outlet.send(change('tools'));
      await outlet.send(change('resources'));
      if (n % 100 === 0) await expect.poll(() => quick.heard.length).toBeGreaterThan(n / 100);
    }
    await outlet.send({ jsonrpc: '2.0', method: 'notifications/prompts/list_changed' });
    const next = [await slow.next(), await slow.next()].map(({ value }) => value as SideMessage | undefined);
    expect(next).toMatchObject([
      { notification: { method: 'notifications/tools/list_changed' } },
      { notification: { method: 'notifications/resources/list_changed' } },
    ]);
    await slow.return();
  });

  test('ends with the server’s stream, and can listen again [bridge-modern-client-listening]', async () => {
    await using under = await openBridge(world, {});
    const listener = listen(under.upstream);
    await expect.poll(() => listener.acknowledged).toHaveLength(1);
    (await outletOf(under.sessions[0])).end();
    await listener.ended;
    const again = listen(under.upstream);
    await expect.poll(() => again.acknowledged).toHaveLength(1);
    await (await outletOf(under.sessions[0])).send(change('tools'));
    await expect.poll(() => again.heard).toEqual(['tools']);
  });

  test('ends at once where the server has no stream, or the client is gone [bridge-modern-client-listening]', async () => {
    await using mute = await http.open({}, { isMute: true });
    await using upstream = bridged(mute.upstream);
    expect(await collect(upstream.listen({ signal: new AbortController().signal }))).toEqual([]);
    await using under = await openBridge(world, {});
    expect(await collect(under.upstream.listen({ signal: AbortSignal.abort() }))).toEqual([]);
  });

  test('fails with its bridge [bridge-modern-client-listening]', async () => {
    await using under = await openBridge(world, {});
    const listener = listen(under.upstream);
    const ended = failure(listener.ended);
    await expect.poll(() => listener.acknowledged).toHaveLength(1);
    await under.upstream[Symbol.asyncDispose]();
    expect(await ended).toMatchObject({ code: 'upstream-closed' });
  });

  test('may send a filter of any kind [bridge-modern-client-listening]', async () => {
    const { behaviour, asked } = resourceServer();
    await using under = await openBridge(world, behaviour);
    for (const filter of [
      { resourceSubscriptions: 'good:1', toolsListChanged: 'yes' },
      { resourceSubscriptions: [1, null, {}] },
      { resourceSubscriptions: { a: 1 }, toolsListChanged: 1 },
    ]) {
      const listener = listen(under.upstream, filter as unknown as SubscriptionFilter);
      await expect.poll(() => listener.acknowledged).toHaveLength(1);
      const [first] = listener.acknowledged;
      expect([{}, { resourceSubscriptions: [] }]).toContainEqual(first);
      listener.end();
      await listener.ended;
    }
    expect(asked).toEqual([]);
  });

  test('watches no more than a session may; the rest is not honoured [bridge-modern-client-listening]', async () => {
    const { behaviour, asked } = resourceServer();
    await using under = await openBridge(world, behaviour);
    const resourceSubscriptions = Array.from({ length: 1_100 }, (_, n) => `good:${n}`);
    const listener = listen(under.upstream, { resourceSubscriptions });
    await expect.poll(() => listener.acknowledged, { timeout: 60_000 }).toHaveLength(1);
    const [{ resourceSubscriptions: honoured }] = listener.acknowledged as [{ resourceSubscriptions: string[] }];
    expect(honoured).toHaveLength(1_000);
    expect(asked).toHaveLength(1_000);
  });
});

test('a modern client listens to a program, too [bridge-modern-client-listening]', async () => {
  let outlet: Outlet | undefined;
  const { behaviour, asked } = resourceServer();
  await using under = await openBridge(declaring(stdio, CAPABLE), {
    ...behaviour,
    work: (request, way) => {
      outlet = way;
      void way.send(answer(request));
    },
  });
  const listener = listen(under.upstream, { toolsListChanged: true, resourceSubscriptions: ['good:1'] });
  await expect
    .poll(() => listener.acknowledged)
    .toEqual([{ toolsListChanged: true, resourceSubscriptions: ['good:1'] }]);
  await collect(under.upstream.ask({ method: 'work' }));
  await outlet?.send(change('tools'));
  await outlet?.send(updated('good:1'));
  await expect.poll(() => listener.heard).toEqual(['tools', 'good:1']);
  expect(asked).toEqual(['subscribe good:1']);
});
