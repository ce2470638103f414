import { afterAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { failure } from '../support/connect.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { sseWorld } from '../sse/sseWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import type { Received, UpstreamUnderTest } from '../../contract/upstreamWorld.ts';
import { askingServer } from './askingServer.ts';
import { ABLE, call, got, openBridge, repeat } from './asModernWorld.ts';

const http = httpWorld('legacy');
const stdio = stdioWorld('legacy');
afterAll(() => stdio[Symbol.asyncDispose]());
const quick = askingServer(() => Promise.resolve({}));
const asks = askingServer(async ({ ask }) => ({ got: await ask('roots/list') }));
const roots = () => ({ roots: [] });
const repliesTo = (session: UpstreamUnderTest | undefined): readonly Received[] =>
  session?.received.filter(({ method }) => method === undefined) ?? [];

describe('the sessions of a bridge', () => {
  test('are told what each client declares, in the legacy shape [bridge-modern-client-capabilities]', async () => {
    await using under = await openBridge(http, quick);
    const declared: readonly [JsonObject | undefined, JsonObject][] = [
      [undefined, {}],
      [{}, {}],
      [{ experimental: { x: {} }, extensions: { 'vendor/x': {} }, elicitation: null, roots: false }, {}],
      [{ roots: { listChanged: true } }, { roots: {} }],
      [{ roots: {} }, { roots: {} }],
      [{ elicitation: {} }, { elicitation: { form: {} } }],
      [{ elicitation: { form: { a: 1 } } }, { elicitation: { form: {} } }],
      [
        { sampling: { tools: {}, x: 1 }, elicitation: { url: {} } },
        { elicitation: { url: {} }, sampling: { tools: {} } },
      ],
      [
        {
          extensions: {
            'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] },
            'io.modelcontextprotocol/tasks': {},
          },
        },
        { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] } } },
      ],
      [{ extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['x'.repeat(2_000)] } } }, {}],
    ];
    for (const [capabilities] of declared) await call(under.upstream, {}, { capabilities });
    expect(under.declared).toEqual([
      {},
      { roots: {} },
      { elicitation: { form: {} } },
      { elicitation: { url: {} }, sampling: { tools: {} } },
      { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html'] } } },
    ]);
  });

  test('are opened once for clients that come at once [bridge-modern-client-capabilities]', async () => {
    await using under = await openBridge(http, quick);
    await Promise.all([1, 2, 3].map(() => call(under.upstream)));
    expect(under.declared).toHaveLength(2);
  });

  test('are opened again after one could not be opened [bridge-modern-client-capabilities]', async () => {
    await using session = await http.open(quick);
    await using other = await http.open(quick);
    const reason = new Error('not now');
    const opened = [() => Promise.reject(reason), () => Promise.resolve(other.upstream)];
    await using under = await openBridge(http, quick, {
      first: session.upstream,
      open: () => opened.shift()?.() ?? Promise.reject(new Error('once more than needed')),
    });
    expect(await failure(call(under.upstream))).toBe(reason);
    expect((await call(under.upstream)).result).toBeDefined();
  });

  test('are not waited for by a client that leaves [bridge-modern-client-cancelled]', async () => {
    await using session = await http.open(quick);
    await using under = await openBridge(http, quick, {
      first: session.upstream,
      open: (_capabilities, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const controller = new AbortController();
    const asked = failure(call(under.upstream, {}, { signal: controller.signal }));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await asked).toBe(reason);
  });

  test('are bounded: the one that was left first ends, and none that is in use [bridge-modern-client-sessions]', async () => {
    let now = 0;
    await using under = await openBridge(http, asks, { limits: { maxSessions: 3 }, clock: () => now++ });
    const { upstream } = under;
    const kinds: JsonObject[] = [{ roots: {} }, { roots: {}, sampling: {} }, { roots: {}, elicitation: {} }];
    const ask = (at: number) => call(upstream, {}, { capabilities: kinds[at] });
    const first = await ask(0);
    const second = await ask(1);
    expect(await failure(ask(2))).toMatchObject({ kind: 'limited', code: 'too-many-client-kinds' });
    await repeat(upstream, second, roots, {}, { capabilities: kinds[1] });
    const third = await ask(2);
    expect(under.declared).toHaveLength(4);
    // The second has ended, and has to be opened anew.
    expect(await failure(ask(1))).toMatchObject({ code: 'too-many-client-kinds' });
    await repeat(upstream, first, roots, {}, { capabilities: kinds[0] });
    expect((await ask(1)).requestState).toBeDefined();
    expect(under.declared).toHaveLength(5);
    expect((await repeat(upstream, third, roots, {}, { capabilities: kinds[2] })).error).toBeUndefined();
  });

  test('end when nobody has used them for long, but for the first [bridge-modern-client-sessions]', async () => {
    await using under = await openBridge(http, quick, { limits: { sessionIdleMs: 20 } });
    await call(under.upstream);
    const [first, second] = under.sessions;
    if (first === undefined || second === undefined) throw new Error('there are two');
    await expect
      .poll(() => failure(second.upstream.tell({ method: 'notifications/x' })).catch(() => undefined))
      .toMatchObject({
        code: 'upstream-closed',
      });
    await first.upstream.tell({ method: 'notifications/x' });
    await call(under.upstream);
    expect(under.declared).toHaveLength(3);
  });
});

