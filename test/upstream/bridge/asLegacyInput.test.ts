import { describe, expect, test } from 'vitest';
import type { ServerRequest } from '../../../src/mcp/jsonRpc.ts';
import { answer, type Behaviour, type Outlet, type Received } from '../../contract/upstreamWorld.ts';
import { failure } from '../support/connect.ts';
import { askAsClient, CALL, EVERYTHING, inputRequired, openAsLegacy, outcomeOf, requestsIn } from './legacyClient.ts';

const FORM = { method: 'elicitation/create', params: { message: 'Who?', requestedSchema: { type: 'object' } } };
const URL_INPUT = { method: 'elicitation/create', params: { mode: 'url', message: 'Go', url: 'https://example.org/' } };
const SAMPLE = { method: 'sampling/createMessage', params: { messages: [], maxTokens: 5 } };
const ROOTS = { method: 'roots/list' };

/** Asks for inputs until it has them, and answers with what it got. */
const asking = (...rounds: readonly (object | undefined)[]): Behaviour => {
  const serve = (request: Received, outlet: Outlet): void => {
    const { inputResponses, requestState } = request.params ?? {};
    const round = requestState === undefined ? 0 : Number(requestState);
    if (round < rounds.length) void outlet.send(inputRequired(request, rounds[round], String(round + 1)));
    else void outlet.send(answer(request, { content: [], seen: { inputResponses, requestState } }));
  };
  return { 'tools/call': serve, 'prompts/get': serve, 'resources/read': serve, 'completion/complete': serve };
};

const accept = ({ method }: ServerRequest) => ({ result: { of: method } });

