import { afterAll, describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { sseWorld } from '../sse/sseWorld.ts';
import { stdioWorld } from '../stdio/stdioWorld.ts';
import { httpWorld } from '../support/httpWorld.ts';
import { askingServer } from './askingServer.ts';
import { ABLE, call, got, openBridge, repeat } from './asModernWorld.ts';

const stdio = stdioWorld('legacy');
afterAll(() => stdio[Symbol.asyncDispose]());

const FORM = {
  message: 'Who?',
  requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
};
const ANSWERS: Record<string, JsonObject> = {
  'elicitation/create': { action: 'accept', content: { name: 'Ada' } },
  'sampling/createMessage': { role: 'assistant', content: { type: 'text', text: 'Paris' }, model: 'm' },
  'roots/list': { roots: [{ uri: 'file:///here' }] },
};
const answerOf = ({ method }: { readonly method: string }): JsonObject | undefined => ANSWERS[method];

describe.each([
  ['Streamable HTTP', httpWorld('legacy')],
  ['a program', stdio],
  ['HTTP+SSE', sseWorld()],
])('a call of a modern client at a legacy server (%s)', (_name, world) => {
  test.each([
    ['elicitation/create', { mode: 'form', ...FORM }],
    ['elicitation/create', { mode: 'url', url: 'https://example.com/x', message: 'Open it.' }],
    ['sampling/createMessage', { messages: [{ role: 'user', content: { type: 'text', text: '?' } }], maxTokens: 9 }],
    ['roots/list', undefined],
  ])('asks for input by %s %j, and its repeat brings it [bridge-modern-client-input]', async (method, params) => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask(method, params)).result }));
    await using under = await openBridge(world, server);
    const first = await call(under.upstream);
    expect(first.result).toEqual({
      resultType: 'input_required',
      inputRequests: { 'input-1': { method, ...(params && { params }) } },
      requestState: expect.any(String) as string,
    });
    expect(under.upstream.waiting).toBe(1);
    const second = await repeat(under.upstream, first, answerOf);
    expect(second.result).toEqual({ resultType: 'complete', got: ANSWERS[method] });
    expect(under.upstream.waiting).toBe(0);
    expect(under.budget).toMatchObject({ calls: 0, bytes: 0, keys: 0 });
  });

  test('asks in as many rounds as the server needs, several inputs at once [bridge-modern-client-rounds]', async () => {
    const server = askingServer(async ({ ask }) => {
      const [name, roots] = await Promise.all([ask('elicitation/create', FORM), ask('roots/list')]);
      const sampled = await ask('sampling/createMessage', { messages: [], maxTokens: 1 });
      const last = await ask('elicitation/create', FORM);
      return { all: [name, roots, sampled, last].map(({ result }) => result) };
    });
    await using under = await openBridge(world, server);
    const methods: string[][] = [];
    let round = await call(under.upstream);
    while (round.requestState !== undefined) {
      methods.push(Object.values(round.inputs).map(({ method }) => method));
      round = await repeat(under.upstream, round, answerOf);
    }
    expect(methods).toEqual([['elicitation/create', 'roots/list'], ['sampling/createMessage'], ['elicitation/create']]);
    expect(round.result?.['all']).toEqual(
      ['elicitation/create', 'roots/list', 'sampling/createMessage', 'elicitation/create'].map((each) => ANSWERS[each]),
    );
  });

  test('is asked again for what a repeat leaves out, under the same keys [bridge-modern-client-rounds]', async () => {
    const server = askingServer(async ({ ask }) => {
      const [name, roots] = await Promise.all([ask('elicitation/create', FORM), ask('roots/list')]);
      return { all: [name.result, roots.result] };
    });
    await using under = await openBridge(world, server);
    const first = await call(under.upstream);
    const second = await repeat(under.upstream, first, (input) =>
      input.method === 'roots/list' ? answerOf(input) : undefined,
    );
    expect(second.inputs).toEqual({ 'input-1': first.inputs['input-1'] });
    const third = await repeat(under.upstream, second, () => undefined);
    expect(third.inputs).toEqual(second.inputs);
    expect(new Set([first, second, third].map(({ requestState }) => requestState)).size).toBe(3);
    const last = await repeat(under.upstream, third, answerOf);
    expect(last.result?.['all']).toEqual([ANSWERS['elicitation/create'], ANSWERS['roots/list']]);
  });

  test('is asked beside another one: none waits for what only the other is asked [bridge-modern-client-input]', async () => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).result }));
    await using under = await openBridge(world, server);
    const both = await Promise.all([call(under.upstream), call(under.upstream)]);
    expect(both.map(({ inputs }) => Object.keys(inputs))).toEqual([['input-1'], ['input-1']]);
    const answered = await Promise.all(both.map((each) => repeat(under.upstream, each, answerOf)));
    expect(answered.map(({ result }) => result?.['got'])).toEqual([ANSWERS['roots/list'], ANSWERS['roots/list']]);
  });

  test.each(['prompts/get', 'resources/read'])('%s is one, too [bridge-modern-client-input]', async (method) => {
    const server = askingServer(async ({ ask }) => ({ got: (await ask('roots/list')).result }));
    await using under = await openBridge(world, server);
    const ask = (params: JsonObject) => got(under.upstream.ask({ method, params }, { capabilities: ABLE }));
    const { inputs, requestState } = await ask({ uri: 'a:b' });
    const inputResponses = Object.fromEntries(Object.keys(inputs).map((key) => [key, { roots: [] }]));
    expect((await ask({ uri: 'a:b', requestState, inputResponses })).result).toMatchObject({ got: { roots: [] } });
  });
});