describe.each([
  ['Streamable HTTP', http],
  ['a program', stdio],
  ['HTTP+SSE', sseWorld()],
])('what a legacy server (%s) asks for', (_name, world) => {
  test.each([
    ['sampling/createMessage', {}, { roots: {} }, -32_601],
    ['elicitation/create', { mode: 'url', url: 'https://x.y', message: 'm' }, { elicitation: {} }, -32_602],
    ['elicitation/create', { message: 'm', requestedSchema: {} }, { elicitation: { url: {} } }, -32_602],
    ['sampling/createMessage', { messages: [], tools: [] }, { sampling: {} }, -32_602],
    ['vendor/question', {}, ABLE, -32_601],
  ])(
    'by %s %j is refused where %j is declared [bridge-modern-client-capabilities]',
    async (method, params, capabilities, code) => {
      const server = askingServer(async ({ ask }) => ({ got: (await ask(method, params)).error }));
      await using under = await openBridge(world, server);
      const { result } = await call(under.upstream, {}, { capabilities });
      expect(result).toMatchObject({ resultType: 'complete', got: { code } });
    },
  );

  test('in a later round is refused where the repeat declares less [bridge-modern-client-capabilities]', async () => {
    const server = askingServer(async ({ ask }) => {
      await ask('roots/list');
      return { got: (await ask('sampling/createMessage', { messages: [] })).error };
    });
    await using under = await openBridge(world, server);
    const first = await call(under.upstream);
    const last = await repeat(under.upstream, first, roots, {}, { capabilities: { roots: {} } });
    expect(last.result).toMatchObject({ resultType: 'complete', got: { code: -32_601 } });
  });

  test('outside of calls is refused at once [bridge-modern-client-outside]', async () => {
    let ask: (() => Promise<Received>) | undefined;
    const server = askingServer((at) => {
      ask = () => at.ask('roots/list', {}, under.sessions[1]?.listeners[0]);
      return Promise.resolve({});
    });
    await using under = await openBridge(world, server);
    await call(under.upstream);
    if (world.isOneChannel !== true) await expect.poll(() => under.sessions[1]?.listeners.length).toBe(1);
    expect((await ask?.())?.error).toMatchObject({ code: -32_600 });
    expect(under.upstream.waiting).toBe(0);
  });

  test('during a request that may not ask is refused at once [bridge-modern-client-outside]', async () => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).error }));
    await using under = await openBridge(world, server);
    const completion = under.upstream.ask({ method: 'completion/complete', params: {} }, { capabilities: ABLE });
    expect((await got(completion)).result).toMatchObject({ got: { code: -32_600 } });
    expect(repliesTo(under.sessions[1])).toHaveLength(1);
  });
});

describe('what a server asks for on its stream for what is outside of requests', () => {
  test('belongs to the call that is under way [bridge-modern-client-outside]', async () => {
    const server = askingServer(async ({ ask }) => {
      const [session] = under.sessions.slice(1);
      await expect.poll(() => session?.listeners.length).toBe(1);
      const name = await ask('elicitation/create', { message: 'Who?', requestedSchema: {} }, session?.listeners[0]);
      const [one, other] = await Promise.all([ask('roots/list'), ask('roots/list', {}, session?.listeners[0])]);
      return { all: [name.result, one.result, other.result] };
    });
    await using under = await openBridge(http, server);
    const first = await call(under.upstream);
    expect(Object.values(first.inputs)).toMatchObject([{ method: 'elicitation/create' }]);
    const second = await repeat(under.upstream, first, () => ({ action: 'decline' }));
    expect(Object.values(second.inputs)).toMatchObject([{ method: 'roots/list' }, { method: 'roots/list' }]);
    const last = await repeat(under.upstream, second, roots);
    expect(last.result?.['all']).toEqual([{ action: 'decline' }, { roots: [] }, { roots: [] }]);
  });

  test('does not count against the call’s idle time-out [bridge-modern-client-idle]', async () => {
    const timeouts = { idleMs: 300 };
    const server = askingServer(async ({ ask }) => {
      const [session] = under.sessions.slice(1);
      await expect.poll(() => session?.listeners.length).toBe(1);
      return { got: (await ask('roots/list', {}, session?.listeners[0])).result };
    });
    await using under = await openBridge(http, server, { timeouts });
    await using other = await http.open({ silent: () => undefined }, { timeouts });
    const first = await call(under.upstream);
    for (let n = 0; n < 2; n++) await failure(other.upstream.ask({ method: 'silent' }).next());
    expect((await repeat(under.upstream, first, roots)).result).toMatchObject({ got: { roots: [] } });
  });

  test('is answered however many came before [bridge-modern-client-outside]', async () => {
    const server = askingServer(async ({ ask }) => {
      const [session] = under.sessions.slice(1);
      await expect.poll(() => session?.listeners.length).toBe(1);
      const codes = [];
      for (let n = 0; n < 150; n++)
        codes.push((await ask('vendor/question', {}, session?.listeners[0])).error?.['code']);
      return { codes };
    });
    await using under = await openBridge(http, server);
    const { result } = await call(under.upstream);
    expect(result?.['codes']).toEqual(Array.from({ length: 150 }, () => -32_601));
  });
});
