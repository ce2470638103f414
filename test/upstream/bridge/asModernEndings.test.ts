import { afterAll, describe, expect, test } from 'vitest';
import type { Outlet } from '../../contract/upstreamWorld.ts';
import { tick } from '../../contract/upstreamWorld.ts';
import { failure } from '../support/connect.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { sseWorld } from '../sse/sseWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { askingServer } from './askingServer.ts';
import { ABLE, call, openBridge, repeat, withLogs } from './asModernWorld.ts';

const stdio = stdioWorld('legacy');
afterAll(() => stdio[Symbol.asyncDispose]());

const roots = () => ({ roots: [] });
const CALL = { method: 'tools/call', params: { name: 'work' } };

describe.each([
  ['Streamable HTTP', httpWorld('legacy')],
  ['a program', stdio],
  ['HTTP+SSE', sseWorld()],
])('a call at a legacy server (%s)', (_name, world) => {
  test('whose server dies while it is parked fails at its repeat, and is not run anew [bridge-modern-client-once]', async () => {
    let outlet: Outlet | undefined;
    let runs = 0;
    const server = askingServer(async (at) => {
      runs++;
      ({ outlet } = at);
      return { got: await at.ask('roots/list') };
    });
    await using under = await openBridge(world, server);
    const first = await call(under.upstream);
    outlet?.die();
    const failed = await failure(repeat(under.upstream, first, roots));
    expect(failed).toMatchObject({ kind: 'unavailable', code: expect.stringMatching(/^upstream-/) as string });
    expect(runs).toBe(1);
    expect(under.budget).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
    expect((await repeat(under.upstream, first, roots)).error).toMatchObject({ code: -32_602 });
  });

  test('is cancelled there when its client leaves before it is parked [bridge-modern-client-cancelled]', async () => {
    const server = askingServer(async ({ outlet, ask }) => {
      void outlet.send(tick(1));
      return { got: await ask('roots/list') };
    });
    await using under = await openBridge(world, server, { limits: { turnMs: 60_000 } });
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('enough');
    const asked = under.upstream.ask({ ...CALL, params: withLogs(CALL.params) }, { capabilities: ABLE, signal });
    expect(await asked.next()).toMatchObject({ value: { kind: 'notification' } });
    const next = failure(asked.next());
    controller.abort(reason);
    expect(await next).toBe(reason);
    const [, session] = under.sessions;
    const sent = session?.received.find(({ method }) => method === 'tools/call');
    await expect.poll(() => session?.cancelled).toEqual([sent?.id]);
    expect(under.upstream.waiting).toBe(0);
  });

  test('is cancelled there when its client leaves without what it is asked for [bridge-modern-client-cancelled]', async () => {
    const server = askingServer(async ({ ask }) => ({ got: await ask('roots/list') }));
    await using under = await openBridge(world, server);
    const controller = new AbortController();
    const { signal } = controller;
    const asked = under.upstream.ask(CALL, { capabilities: ABLE, signal });
    expect(await asked.next()).toMatchObject({ value: { kind: 'response' } });
    expect(under.upstream.waiting).toBe(1);
    controller.abort(new Error('enough'));
    await asked.return();
    const [, session] = under.sessions;
    await expect.poll(() => session?.cancelled).toEqual([session?.received[0]?.id]);
    expect(under.upstream.waiting).toBe(0);
    expect(under.budget.calls).toBe(0);
  });

  test('lives on when its client has what it is asked for, and is gone [bridge-modern-client-cancelled]', async () => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).result }));
    await using under = await openBridge(world, server);
    const controller = new AbortController();
    const first = await call(under.upstream, {}, { signal: controller.signal });
    controller.abort(new Error('the connection has ended'));
    expect((await repeat(under.upstream, first, roots)).result).toMatchObject({ got: { roots: [] } });
    expect(under.sessions[1]?.cancelled).toEqual([]);
  });

  test('is cancelled there when the client of its repeat leaves [bridge-modern-client-cancelled]', async () => {
    const { promise: goesOn } = Promise.withResolvers<object>();
    const server = askingServer(async ({ ask }) => {
      await ask('roots/list');
      return await goesOn;
    });
    await using under = await openBridge(world, server);
    const first = await call(under.upstream);
    const controller = new AbortController();
    const reason = new Error('enough');
    const repeated = failure(repeat(under.upstream, first, roots, {}, { signal: controller.signal }));
    const [, session] = under.sessions;
    await expect.poll(() => session?.received.at(-1)).toMatchObject({ id: 'ask-1', result: { roots: [] } });
    controller.abort(reason);
    expect(await repeated).toBe(reason);
    await expect.poll(() => session?.cancelled).toEqual([session?.received[0]?.id]);
  });

  test('whose repeat was cancelled before it began goes on waiting [bridge-modern-client-cancelled]', async () => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).result }));
    await using under = await openBridge(world, server);
    const first = await call(under.upstream);
    const reason = new Error('too late');
    expect(await failure(repeat(under.upstream, first, roots, {}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect((await repeat(under.upstream, first, roots)).result).toMatchObject({ got: { roots: [] } });
  });

  test('is not blamed for its silence while it waits for input [bridge-modern-client-idle]', async () => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).result }));
    const timeouts = { idleMs: 300 };
    await using under = await openBridge(world, server, { timeouts });
    await using other = await world.open({ silent: () => undefined }, { timeouts });
    const first = await call(under.upstream);
    // Begun later, each has waited for long enough once it is over.
    for (let n = 0; n < 2; n++) {
      const silent = other.upstream.ask({ method: 'silent' });
      expect(await failure(silent.next())).toMatchObject({ data: { timeout: 'idle' } });
    }
    expect((await repeat(under.upstream, first, roots)).result).toMatchObject({ got: { roots: [] } });
  });

  test('whose server gives up a question is not asked it any more [bridge-modern-client-rounds]', async () => {
    let giveUp: (() => void) | undefined;
    const server = askingServer(async ({ outlet, ask }) => {
      void ask('roots/list');
      const { promise, resolve } = Promise.withResolvers<undefined>();
      giveUp = () => resolve(undefined);
      await promise;
      const params = { requestId: 'ask-1', reason: 'too slow' };
      await outlet.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
      return { got: (await ask('roots/list')).result };
    });
    await using under = await openBridge(world, server);
    let asked = await call(under.upstream);
    expect(Object.keys(asked.inputs)).toEqual(['input-1']);
    giveUp?.();
    await expect
      .poll(async () => {
        asked = await repeat(under.upstream, asked, () => undefined);
        return Object.keys(asked.inputs);
      })
      .toEqual(['input-2']);
    const last = await repeat(under.upstream, asked, roots);
    expect(last.result).toEqual({ resultType: 'complete', got: { roots: [] } });
    expect(under.sessions[1]?.received.filter(({ method }) => method === undefined)).toHaveLength(1);
  });
});