describe('what a modern server asks a legacy client for', () => {
  test.each([
    ['a form', FORM],
    ['a completion', SAMPLE],
    ['the roots', ROOTS],
  ])('is %s, which becomes a request of the server [bridge-legacy-client-inputs]', async (_name, input) => {
    await using under = await openAsLegacy(asking({ it: input }));
    const messages = await askAsClient(under.upstream, CALL, accept);
    expect(requestsIn(messages)).toMatchObject([input]);
    expect(outcomeOf(messages)).toEqual({
      jsonrpc: '2.0',
      id: 0,
      result: { content: [], seen: { inputResponses: { it: { of: input.method } }, requestState: '1' } },
    });
  });

  test('is a URL, which gets the id that the legacy revision wants, a new one each time', async () => {
    await using under = await openAsLegacy(asking({ one: URL_INPUT, other: URL_INPUT }));
    const asked = requestsIn(await askAsClient(under.upstream, CALL, accept));
    const ids = asked.map(({ params }) => params?.['elicitationId']);
    expect(asked).toMatchObject([URL_INPUT, URL_INPUT]);
    expect(ids).toEqual([expect.any(String), expect.any(String)]);
    expect(new Set(ids).size).toBe(2);
  });

  test('is asked for all at once, and given back under the names of the server, in its order [bridge-legacy-client-inputs]', async () => {
    await using under = await openAsLegacy(
      asking(
        JSON.parse(
          `{"__proto__":${JSON.stringify(FORM)},"b":${JSON.stringify(ROOTS)},"a":${JSON.stringify(SAMPLE)}}`,
        ) as object,
      ),
    );
    const waiting: ServerRequest[] = [];
    const messages = await askAsClient(under.upstream, CALL, (request) => {
      waiting.push(request);
      if (waiting.length < 3) return undefined;
      for (const one of waiting.reverse()) void under.upstream.reply(one.id, accept(one));
      return undefined;
    });
    expect(new Set(requestsIn(messages).map(({ id }) => id)).size).toBe(3);
    const repeated = under.received[1]?.params?.['inputResponses'];
    expect(JSON.stringify(repeated)).toBe(
      '{"__proto__":{"of":"elicitation/create"},"b":{"of":"roots/list"},"a":{"of":"sampling/createMessage"}}',
    );
  });

  test('goes with the same request, and with the state as it was, or without where there was none', async () => {
    const state = 'ä"\\ 12345678901234567890 '.repeat(20);
    let calls = 0;
    await using under = await openAsLegacy({
      'tools/call': (request, outlet) => {
        calls++;
        if (calls === 1) void outlet.send(inputRequired(request, { it: ROOTS }, state));
        else if (calls === 2) void outlet.send(inputRequired(request, { it: ROOTS }));
        else void outlet.send(answer(request, { content: [] }));
      },
    });
    await askAsClient(under.upstream, CALL, accept);
    const [first, second, third] = under.received.map(({ params }) => params);
    expect(second).toEqual({ ...first, inputResponses: { it: { of: 'roots/list' } }, requestState: state });
    expect(third).toEqual({ ...first, inputResponses: { it: { of: 'roots/list' } } });
    expect(new Set(under.received.map(({ id }) => id)).size).toBe(3);
  });

  test('comes in several rounds, also for prompts and resources', async () => {
    for (const method of ['tools/call', 'prompts/get', 'resources/read']) {
      await using under = await openAsLegacy(asking({ a: FORM }, { b: SAMPLE }, undefined, { c: ROOTS }));
      const messages = await askAsClient(under.upstream, { method, params: { name: 'x', uri: 'a:b' } }, accept);
      expect(requestsIn(messages)).toMatchObject([FORM, SAMPLE, ROOTS]);
      expect(under.received.map(({ params }) => Object.keys(params?.['inputResponses'] ?? {}))).toEqual([
        [],
        ['a'],
        ['b'],
        [],
        ['c'],
      ]);
    }
  });

  test('is asked for 8 times, and no more often [bridge-legacy-client-rounds]', async () => {
    const rounds = Array.from({ length: 9 }, (_, at) => ({ [`r${at}`]: ROOTS }));
    await using enough = await openAsLegacy(asking(...rounds.slice(1)));
    expect(outcomeOf(await askAsClient(enough.upstream, CALL, accept))).toHaveProperty('result');
    await using tooMany = await openAsLegacy(asking(...rounds));
    const messages = await askAsClient(tooMany.upstream, CALL, accept);
    expect(outcomeOf(messages)).toMatchObject({ error: { code: -32_603, data: { code: 'too-many-inputs' } } });
    expect(requestsIn(messages)).toHaveLength(8);
    expect(tooMany.received).toHaveLength(9);
  });

  test('is not mixed up between calls', async () => {
    await using under = await openAsLegacy(asking({ it: FORM }, { it: FORM }));
    const asked: ServerRequest[] = [];
    const calls = ['a', 'b', 'c'].map((name) =>
      askAsClient(under.upstream, { method: 'tools/call', params: { name } }, (request) => void asked.push(request)),
    );
    for (let round = 1; round <= 2; round++) {
      await expect.poll(() => asked.length).toBe(3);
      for (const { id } of asked.splice(0).reverse()) void under.upstream.reply(id, { result: { of: id } });
    }
    const results = (await Promise.all(calls)).map((messages) => ({
      asked: requestsIn(messages).at(-1)?.id,
      seen: outcomeOf(messages)['result'],
    }));
    expect(new Set(results.map(({ asked: id }) => id)).size).toBe(3);
    for (const { asked: id, seen } of results) {
      expect(seen).toMatchObject({ seen: { inputResponses: { it: { of: id } } } });
    }
  });

  test.each([
    ['nothing', {}, FORM, 'elicitation'],
    ['nothing', {}, SAMPLE, 'sampling'],
    ['nothing', {}, ROOTS, 'roots'],
    ['forms only', { elicitation: {} }, URL_INPUT, 'elicitation.url'],
    ['URLs only', { elicitation: { url: {} } }, FORM, 'elicitation.form'],
    [
      'completions without tools',
      { sampling: {} },
      { method: 'sampling/createMessage', params: { ...SAMPLE.params, tools: [] } },
      'sampling.tools',
    ],
  ])(
    'is not asked of a client that declares %s (%j, %j) [bridge-legacy-client-declared]',
    async (_name, capabilities, input, capability) => {
      await using under = await openAsLegacy(asking({ it: input }), { capabilities });
      const messages = await askAsClient(under.upstream, CALL, accept);
      expect(requestsIn(messages)).toEqual([]);
      expect(outcomeOf(messages)).toMatchObject({
        error: { code: -32_603, data: { code: 'client-capability-missing', capability } },
      });
      expect(under.received).toHaveLength(1);
    },
  );

  test('is not asked at all where the client has declared a part of it', async () => {
    const capabilities = { roots: {}, elicitation: {} };
    await using under = await openAsLegacy(asking({ fine: ROOTS, it: URL_INPUT }), { capabilities });
    const messages = await askAsClient(under.upstream, CALL, accept);
    expect(messages.map(({ kind }) => kind)).toEqual(['response']);
  });

  test('is what the server knows that the client has declared', async () => {
    const capabilities = {
      ...EVERYTHING,
      tasks: { list: {} },
      extensions: { 'io.modelcontextprotocol/tasks': {}, 'io.modelcontextprotocol/ui': { mimeTypes: [] } },
    };
    await using under = await openAsLegacy(asking(), { capabilities });
    await askAsClient(under.upstream, CALL, accept);
    const meta = under.received[0]?.params?.['_meta'] as Record<string, unknown>;
    expect(meta['io.modelcontextprotocol/clientCapabilities']).toEqual({
      sampling: { tools: {} },
      elicitation: { form: {}, url: {} },
      roots: {},
      extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: [] } },
    });
  });
});

