import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { answer, type Behaviour } from '../../contract/upstreamWorld.ts';
import { askingServer } from './askingServer.ts';
import { ABLE, bridged, call, got, openBridge, repeat, requestStates } from './asModernWorld.ts';

const world = httpWorld('legacy');
const ROOTS: JsonObject = { roots: [] };
const roots = (): JsonObject => ROOTS;
const UNKNOWN = { code: -32_602, message: expect.stringContaining('Call again without requestState') as string };

/** Counts how often its tool runs, and asks once in each run. */
function countingServer(): { readonly behaviour: Behaviour; readonly runs: readonly number[] } {
  const runs: number[] = [];
  const behaviour = askingServer(async ({ ask }) => {
    const run = runs.push(runs.length);
    await ask('roots/list');
    return { run };
  });
  return { behaviour, runs };
}

describe('the repeat of a call', () => {
  test('whose arguments are other ones is refused, and the call goes on waiting [bridge-modern-client-same-call]', async () => {
    const { behaviour, runs } = countingServer();
    await using under = await openBridge(world, behaviour);
    const { upstream } = under;
    const first = await call(upstream, { arguments: { b: 1.5, a: ['x'] } });
    const others: JsonObject[] = [
      { arguments: { b: 2, a: ['x'] } },
      { arguments: { b: 1.5, a: ['x'], c: null } },
      {},
      { name: 'other', arguments: { b: 1.5, a: ['x'] } },
    ];
    for (const params of others) {
      expect((await repeat(upstream, first, roots, params)).error).toMatchObject({ code: -32_602 });
    }
    const { requestState } = first;
    const asOther = upstream.ask({ method: 'prompts/get', params: { name: 'work', requestState } });
    expect((await got(asOther)).error).toMatchObject({ code: -32_602 });
    // The order of members means nothing, nor does what belongs to one attempt.
    const again = { arguments: { a: ['x'], b: 1.5 }, _meta: { progressToken: 9 } };
    expect((await repeat(upstream, first, roots, again)).result).toMatchObject({ run: 1 });
    expect(runs).toHaveLength(1);
  });

  test('of a bridge that does not know it is refused, and runs nothing [bridge-modern-client-once]', async () => {
    const { behaviour, runs } = countingServer();
    await using under = await openBridge(world, behaviour);
    await using other = await openBridge(world, behaviour);
    const first = await call(under.upstream);
    // Another client's bridge opens none of our states; the same client's bridge of another server knows no such call.
    expect((await repeat(other.upstream, first, roots)).error).toMatchObject(UNKNOWN);
    const states = requestStates();
    const sealed = { ...first, requestState: states.seal('00000000-0000-4000-8000-000000000000') };
    const third = bridged(under.sessions[0]?.upstream ?? under.upstream, { states });
    expect((await repeat(third, sealed, roots)).error).toMatchObject(UNKNOWN);
    for (const requestState of ['', 'x', 7, null, { a: 1 }]) {
      const tampered = await call(under.upstream, { requestState, inputResponses: {} });
      expect(tampered.error).toMatchObject(UNKNOWN);
    }
    expect(runs).toHaveLength(1);
  });

  test('comes once: of two at once one goes on, and one that comes later is refused [bridge-modern-client-once]', async () => {
    const { behaviour, runs } = countingServer();
    await using under = await openBridge(world, behaviour);
    const first = await call(under.upstream);
    const both = await Promise.all([1, 2].map(() => repeat(under.upstream, first, roots)));
    expect(both.map(({ result }) => result?.['run']).filter((run) => run !== undefined)).toEqual([1]);
    expect(both.flatMap(({ error }) => error ?? [])).toMatchObject([UNKNOWN]);
    expect((await repeat(under.upstream, first, roots)).error).toMatchObject(UNKNOWN);
    expect(runs).toHaveLength(1);
  });

  test('with something else than responses is refused, and may come again [bridge-modern-client-input]', async () => {
    const { behaviour } = countingServer();
    await using under = await openBridge(world, behaviour);
    const first = await call(under.upstream);
    for (const inputResponses of ['x', [], 1, { 'input-1': 'text' }, { 'input-1': null }]) {
      const { requestState } = first;
      expect((await call(under.upstream, { requestState, inputResponses })).error).toMatchObject({ code: -32_602 });
    }
    const responses = { 'input-1': ROOTS, unexpected: { a: 1 }, __proto__: {} };
    const last = await call(under.upstream, { requestState: first.requestState, inputResponses: responses });
    expect(last.result).toMatchObject({ run: 1 });
  });

  test('that comes too late is refused; the server’s request and the call have ended [bridge-modern-client-expiry]', async () => {
    const { behaviour, runs } = countingServer();
    await using under = await openBridge(world, behaviour, { limits: { expiryMs: 50 } });
    const first = await call(under.upstream);
    const [, session] = under.sessions;
    await expect.poll(() => session?.received.at(-1)).toMatchObject({ id: 'ask-1', error: { code: -32_603 } });
    await expect.poll(() => session?.cancelled).toEqual([session?.received[0]?.id]);
    expect(under.upstream.waiting).toBe(0);
    expect(under.budget).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
    expect((await repeat(under.upstream, first, roots)).error).toMatchObject(UNKNOWN);
    expect(runs).toHaveLength(1);
  });

  test('is late by the clock, not by a timer that is late itself [bridge-modern-client-expiry]', async () => {
    let now = 0;
    const { behaviour } = countingServer();
    await using under = await openBridge(world, behaviour, { clock: () => now });
    const first = await call(under.upstream);
    now = 300_000;
    expect((await repeat(under.upstream, first, roots)).error).toMatchObject(UNKNOWN);
  });
});

