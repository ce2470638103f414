import { describe, expect, test } from 'vitest';
import { call, open, until, type WholeAnswer } from './client.ts';
import { BATCH, chunk, event, HEAD, LARGE, outcomeOf, read, result, STREAM } from './eventStreams.ts';
import { fixture, LIST } from './fixture.ts';

const { gatewayTo, gatewayToRaw } = fixture();

/** The one message, whatever the client. */
function onlyMessage(answered: WholeAnswer): unknown {
  const messages = read(answered);
  expect(read(answered, true)).toEqual(messages);
  expect(messages).toHaveLength(1);
  return messages[0];
}

describe('a stream that ends before its last event does', () => {
  const framings = [
    ['in chunks, ended', 'Transfer-Encoding: chunked\r\n\r\n', chunk, '0\r\n\r\n'],
    ['in chunks, cut', 'Transfer-Encoding: chunked\r\n\r\n', chunk, ''],
    ['up to the end of the connection', 'Connection: close\r\n\r\n', (text: string) => text, ''],
    ['shorter than declared', 'Content-Length: 900000\r\n\r\n', (text: string) => text, ''],
  ] as const;
  const sent = (framing: (typeof framings)[number], text: string, grants?: string[]) =>
    gatewayToRaw((socket) => socket.end(HEAD + framing[1] + framing[2](text) + framing[3])).then((setup) => {
      setup.gateway.keys.add('mine', grants === undefined ? {} : { grants });
      return setup;
    });
  const asMine = { authorization: 'Bearer mine' };

  for (const framing of framings) {
    test.for(['', '\n', '\r', '\r\n'])(
      `${framing[0]}: a whole response followed by %j is the answer, for every client [proxy-one-id-one-answer]`,
      async (tail) => {
        const setup = await sent(framing, `data: ${JSON.stringify(result(1))}${tail}`);
        expect(onlyMessage(await call(setup.gateway, 'files', LIST))).toEqual(result(1));
        expect(await outcomeOf(setup)).toBe('ok');
      },
    );

    test.for([
      ['small', ''],
      ['larger than what is held', LARGE],
    ])(`${framing[0]}: half a %s response is no answer, and an error is [proxy-one-id-one-answer]`, async ([, pad]) => {
      // Cut where a line has ended, too: a blank line added to it would make an event of the half.
      for (const half of [
        `data: {"jsonrpc":"2.0","id":1,\ndata: "result":"${pad ?? ''}`,
        `data: {"a":"${pad ?? ''}",\n`,
      ]) {
        const setup = await sent(framing, half);
        const answered = await call(setup.gateway, 'files', LIST);
        expect(onlyMessage(answered)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
        if (pad === '') expect(answered.text).not.toContain(half.slice(0, 10) + '"jsonrpc":"2.0","id":1,\n');
        expect(await outcomeOf(setup)).toBe('upstream-truncated');
      }
    });
  }

  test.for(['', '\n', '\r\n'])(
    'is completed for a key that may not use all tools, too, after %j [proxy-one-id-one-answer]',
    async (tail) => {
      const tools = { tools: [{ name: 'mine' }, { name: 'other' }] };
      const setup = await sent(framings[1], `data: ${JSON.stringify(result(1, tools))}${tail}`, ['files:mine']);
      const answered = await call(setup.gateway, 'files', LIST, asMine);
      expect(onlyMessage(answered)).toEqual(result(1, { tools: [{ name: 'mine' }] }));
      expect(await outcomeOf(setup)).toBe('ok');
    },
  );

  test('a large response is completed, too [proxy-one-id-one-answer]', async () => {
    const setup = await sent(framings[1], `data: ${JSON.stringify(result(1, { LARGE }))}\n`);
    expect(onlyMessage(await call(setup.gateway, 'files', LIST))).toEqual(result(1, { LARGE }));
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('and stays silent instead of ending, is completed when it should have said something [proxy-one-id-one-answer]', async () => {
    const setup = await gatewayTo((res) => res.writeHead(200, STREAM).write(`data: ${JSON.stringify(result(1))}\n`));
    const stream = await open(setup.gateway, '/mcp/files', { body: JSON.stringify(LIST) });
    await until(() => {
      setup.gateway.advance(10_000);
      return setup.gateway.events.length > 0;
    }, 'the exchange ended');
    await stream.ended;
    // Comments kept the stream alive meanwhile.
    expect(read(stream)).toEqual([result(1)]);
    expect(await outcomeOf(setup)).toBe('ok');
    expect(setup.upstream.received).toHaveLength(1);
  });
});

test('what a server asks and tells before its answer passes, whatever its ids are [proxy-one-id-one-answer]', async () => {
  const before = [
    { jsonrpc: '2.0', id: 1, method: 'sampling/createMessage', params: { messages: [] } },
    { jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: {}, result: {} },
    result(2, { replayed: true }),
    { jsonrpc: '2.0', method: 'notifications/message', params: { id: 1, result: {} } },
  ];
  const { gateway } = await gatewayTo((res) =>
    res.writeHead(200, STREAM).write([...before, result(1)].map(event).join('')),
  );
  expect(read(await call(gateway, 'files', LIST))).toEqual([...before, result(1)]);
});

describe('an error that does not say which request it answers', () => {
  const error = { code: -32_700, message: 'Parse error', data: { n: [1, null] } };
  const written = '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":{"n":[1, null]}}';

  test.for([`${written},"id":null}`, `${written}}`])(
    'answers the one that waits: %s [proxy-one-id-one-answer]',
    async (text) => {
      const onStream = await gatewayTo((res) => res.writeHead(200, STREAM).write(`id: 1\ndata: ${text}\n\n`));
      const streamed = await call(onStream.gateway, 'files', { ...LIST, id: 'q' });
      expect(read(streamed)).toEqual([{ jsonrpc: '2.0', id: 'q', error }]);
      expect(streamed.text).toContain('[1, null]');
      expect(await outcomeOf(onStream)).toBe('upstream-rpc-error');
      const asJson = await gatewayTo((res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(text));
      expect(JSON.parse((await call(asJson.gateway, 'files', { ...LIST, id: 'q' })).text)).toEqual({
        jsonrpc: '2.0',
        id: 'q',
        error,
      });
    },
  );

  test('answers none of several, each of which gets an error when nothing else comes [proxy-one-id-one-answer]', async () => {
    const { gateway } = await gatewayTo((res) =>
      res.writeHead(200, STREAM).end(event({ jsonrpc: '2.0', id: null, error })),
    );
    expect(read(await call(gateway, 'files', BATCH))).toMatchObject([
      { id: null },
      { id: 1, error: { data: { code: 'upstream-truncated' } } },
      { id: 'b', error: { data: { code: 'upstream-truncated' } } },
    ]);
  });
});

test('a batch whose stream is cut gets an error for each request that has no answer [proxy-one-id-one-answer]', async () => {
  for (const rest of ['', 'data: {"jsonrpc":"2.0","id":"b","res']) {
    const { gateway } = await gatewayToRaw((socket) => {
      socket.end(`${HEAD}Connection: close\r\n\r\n${event(result('b'))}${rest}`);
    });
    expect(read(await call(gateway, 'files', BATCH))).toMatchObject([
      result('b'),
      { id: 1, error: { data: { code: 'upstream-truncated' } } },
    ]);
  }
});

describe('a response in which null stands for what is absent', () => {
  const NULLS = { jsonrpc: '2.0', id: 1, method: null, params: null, result: { tools: [] }, error: null };
  test.for<[string, Parameters<typeof gatewayTo>[0]]>([
    ['a JSON document', (res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(NULLS))],
    ['an event stream', (res) => res.writeHead(200, STREAM).end(event(NULLS))],
  ])('is the answer, in %s [mcp-null-is-absent] [proxy-one-id-one-answer]', async ([, answer]) => {
    const { gateway } = await gatewayTo(answer);
    const answered = await call(gateway, 'files', LIST);
    const { status, text } = answered;
    expect({ status, messages: text.startsWith('{') ? [JSON.parse(text)] : read(answered) }).toEqual({
      status: 200,
      messages: [NULLS],
    });
  });
});