describe('a call whose input does not come', () => {
  test('ends with the client’s error, and what else is asked for is withdrawn [bridge-legacy-client-refused]', async () => {
    await using under = await openAsLegacy(asking({ a: FORM, b: ROOTS }));
    const messages = await askAsClient(under.upstream, CALL, ({ method }) =>
      method === 'roots/list' ? { error: { code: -1, message: 'User rejected' } } : undefined,
    );
    const [form] = requestsIn(messages);
    expect(messages.map(({ kind }) => kind)).toEqual(['request', 'request', 'notification', 'response']);
    expect(messages[2]).toMatchObject({
      notification: { method: 'notifications/cancelled', params: { requestId: form?.id } },
    });
    expect(outcomeOf(messages)).toMatchObject({
      error: { code: -32_603, message: expect.stringContaining('User rejected') as string },
    });
    expect(under.received).toHaveLength(1);
    await under.upstream.reply(form?.id ?? '', { result: {} });
  });

  test('ends when the client has taken too long [bridge-legacy-client-refused]', async () => {
    await using under = await openAsLegacy(asking({ a: FORM }), { inputMs: 20 });
    const messages = await askAsClient(under.upstream, CALL, () => undefined);
    expect(messages.map(({ kind }) => kind)).toEqual(['request', 'notification', 'response']);
    expect(outcomeOf(messages)).toMatchObject({ error: { data: { code: 'input-timeout' } } });
    expect(under.received).toHaveLength(1);
  });

  test('ends with its signal, and the server is not asked again [bridge-legacy-client-refused]', async () => {
    await using under = await openAsLegacy(asking({ a: FORM }));
    const controller = new AbortController();
    const reason = new Error('enough');
    let id: ServerRequest['id'] = '';
    const asked = failure(
      askAsClient(
        under.upstream,
        CALL,
        (request) => {
          ({ id } = request);
          setImmediate(() => controller.abort(reason));
          return undefined;
        },
        { signal: controller.signal },
      ),
    );
    expect(await asked).toBe(reason);
    await under.upstream.reply(id, { result: {} });
    await askAsClient(under.upstream, { method: 'other/thing' }, accept);
    expect(under.received.map(({ method }) => method)).toEqual(['tools/call', 'other/thing']);
  });

  test('is left while it waits, and the reply that comes later goes nowhere', async () => {
    await using under = await openAsLegacy(asking({ a: FORM }));
    const asked = under.upstream.ask(CALL);
    const { value } = await asked.next();
    await asked.return();
    if (value?.kind === 'request') await under.upstream.reply(value.request.id, { result: {} });
    await askAsClient(under.upstream, { method: 'other/thing' }, accept);
    expect(under.received).toHaveLength(2);
  });

  test('fails when the Upstream is disposed of', async () => {
    await using under = await openAsLegacy(asking({ a: FORM }));
    const asked = askAsClient(under.upstream, CALL, () => {
      setImmediate(() => void under.upstream[Symbol.asyncDispose]());
      return undefined;
    });
    expect(await failure(asked)).toMatchObject({ code: 'upstream-closed' });
  });

  test.each([
    ['in an answer that has none', { method: 'completion/complete' }, { a: FORM }],
    ['of an unknown method', CALL, { a: { method: 'tools/call' } }],
    ['that is no object', CALL, { a: 'FORM' }],
    ['with malformed params', CALL, { a: { method: 'roots/list', params: [] } }],
    ['of more than any server needs', CALL, Object.fromEntries(Array.from({ length: 101 }, (_, at) => [at, ROOTS]))],
  ])('fails where the server asks for input %s', async (_name, request, inputs) => {
    await using under = await openAsLegacy(asking(inputs));
    expect(await failure(askAsClient(under.upstream, request, accept))).toMatchObject({ code: 'upstream-not-mcp' });
  });

  test.each([
    ['neither inputs nor a state', {}],
    ['inputs that are no object', { inputRequests: [FORM] }],
    ['a state that is no text', { inputRequests: { a: FORM }, requestState: 7 }],
  ])('fails where the server names %s', async (_name, members) => {
    await using under = await openAsLegacy({
      'tools/call': (request, outlet) =>
        void outlet.send(answer(request, { resultType: 'input_required', ...members })),
    });
    expect(await failure(askAsClient(under.upstream, CALL, accept))).toMatchObject({ code: 'upstream-not-mcp' });
  });
});