describe('a server that refuses a call until the user has opened a URL', () => {
  const elicitations = [
    { mode: 'url', elicitationId: 'a', url: 'https://example.com/a', message: 'Sign in.' },
    { mode: 'url', elicitationId: 'b', url: 'https://example.com/b', message: 'Pay.' },
  ];

  function refusing(): Behaviour {
    let calls = 0;
    return {
      'tools/call': (request, outlet) => {
        if (++calls > 1) void outlet.send(answer(request, { params: request.params }));
        else {
          const error = { code: -32_042, message: 'Open it.', data: { elicitations } };
          void outlet.send({ jsonrpc: '2.0', id: request.id, error });
        }
      },
    };
  }

  test('has the client asked for it, and gets the repeat in the same session [bridge-modern-client-urls]', async () => {
    await using under = await openBridge(world, refusing());
    const first = await call(under.upstream, { arguments: { x: 1 } });
    expect(first.inputs).toEqual({
      'url-1': {
        method: 'elicitation/create',
        params: { mode: 'url', url: 'https://example.com/a', message: 'Sign in.' },
      },
      'url-2': { method: 'elicitation/create', params: { mode: 'url', url: 'https://example.com/b', message: 'Pay.' } },
    });
    const second = await repeat(
      under.upstream,
      first,
      (_input, key) => (key === 'url-1' ? { action: 'accept' } : undefined),
      { arguments: { x: 1 } },
    );
    expect(Object.keys(second.inputs)).toEqual(['url-2']);
    const last = await repeat(under.upstream, second, () => ({ action: 'accept' }), { arguments: { x: 1 } });
    expect(last.result).toEqual({ resultType: 'complete', params: { name: 'work', arguments: { x: 1 } } });
    expect(under.sessions).toHaveLength(2);
    expect(under.budget).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
  });

  test.each(['decline', 'cancel'])(
    'does not get the call when the user does %s [bridge-modern-client-urls]',
    async (action) => {
      await using under = await openBridge(world, refusing());
      const first = await call(under.upstream);
      expect((await repeat(under.upstream, first, () => ({ action }))).error).toMatchObject({ code: -32_602 });
      expect(under.sessions[1]?.received.filter(({ method }) => method === 'tools/call')).toHaveLength(1);
      expect(under.upstream.waiting).toBe(0);
    },
  );

  test('gives a client that can’t open URLs what it lacks [bridge-modern-client-urls]', async () => {
    await using under = await openBridge(world, refusing());
    const { error } = await call(under.upstream, {}, { capabilities: { elicitation: { form: {} } } });
    expect(error).toMatchObject({
      code: -32_021,
      data: { requiredCapabilities: { elicitation: { url: {} } } },
    });
  });

  test.each([undefined, {}, { elicitations: [] }, { elicitations: [{ url: 7 }] }, { elicitations: 'x' }])(
    'and does not say which (%j) gives the client an error that it knows [bridge-modern-client-urls]',
    async (data) => {
      await using under = await openBridge(world, {
        'tools/call': ({ id }, outlet) =>
          void outlet.send({
            jsonrpc: '2.0',
            id,
            error: { code: -32_042, message: 'Open it.', ...(data && { data }) },
          }),
      });
      const { error } = await call(under.upstream, {}, { capabilities: ABLE });
      expect(error).toMatchObject({ code: -32_603, message: 'Open it.' });
    },
  );
});
