import { describe, expect, test } from 'vitest';
import { asLegacy } from '../../../src/upstream/bridge/asLegacy.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { SideMessage, Upstream } from '../../../src/upstream/upstream.ts';
import { collect } from '../../contract/upstreamWorld.ts';
import { connect, failure } from '../support/connect.ts';
import { event, modernScript, result, startScriptedServer, stream, type Script } from '../support/scriptedServer.ts';
import { outcomeOf } from './legacyClient.ts';

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/** A subscription that stands at the server. */
interface Standing {
  readonly filter: JsonObject;
  /** Sends a notification. */
  send(method: string, params?: object): void;
  /** Acknowledges it. */
  acknowledge(): void;
  end(): void;
}

/** Starts a modern server that has these capabilities, and shows its subscriptions. */
async function start(capabilities: object, { isSlow = false } = {}) {
  const standing: Standing[] = [];
  const opened: JsonObject[] = [];
  const discover: Script = (seen, response) =>
    result(seen, response, {
      resultType: 'complete',
      supportedVersions: ['2026-07-28'],
      capabilities,
      ttlMs: 0,
      cacheScope: 'private',
    });
  const listen: Script = ({ message: { id, params } }, response) => {
    const filter = params?.['notifications'] as JsonObject;
    const send = (method: string, rest: object = {}): void => {
      const tagged = { ...rest, _meta: { [SUBSCRIPTION_ID]: id } };
      response.write(event({ jsonrpc: '2.0', method, params: tagged }));
    };
    stream(response, ': there\n\n');
    const one: Standing = {
      filter,
      send,
      acknowledge: () => send('notifications/subscriptions/acknowledged', { notifications: filter }),
      end: () => response.end(event({ jsonrpc: '2.0', id, result: { resultType: 'complete' } })),
    };
    opened.push(filter);
    standing.push(one);
    response.on('close', () => standing.splice(standing.indexOf(one), 1));
    if (!isSlow) one.acknowledge();
  };
  const server = await startScriptedServer(
    modernScript({ 'server/discover': discover, 'subscriptions/listen': listen }),
  );
  const modern = await connect(server.url, { era: 'modern' });
  const upstream = asLegacy(modern, { capabilities: {} });
  return {
    upstream,
    standing,
    opened,
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Listens as a legacy client does. */
function listenTo(upstream: Upstream) {
  const controller = new AbortController();
  const seen: string[] = [];
  let isOpen = false;
  const onOpen = (): void => {
    isOpen = true;
  };
  const over = (async () => {
    for await (const message of upstream.listen({ signal: controller.signal, onOpen })) seen.push(textOf(message));
  })();
  return { seen, over, isOpen: () => isOpen, stop: () => controller.abort() };
}

function textOf(message: SideMessage): string {
  if (message.kind === 'request') return message.request.method;
  const { method, params } = message.notification;
  return typeof params?.['uri'] === 'string' ? `${method} ${params['uri']}` : method;
}

const ask = async (upstream: Upstream, method: string, uri: unknown) =>
  outcomeOf(await collect(upstream.ask({ method: `resources/${method}`, params: { uri } })));

/** Lets what is on its way over the loopback arrive. */
async function turns(): Promise<void> {
  for (let n = 0; n < 200; n++) await new Promise((resolve) => setImmediate(resolve));
}

const BOTH = { tools: { listChanged: true }, prompts: {}, resources: { subscribe: true, listChanged: true } };

describe('a legacy client that listens to a modern server', () => {
  test('hears of the lists that the server declares, and not of how it subscribes [bridge-legacy-client-subscriptions]', async () => {
    await using under = await start(BOTH);
    const listening = listenTo(under.upstream);
    await expect.poll(() => under.standing).toHaveLength(1);
    expect(under.opened).toEqual([{ toolsListChanged: true, resourcesListChanged: true }]);
    under.standing[0]?.send('notifications/tools/list_changed');
    await expect.poll(() => listening.seen).toEqual(['notifications/tools/list_changed']);
    listening.stop();
    await listening.over;
    await expect.poll(() => under.standing).toEqual([]);
  });

  test('has few subscriptions at the server, however quickly it watches others, and the last of them in the end [bridge-legacy-client-subscriptions]', async () => {
    await using under = await start(BOTH);
    const listening = listenTo(under.upstream);
    let most = 0;
    for (let n = 1; n <= 20; n++) {
      await ask(under.upstream, 'subscribe', `a:${n}`);
      // Until the server has been asked, or does not get it because there is no room.
      await turns();
      most = Math.max(most, under.standing.length);
    }
    const all = Array.from({ length: 20 }, (_, index) => `a:${index + 1}`);
    await expect
      .poll(
        () => {
          most = Math.max(most, under.standing.length);
          return under.opened.at(-1);
        },
        { interval: 5 },
      )
      .toEqual({ resourceSubscriptions: all });
    // That for the lists, the newest for resources, and four old ones.
    expect(most).toBeLessThanOrEqual(7);
    listening.stop();
    await listening.over;
  });

  test('hears of the resources that it watches, whenever it began [bridge-legacy-client-subscriptions]', async () => {
    await using under = await start(BOTH);
    expect(await ask(under.upstream, 'subscribe', 'a:1')).toHaveProperty('result');
    const listening = listenTo(under.upstream);
    await expect.poll(() => under.opened).toContainEqual({ resourceSubscriptions: ['a:1'] });
    await ask(under.upstream, 'subscribe', 'a:2');
    await ask(under.upstream, 'subscribe', 'a:2');
    await expect.poll(() => under.opened).toContainEqual({ resourceSubscriptions: ['a:1', 'a:2'] });
    under.standing.at(-1)?.send('notifications/resources/updated', { uri: 'a:2' });
    await expect.poll(() => listening.seen).toEqual(['notifications/resources/updated a:2']);
    await ask(under.upstream, 'unsubscribe', 'a:1');
    await expect.poll(() => under.opened.at(-1)).toEqual({ resourceSubscriptions: ['a:2'] });
    await ask(under.upstream, 'unsubscribe', 'a:2');
    await ask(under.upstream, 'unsubscribe', 'a:2');
    await expect
      .poll(() => under.standing.map(({ filter }) => Object.keys(filter)))
      .toEqual([['toolsListChanged', 'resourcesListChanged']]);
    expect(under.opened).toHaveLength(4);
    listening.stop();
    await listening.over;
  });

  test('has a stream that stands when the server has acknowledged all of it [bridge-legacy-client-subscriptions]', async () => {
    await using under = await start(BOTH, { isSlow: true });
    await ask(under.upstream, 'subscribe', 'a:1');
    const listening = listenTo(under.upstream);
    await expect.poll(() => under.standing).toHaveLength(2);
    under.standing[0]?.acknowledge();
    under.standing[0]?.send('notifications/resources/updated', { uri: 'a:0' });
    await expect.poll(() => listening.seen).toHaveLength(1);
    expect(listening.isOpen()).toBe(false);
    under.standing[1]?.acknowledge();
    await expect.poll(() => listening.isOpen()).toBe(true);
    listening.stop();
    await listening.over;
  });

  test('hears no more of what it has left, also while the subscription for it still stands [bridge-legacy-client-subscriptions]', async () => {
    await using under = await start(BOTH);
    await ask(under.upstream, 'subscribe', 'a:1');
    await ask(under.upstream, 'subscribe', 'a:2');
    const listening = listenTo(under.upstream);
    const ofBoth = () => under.standing.find(({ filter }) => String(filter['resourceSubscriptions']) === 'a:1,a:2');
    await expect.poll(ofBoth).toBeDefined();
    const old = ofBoth();
    await ask(under.upstream, 'unsubscribe', 'a:1');
    // A resource under a watched one has a URI of its own (MCP 2026-07-28, server/resources, Subscriptions).
    for (const uri of ['a:1', 'a:1/part', 'a:2']) old?.send('notifications/resources/updated', { uri });
    const heard = ['a:1/part', 'a:2'].map((uri) => `notifications/resources/updated ${uri}`);
    await expect.poll(() => listening.seen).toEqual(heard);
    listening.stop();
    await listening.over;
  });

  test('loses nothing that changes while it begins to watch another resource [bridge-legacy-client-subscriptions]', async () => {
    await using under = await start(BOTH, { isSlow: true });
    await ask(under.upstream, 'subscribe', 'a:1');
    const listening = listenTo(under.upstream);
    await expect.poll(() => under.standing).toHaveLength(2);
    const [lists, old] = ['toolsListChanged', 'resourceSubscriptions'].map((name) =>
      under.standing.find(({ filter }) => name in filter),
    );
    old?.acknowledge();
    await ask(under.upstream, 'subscribe', 'a:2');
    await expect.poll(() => under.standing).toHaveLength(3);
    // The server has not acknowledged the new one: it tells by the old one.
    old?.send('notifications/resources/updated', { uri: 'a:1' });
    lists?.send('notifications/tools/list_changed');
    await expect
      .poll(() => listening.seen.toSorted())
      .toEqual(['notifications/resources/updated a:1', 'notifications/tools/list_changed']);
    under.standing[2]?.acknowledge();
    // What it had sent by the old one before may come after the acknowledgement.
    old?.send('notifications/resources/updated', { uri: 'a:1' });
    await expect.poll(() => listening.seen).toHaveLength(3);
    await expect.poll(() => under.standing.includes(old as Standing)).toBe(false);
    expect(under.standing).toHaveLength(2);
    listening.stop();
    await listening.over;
  });

  test('subscribes anew but once for many resources that it begins to watch meanwhile', async () => {
    await using under = await start(BOTH, { isSlow: true });
    const listening = listenTo(under.upstream);
    const uris = Array.from({ length: 50 }, (_, at) => `a:${at}`);
    for (const uri of uris) await ask(under.upstream, 'subscribe', uri);
    await expect.poll(() => under.standing).toHaveLength(2);
    under.standing[1]?.acknowledge();
    await expect.poll(() => under.opened.at(-1)).toEqual({ resourceSubscriptions: uris });
    expect(under.opened).toHaveLength(3);
    listening.stop();
    await listening.over;
  });

  test('listens no longer when the server ends a subscription', async () => {
    for (const which of ['toolsListChanged', 'resourceSubscriptions']) {
      await using under = await start(BOTH);
      await ask(under.upstream, 'subscribe', 'a:1');
      const listening = listenTo(under.upstream);
      await expect.poll(() => under.standing).toHaveLength(2);
      under.standing.find(({ filter }) => which in filter)?.end();
      await listening.over;
      await expect.poll(() => under.standing).toEqual([]);
    }
  });

  test('waits where there is nothing to watch yet, and fails when the Upstream is disposed of', async () => {
    await using under = await start({ resources: { subscribe: true } });
    const listening = listenTo(under.upstream);
    const failed = failure(listening.over);
    expect(under.opened).toEqual([]);
    await under.upstream[Symbol.asyncDispose]();
    expect(await failed).toMatchObject({ code: 'upstream-closed' });
  });

  test('has nothing to listen to where the server declares nothing', async () => {
    await using under = await start({ tools: {}, resources: {} });
    await listenTo(under.upstream).over;
    expect(under.opened).toEqual([]);
  });

  test('watches no more than a session may', async () => {
    await using under = await start(BOTH);
    for (let n = 0; n < 2; n++) {
      expect(await ask(under.upstream, 'subscribe', 'a:'.padEnd(65_000, 'x'))).toHaveProperty('result');
    }
    expect(await ask(under.upstream, 'subscribe', 'b:'.padEnd(65_000, 'x'))).toMatchObject({
      error: { code: -32_602 },
    });
    await ask(under.upstream, 'unsubscribe', 'a:'.padEnd(65_000, 'x'));
    expect(await ask(under.upstream, 'subscribe', 'b:'.padEnd(65_000, 'x'))).toHaveProperty('result');
    expect(await ask(under.upstream, 'subscribe', 7)).toMatchObject({ error: { code: -32_602 } });
  });
});
