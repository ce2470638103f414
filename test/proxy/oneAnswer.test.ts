import { createParser } from 'eventsource-parser';
import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, modern, open, until, type Answered } from './client.ts';
import { fixture, LIST, type Setup } from './fixture.ts';
import { parseCall, type Answer } from './upstream.ts';

const { gatewayTo, gatewayToRaw } = fixture();
const STREAM = { 'Content-Type': 'text/event-stream' };
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n';
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const event = (message: unknown): string => `data: ${JSON.stringify(message)}\n\n`;
const result = (id: unknown, more: object = {}) => ({ jsonrpc: '2.0', id, result: more });
const PROGRESS = event({ jsonrpc: '2.0', method: 'notifications/progress', params: {} });
const BATCH = [
  { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  { jsonrpc: '2.0', id: 'b', method: 'tools/list' },
];
const LARGE = 'x'.repeat(100_000);

/** Messages as an official client reads them, of one that also reads what is left at the end of a stream. */
function read({ text }: { readonly text: string }, leniently = false): unknown[] {
  const messages: unknown[] = [];
  const parser = createParser({
    onEvent: ({ event: type = 'message', data }) => {
      if (type === 'message' && data !== '') messages.push(JSON.parse(data));
    },
  });
  parser.feed(leniently ? `${text}\n\n` : text);
  return messages;
}

/** The one message, whatever the client. */
function onlyMessage(answered: Answered): unknown {
  const messages = read(answered);
  expect(read(answered, true)).toEqual(messages);
  expect(messages).toHaveLength(1);
  return messages[0];
}

async function outcomeOf({ gateway }: Pick<Setup, 'gateway'>): Promise<string | undefined> {
  await until(() => gateway.events.length > 0, 'the exchange ended');
  expect(gateway.register.size).toBe(0);
  return gateway.events[0]?.outcome;
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

describe('a server that keeps its stream open after its answer', () => {
  const keepsOpen =
    (more = ''): Answer =>
    (res, { body }) => {
      const { id } = parseCall(body);
      if (id === undefined) res.writeHead(202).end();
      else res.writeHead(200, STREAM).write(PROGRESS + event(result(id)) + more);
    };

  test('has its answer ended, its place freed, and hears of no cancellation [proxy-one-id-one-answer]', async () => {
    const { gateway, upstream } = await gatewayTo(keepsOpen());
    gateway.servers.set('files', upstream.url, { limits: { maxInFlight: 2 } });
    for (let id = 1; id <= 6; id++) {
      const answered = await call(gateway, 'files', { ...LIST, id });
      expect(answered.complete).toBe(true);
      expect(read(answered)).toMatchObject([{ method: 'notifications/progress' }, result(id)]);
      await until(() => gateway.events.length === id, 'the exchange ended');
      expect(gateway.register.size).toBe(0);
    }
    expect(gateway.events.map(({ outcome }) => outcome)).toEqual(Array(6).fill('ok'));
    gateway.advance(3_600_000);
    await until(() => upstream.received.every(({ aborted }) => aborted), 'the server was let go');
    // All that it was sent, cancellations among it.
    expect(upstream.received.map(({ body }) => parseCall(body).method)).toEqual(Array(6).fill('tools/list'));
    expect(gateway.events).toHaveLength(6);
  });

  test('is not heard any more: no second answer and nothing else passes [proxy-one-id-one-answer]', async () => {
    for (const more of [event(result(1, { second: true })), event(result(2)), PROGRESS, 'data: half', ': comment\n']) {
      const { gateway } = await gatewayTo(keepsOpen(more));
      const answered = await call(gateway, 'files', LIST);
      expect(answered.text).toBe(PROGRESS + event(result(1)));
    }
  });

  test('and ends it soon keeps its connection, which serves again', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream } = await gatewayTo((res, { body }) => {
      res.writeHead(200, STREAM).write(event(result(parseCall(body).id)));
      end = () => res.end(PROGRESS);
    });
    for (let id = 1; id <= 3; id++) {
      expect(read(await call(gateway, 'files', { ...LIST, id }))).toEqual([result(id)]);
      end();
      await until(() => upstream.received[id - 1]?.aborted === false && gateway.events.length === id, 'it has ended');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(upstream.connections).toBe(1);
  });

  test('and goes on talking is cut', async () => {
    const { gateway, upstream } = await gatewayTo((res) => {
      res.writeHead(200, STREAM).write(event(result(1)));
      const more = (): void => {
        while (!res.destroyed && res.write(PROGRESS.repeat(100)));
        res.once('drain', more);
      };
      more();
    });
    const before = performance.now();
    expect(read(await call(gateway, 'files', LIST))).toEqual([result(1)]);
    await until(() => upstream.received[0]?.aborted === true, 'the server was cut');
    // By the bytes, not by the time that it may take.
    expect(performance.now() - before).toBeLessThan(900);
    expect(gateway.events).toMatchObject([{ outcome: 'ok' }]);
  });

  test('serves a key with few tools in the same way [proxy-one-id-one-answer]', async () => {
    const setup = await gatewayTo(keepsOpen(event(result(1, { second: true }))));
    setup.gateway.keys.add('mine', { grants: ['files:a'] });
    const answered = await call(setup.gateway, 'files', LIST, { authorization: 'Bearer mine' });
    expect(read(answered)).toMatchObject([{ method: 'notifications/progress' }, result(1)]);
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('until all requests of a batch are answered, is listened to [proxy-one-id-one-answer]', async () => {
    let write: (message: unknown) => void = () => undefined;
    const setup = await gatewayTo((res) => {
      res.writeHead(200, STREAM).flushHeaders();
      write = (message) => res.write(event(message));
    });
    const stream = await open(setup.gateway, '/mcp/files', { body: JSON.stringify(BATCH) });
    write(result('b'));
    write(result('b', { second: true }));
    write([result('b'), { jsonrpc: '2.0', method: 'notifications/x' }]);
    await until(() => read(stream).length === 2, 'both passed');
    expect(setup.gateway.register.size).toBe(1);
    write([result('b'), result(1)]);
    await stream.ended;
    expect(stream.complete).toBe(true);
    expect(read(stream)).toEqual([result('b'), [{ jsonrpc: '2.0', method: 'notifications/x' }], [result(1)]]);
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('but not one that stands: a subscription goes on after a response, and gets no second one', async () => {
    const { message, headers } = modern('subscriptions/listen', { notifications: {} }, 'sub');
    let end: () => void = () => undefined;
    const { gateway } = await gatewayTo((res) => {
      res.writeHead(200, STREAM).write(event(result('sub')) + event(result('sub')) + PROGRESS);
      end = () => res.destroy();
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify(message), headers });
    await until(() => stream.text === event(result('sub')) + PROGRESS, 'it goes on');
    expect(gateway.register.size).toBe(1);
    end();
    await stream.ended;
    expect(stream.text).toBe(event(result('sub')) + PROGRESS);
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
      expect(await outcomeOf(onStream)).toBe('ok');
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

describe('a JSON answer', () => {
  const answered = async (body: unknown, asked: unknown = LIST, grants = ['*']) => {
    const { gateway } = await gatewayTo((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body)),
    );
    gateway.keys.add('mine', { grants });
    return call(gateway, 'files', asked, { authorization: 'Bearer mine' });
  };

  for (const grants of [['*'], ['files:a']]) {
    test.for([
      ['to one id twice', [result(1), result(1, { second: true })], [result(1)]],
      ['to one id twice, the second as a text', [result(1), result('1')], [result(1)]],
      [
        'that is an error and a result',
        [{ jsonrpc: '2.0', id: 1, error: { code: 1, message: '' } }, result(1)],
        undefined,
      ],
      ['that is a replay, too', [result(9), result(1)], [result(9), result(1)]],
      ['whose id is a text where it was a number', result('1'), result('1')],
    ] as const)(
      `%s is one answer, for a key of ${String(grants)} [proxy-one-id-one-answer]`,
      async ([, body, expected]) => {
        const { status, text } = await answered(body, LIST, grants);
        expect(status).toBe(200);
        expect(JSON.parse(text)).toEqual(expected ?? [body[0 as never]]);
      },
    );

    test.for([
      ['another id', result(2)],
      ['other ids', [result(2), result(3)]],
      ['no message', { ok: true }],
      ['nothing', []],
      ['a request', { jsonrpc: '2.0', id: 1, method: 'ping' }],
      ['a result without an id', { jsonrpc: '2.0', result: {} }],
    ] as const)(
      `with %s is an error for the request, for a key of ${String(grants)} [proxy-one-id-one-answer]`,
      async ([, body]) => {
        const other = await answered(body, LIST, grants);
        expect(other.status).toBe(502);
        expect(errorOf(other)).toMatchObject({ id: 1, data: { code: 'upstream-not-mcp' } });
      },
    );
  }

  test('that flows and answers twice ends broken, so that nothing of it counts [proxy-one-id-one-answer]', async () => {
    const twice = await answered([result(1, { LARGE }), result(1)]);
    expect(twice.complete).toBe(false);
    expect((await answered([result(1, { LARGE }), result(2)])).complete).toBe(true);
  });

  test('to a batch answers each request once', async () => {
    const { text } = await answered([result('b'), result(1), result('b', { second: true })], BATCH);
    expect(JSON.parse(text)).toEqual([result('b'), result(1)]);
  });
});

describe('a stream that a client can take up again', () => {
  const withId = (id: string, data: string): string => `id: ${id}\ndata: ${data}\n\n`;
  const notification = JSON.stringify({ jsonrpc: '2.0', method: 'x' });

  /** Gives the pieces one by one, each when the one before has surely gone. */
  async function broken(
    pieces: readonly string[],
    how: 'cut' | 'ended' = 'cut',
    asked = { message: LIST as object, headers: {} },
  ) {
    const setup = await gatewayToRaw((socket) => {
      socket.setNoDelay();
      socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      const rest = [...pieces];
      const next = (): void => {
        const piece = rest.shift();
        if (piece !== undefined) socket.write(chunk(piece), () => setImmediate(next));
        else if (how === 'ended') socket.end('0\r\n\r\n');
        else socket.destroy();
      };
      next();
    });
    return { ...setup, answered: await call(setup.gateway, 'files', asked.message, asked.headers) };
  }

  test.for([
    ['that begins with a comment', [': hi\n\n', withId('1', notification)]],
    ['whose first event has none', [PROGRESS, withId('1', notification)]],
    ['in two pieces', [': hi\n\ni', 'd: 1\nda', `ta: ${notification}\n\n`]],
    ['on an event without a message', ['id: 1\nretry: 10\ndata: \n\n', PROGRESS]],
    ['and then half an event', [withId('1', notification), 'id: 2\ndata: {"jsonrpc":"2.0","id":1,"res']],
    ['and then half an event that is large', [withId('1', notification), `data: {"id":1,"result":"${LARGE}`]],
  ] as const)('because of an id %s looks broken when it is cut [mcp-resume-last-event-id]', async ([, pieces]) => {
    const setup = await broken(pieces);
    expect(setup.answered.complete).toBe(false);
    expect(await outcomeOf(setup)).toBe('upstream-truncated');
  });

  test.for([
    ['never was one', [': id: 1\n\n', PROGRESS, 'event: id\ndata: {"id":"id: 1"}\n\n']],
    ['was one until an empty id', [withId('1', notification), withId('', notification)]],
    ['would be one after an event that never ended', [PROGRESS, `id: 1\ndata: {"jsonrpc":`]],
    ['has an id that is none', [`id: a\0b\ndata: ${notification}\n\n`]],
  ] as const)('%s is completed with an error when it is cut [proxy-one-id-one-answer]', async ([, pieces]) => {
    const setup = await broken(pieces);
    expect(setup.answered.complete).toBe(true);
    expect(read(setup.answered).at(-1)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
  });

  test('ends as the server ends it, to be taken up again [mcp-resume-last-event-id]', async () => {
    const pieces = ['id: 1\nretry: 10\ndata: \n\n', PROGRESS];
    const setup = await broken(pieces, 'ended');
    expect(setup.answered.complete).toBe(true);
    expect(setup.answered.text).toBe(pieces.join(''));
    expect(await outcomeOf(setup)).toBe('ok');
  });

  test('is not one without ids: when the server ends it without an answer, there is an error [proxy-one-id-one-answer]', async () => {
    const setup = await broken([PROGRESS, `event: other\ndata: ${JSON.stringify(result(1))}\n\n`], 'ended');
    expect(read(setup.answered).at(-1)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
    expect(await outcomeOf(setup)).toBe('upstream-truncated');
  });

  test.for(['cut', 'ended'] as const)(
    'does not exist since MCP 2026-07-28: one that is %s has an error [proxy-one-id-one-answer]',
    async (how) => {
      const setup = await broken([withId('1', notification)], how, modern('tools/list'));
      expect(setup.answered.complete).toBe(true);
      expect(read(setup.answered).at(-1)).toMatchObject({ id: 1, error: { data: { code: 'upstream-truncated' } } });
    },
  );

  test('has its answer on the stream that the client opens, once, and no place is kept [mcp-resume-last-event-id]', async () => {
    const { gateway, upstream } = await gatewayTo((res, { method }) => {
      res.writeHead(200, STREAM);
      if (method === 'GET') res.end(withId('2', JSON.stringify(result(1))));
      else res.write(withId('1', notification), () => setImmediate(() => res.destroy()));
    });
    gateway.servers.set('files', upstream.url, { limits: { maxInFlight: 1 } });
    for (let round = 0; round < 3; round++) {
      const first = await call(gateway, 'files', LIST);
      expect(first.complete).toBe(false);
      await until(() => gateway.register.size === 0, 'the place is free');
      const resumed = await ask(gateway, '/mcp/files', { headers: { 'last-event-id': '1' } });
      expect(messagesOf(first.text + resumed.text)).toEqual([{ jsonrpc: '2.0', method: 'x' }, result(1)]);
    }
    expect(upstream.received.map(({ method }) => method)).toEqual(Array(3).fill(['POST', 'GET']).flat());
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
  test.for<[string, Answer]>([
    ['a JSON document', (res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(NULLS))],
    ['an event stream', (res) => res.writeHead(200, STREAM).end(event(NULLS))],
  ])('is the answer, in %s [mcp-null-is-absent] [proxy-one-id-one-answer]', async ([, answer]) => {
    const { gateway } = await gatewayTo(answer);
    const { status, text } = await call(gateway, 'files', LIST);
    expect({ status, messages: text.startsWith('{') ? [JSON.parse(text)] : messagesOf(text) }).toEqual({
      status: 200,
      messages: [NULLS],
    });
  });
});
