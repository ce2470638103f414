import { describe, expect, test } from 'vitest';
import { LOG_LEVEL_KEY } from '../../../src/mcp/logLevels.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { UpstreamMessage } from '../../../src/upstream/upstream.ts';
import { answer, collect, ticksOf, type Behaviour, type Outlet, type Received } from '../../contract/upstreamWorld.ts';
import { sseWorld } from '../sse/sseWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { askingServer } from './askingServer.ts';
import { ABLE, bridged, call, openBridge, repeat } from './asModernWorld.ts';

const world = httpWorld('legacy');
const roots = () => ({ roots: [] });

const log = (level: string, data: unknown): object => ({
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level, data },
});
const progress = (request: Received, step: number): object => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: metaOf(request)['progressToken'], progress: step },
});
const metaOf = ({ params }: Received): JsonObject => (params?.['_meta'] ?? {}) as JsonObject;
const progressOf = (messages: readonly UpstreamMessage[]): unknown[] =>
  messages.flatMap((message) =>
    message.kind === 'notification' && message.notification.method === 'notifications/progress'
      ? [[message.notification.params?.['progressToken'], message.notification.params?.['progress']]]
      : [],
  );

describe('what a legacy server sends during a call', () => {
  test('comes with the progress token of the request that waits for it now [bridge-modern-client-progress]', async () => {
    const server = askingServer(async ({ request, outlet, ask }) => {
      void outlet.send(progress(request, 1));
      await ask('roots/list');
      void outlet.send(progress(request, 2));
      await ask('roots/list');
      void outlet.send(progress(request, 3));
      return {};
    });
    await using under = await openBridge(world, server);
    const first = await call(under.upstream, { _meta: { progressToken: 'one' } });
    expect(progressOf(first.messages)).toEqual([['one', 1]]);
    const second = await repeat(under.upstream, first, roots, { _meta: { progressToken: 2 } });
    expect(progressOf(second.messages)).toEqual([[2, 2]]);
    const third = await repeat(under.upstream, second, roots);
    expect(third.messages.map(({ kind }) => kind)).toEqual(['response']);
  });

  test('while nobody waits is kept for the repeat: the newest progress, and log messages [bridge-modern-client-progress]', async () => {
    let send: ((step: number) => Promise<void>) | undefined;
    const work: Parameters<typeof askingServer>[0] = async ({ request, outlet, ask }) => {
      const asked = ask('roots/list');
      send = async (step) => {
        await outlet.send(progress(request, step));
        await outlet.send(log('info', step));
      };
      await asked;
      return {};
    };
    const params = { _meta: { progressToken: 'p', [LOG_LEVEL_KEY]: 'debug' } };
    const server = askingServer(work, { 'tools/list': (request, outlet) => void outlet.send(answer(request)) });
    await using under = await openBridge(sseWorld(), server);
    const first = await call(under.upstream, params);
    for (let step = 1; step <= 300; step++) await send?.(step);
    // All of it comes over one stream: it was read before this answer.
    await collect(under.upstream.ask({ method: 'tools/list' }, { capabilities: ABLE }));
    const last = await repeat(under.upstream, first, roots, params);
    // The last ones may be under way to the call when the repeat takes it up: they are not kept, but passed on.
    expect(progressOf(last.messages).at(-1)).toEqual(['p', 300]);
    expect(progressOf(last.messages).length).toBeLessThanOrEqual(10);
    expect(ticksOf(last.messages).length).toBeLessThanOrEqual(110);
    expect(ticksOf(last.messages).at(-1)).toBe(300);
  });

  test('is logged to a client that asks for it, of its level and above [bridge-modern-client-logs]', async () => {
    const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency', 'odd'];
    const server = askingServer(({ outlet }) => {
      for (const level of levels) void outlet.send(log(level, level));
      return Promise.resolve({});
    });
    await using under = await openBridge(world, server);
    const logged = async (level?: string) =>
      ticksOf((await call(under.upstream, level === undefined ? {} : { _meta: { [LOG_LEVEL_KEY]: level } })).messages);
    expect(await logged()).toEqual([]);
    expect(await logged('debug')).toEqual(levels);
    expect(await logged('warning')).toEqual(['warning', 'error', 'critical', 'alert', 'emergency']);
    expect(await logged('emergency')).toEqual(['emergency']);
    const { error } = await call(under.upstream, { _meta: { [LOG_LEVEL_KEY]: 'loud' } });
    expect(error).toMatchObject({ code: -32_602 });
  });

  test('is as talkative as the most talkative of two calls, each of which gets its own level [bridge-modern-client-logs]', async () => {
    const set: unknown[] = [];
    const running: { readonly request: Received; readonly outlet: Outlet }[] = [];
    const server: Behaviour = {
      'logging/setLevel': (request, outlet) => {
        set.push(request.params?.['level']);
        void outlet.send(answer(request));
      },
      'tools/call': (request, outlet) => void running.push({ request, outlet }),
    };
    await using session = await world.open(server);
    await using upstream = bridged(session.upstream);
    const ask = (level: string) => call(upstream, { _meta: { [LOG_LEVEL_KEY]: level } }, { capabilities: {} });
    const quiet = ask('error');
    await expect.poll(() => running).toHaveLength(1);
    const talkative = ask('info');
    await expect.poll(() => running).toHaveLength(2);
    const other = ask('warning');
    await expect.poll(() => running).toHaveLength(3);
    expect(set).toEqual(['error', 'info']);
    for (const { request, outlet } of running) {
      for (const level of ['info', 'warning', 'error']) void outlet.send(log(level, level));
      void outlet.send(answer(request));
    }
    expect(ticksOf((await quiet).messages)).toEqual(['error']);
    expect(ticksOf((await talkative).messages)).toEqual(['info', 'warning', 'error']);
    expect(ticksOf((await other).messages)).toEqual(['warning', 'error']);
    const last = ask('warning');
    await expect.poll(() => running).toHaveLength(4);
    expect(set).toEqual(['error', 'info', 'warning']);
    for (const { request, outlet } of running.slice(3)) void outlet.send(answer(request));
    await last;
  });

  test('is not asked for at a server that declares no logs, or by a call that wants none [bridge-modern-client-logs]', async () => {
    await using under = await openBridge(
      world,
      askingServer(() => Promise.resolve({})),
    );
    await call(under.upstream);
    expect(under.sessions[1]?.received.map(({ method }) => method)).toEqual(['tools/call']);
  });

  test('comes without what modern clients do not know [bridge-modern-client-unknown]', async () => {
    const notifications = [
      'tasks/status',
      'elicitation/complete',
      'tools/list_changed',
      'resources/updated',
      'vendor/news',
    ];
    const server = askingServer(({ outlet }) => {
      for (const name of notifications) {
        void outlet.send({ jsonrpc: '2.0', method: `notifications/${name}`, params: { uri: 'a:b' } });
      }
      return Promise.resolve({});
    });
    await using under = await openBridge(world, server);
    const { messages } = await call(under.upstream);
    expect(messages).toMatchObject([{ notification: { method: 'notifications/vendor/news' } }, { kind: 'response' }]);
  });
});
