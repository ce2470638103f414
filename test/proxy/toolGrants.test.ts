import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, modern, type WholeAnswer } from './client.ts';
import { fixture, LIST, type Setup } from './fixture.ts';
import { echoJson, parseCall, type Answer } from './upstream.ts';

const { gatewayTo } = fixture();
const TOOLS = [
  { name: 'read_file', title: 'Read' },
  { name: 'delete_file' },
  { name: 'read_dir' },
  { title: 'no name' },
];
const NARROW = { authorization: 'Bearer narrow' };

async function narrow(answer: Answer = echoJson): Promise<Setup> {
  const setup = await gatewayTo(answer);
  setup.gateway.keys.add('narrow', { grants: ['files:read_*'] });
  return setup;
}

function callOf(name: string, id: number | string = 1): Record<string, unknown> {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } };
}

function resultOf(answered: WholeAnswer): unknown {
  return (JSON.parse(answered.text) as { result: unknown }).result;
}

describe('calls of a key with tool grants', () => {
  test('a granted tool is called', async () => {
    const { gateway, upstream } = await narrow();
    expect((await call(gateway, 'files', callOf('read_file'), NARROW)).status).toBe(200);
    const { message, headers } = modern('tools/call', { name: 'read_dir' });
    expect((await call(gateway, 'files', message, { ...headers, ...NARROW })).status).toBe(200);
    expect(upstream.received).toHaveLength(2);
  });

  test.for(['delete_file', 'READ_FILE', 'xread_file', 'read', ''])(
    'the tool %j is unknown [auth-grants-closed]',
    async (name) => {
      const { gateway, upstream } = await narrow();
      const answered = await call(gateway, 'files', callOf(name, 'x'), NARROW);
      expect(answered.status).toBe(200);
      expect(errorOf(answered)).toEqual({ id: 'x', code: -32_602, message: `Unknown tool: ${name}`, data: undefined });
      expect(upstream.received).toHaveLength(0);
    },
  );

  test('an unknown tool is so in the modern era too', async () => {
    const { gateway, upstream } = await narrow();
    const { message, headers } = modern('tools/call', { name: 'delete_file' });
    const answered = await call(gateway, 'files', message, { ...headers, ...NARROW });
    expect(errorOf(answered)).toMatchObject({ id: 1, code: -32_602 });
    expect(upstream.received).toHaveLength(0);
  });

  test.for([
    [
      'twice in params',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_file","name":"read_file"}}',
    ],
    [
      'twice, escaped',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"n\\u0061me":"delete_file","name":"read_file"}}',
    ],
    [
      'in capitals too',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file","Name":"delete_file"}}',
    ],
    [
      'in capitals only, of the method',
      '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"delete_file"}}',
    ],
    [
      'params twice',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_file"},"params":{"name":"read_file"}}',
    ],
    [
      'params with a long s',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read_file"},"param\u017f":{"name":"delete_file"}}',
    ],
    ['method twice', '{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"delete_file"}}'],
    ['id twice', '{"jsonrpc":"2.0","id":1,"id":2,"method":"tools/call","params":{"name":"read_file"}}'],
    ['a call that is an answer too', '{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}'],
    [
      'an answer with another spelling of method',
      '{"jsonrpc":"2.0","id":1,"result":{},"METHOD":"tools/call","params":{"name":"delete_file"}}',
    ],
    [
      'method in a batch twice',
      '[{"jsonrpc":"2.0","id":1,"method":"tools/call","method":"ping","params":{"name":"delete_file"}}]',
    ],
    ['a call without an id', '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"read_file"}}'],
  ])('a message that could be read in two ways is refused: %s [auth-grants-one-reading]', async ([, body = '']) => {
    const { gateway, upstream } = await narrow();
    const answered = await ask(gateway, '/mcp/files', { body, headers: NARROW });
    expect(answered.status).toBe(400);
    expect(errorOf(answered)).toMatchObject({ code: -32_600 });
    expect(upstream.received).toHaveLength(0);
  });

  test('nor is one that V8 misreads: a name with escapes, in a place where it has seen another one [auth-grants-one-reading]', async () => {
    const { gateway, upstream } = await narrow((res) => res.writeHead(202).end());
    const answer = '{"jsonrpc":"2.0","id":1,"result":{},"params":{"name":"delete_file"}';
    const seen = `${answer},"m\\\\u006":0}`;
    const body = `${answer},"m\\u0065thod":"tools/call"}`;
    for (let times = 0; times < 3; times++) {
      await ask(gateway, '/mcp/files', { body: seen, headers: NARROW });
      expect((await ask(gateway, '/mcp/files', { body, headers: NARROW })).status).toBe(400);
    }
    expect(upstream.received.filter((received) => received.body.includes('tools/call'))).toEqual([]);
  });

  test('a body that is not UTF-8 is refused', async () => {
    const { gateway, upstream } = await narrow();
    const body = Buffer.from(JSON.stringify(callOf('read_ÿ')), 'latin1');
    expect((await ask(gateway, '/mcp/files', { body, headers: NARROW })).status).toBe(400);
    expect(upstream.received).toHaveLength(0);
  });

  test('arguments are the tool’s business, whatever their names', async () => {
    const { gateway, upstream } = await narrow();
    const message = {
      ...callOf('read_file'),
      params: { name: 'read_file', arguments: { name: 1, Name: 2, METHOD: 3 } },
    };
    expect((await call(gateway, 'files', message, NARROW)).status).toBe(200);
    expect(upstream.received).toHaveLength(1);
  });

  test('a batch passes when every element may, and not otherwise', async () => {
    const { gateway, upstream } = await narrow((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end('[{"jsonrpc":"2.0","id":1,"result":{}}]'),
    );
    expect((await call(gateway, 'files', [callOf('read_file'), LIST], NARROW)).status).toBe(200);
    expect((await call(gateway, 'files', [callOf('read_file'), callOf('delete_file')], NARROW)).status).toBe(400);
    expect((await call(gateway, 'files', [LIST, { ...LIST, method: 'resources/list' }], NARROW)).status).toBe(400);
    expect(upstream.received).toHaveLength(1);
  });

  test('answers of the client pass', async () => {
    const { gateway, upstream } = await narrow((res) => res.writeHead(202).end());
    const answered = await call(gateway, 'files', { jsonrpc: '2.0', id: 7, result: { name: 'delete_file' } }, NARROW);
    expect(answered.status).toBe(202);
    expect(upstream.received).toHaveLength(1);
  });
});

describe('lists for a key with tool grants', () => {
  const granted = [TOOLS[0], TOOLS[2]];
  const list = (id: unknown) => ({ jsonrpc: '2.0', id, result: { tools: TOOLS, nextCursor: 'c2', _meta: { a: 1 } } });

  test('a JSON list holds the granted tools only, and keeps all else [auth-grants-closed]', async () => {
    const { gateway } = await narrow((res, { body }) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(list(parseCall(body).id))),
    );
    const answered = await call(gateway, 'files', LIST, NARROW);
    expect(resultOf(answered)).toEqual({ tools: granted, nextCursor: 'c2', _meta: { a: 1 } });
    expect(answered.headers['content-length']).toBe(String(answered.body.length));
    expect(resultOf(await call(gateway, 'files', LIST))).toMatchObject({ tools: TOOLS });
  });

  test.for(['application/json', 'text/event-stream'])(
    'a list in %s loses tools and no other byte [auth-grants-list-bytes]',
    async (type) => {
      const before =
        '{ "result" : {"x":9007199254740993,"x":1e400,\n"tools":[ {"name":"read_a","s":"\\ud800\\/","n":1.0}';
      const after = ' ],"nextCursor":"","_meta":{"__proto__":-0}},\n"jsonrpc":"2.0","id":1}';
      const text = `${before}, {"name":"delete_file"}${after}`;
      const isStream = type === 'text/event-stream';
      const { gateway } = await narrow((res) =>
        res
          .writeHead(200, { 'Content-Type': type })
          .end(isStream ? `id: 7\ndata: ${text.replaceAll('\n', '\ndata: ')}\n\n` : text),
      );
      const answered = await call(gateway, 'files', LIST, NARROW);
      const left = before + after;
      expect(answered.text).toBe(isStream ? `id: 7\ndata: ${left.replaceAll('\n', '\ndata: ')}\n\n` : left);
    },
  );

  test('a list in a batch is filtered', async () => {
    const { gateway } = await narrow((res) =>
      res.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify([list(1), list(2)])),
    );
    const answered = await call(gateway, 'files', [LIST, { ...LIST, id: 2 }], NARROW);
    expect(JSON.parse(answered.text)).toMatchObject([{ result: { tools: granted } }, { result: { tools: granted } }]);
  });

  test.for([
    ['in one piece', 1_000_000],
    ['byte by byte', 1],
  ] as const)('a list in an event stream is filtered, %s [auth-grants-closed]', async ([, size]) => {
    const { id: _, ...progress } = { ...LIST, method: 'notifications/progress' };
    const [first, second] = JSON.stringify(list(1)).split(',"nextCursor"');
    const text =
      `\uFEFF: hello\r\n\r\nid: 1\r\nretry: 500\r\ndata: \r\n\r\n` +
      `event: message\ndata: ${JSON.stringify(progress)}\n\n` +
      `id: é2\rdata:${first ?? ''}\rdata: ,"nextCursor"${second ?? ''}\r\r`;
    const { gateway } = await narrow((res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at += size) res.write(bytes.subarray(at, at + size));
      res.end();
    });
    const answered = await call(gateway, 'files', LIST, NARROW);
    expect(answered.complete).toBe(true);
    expect(answered.text).not.toContain('delete_file');
    expect(answered.text).toContain('id: 1\nretry: 500\ndata: \n\n');
    expect(answered.text).toContain('id: é2\n');
    const messages = messagesOf(answered.text.replace('data: \n', ''));
    expect(messages).toMatchObject([
      { method: 'notifications/progress' },
      { id: 1, result: { tools: granted, nextCursor: 'c2' } },
    ]);
  });

  test('a list that a GET stream replays is filtered', async () => {
    const { gateway } = await narrow((res) =>
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(`data: ${JSON.stringify(list(1))}\n\n`),
    );
    const answered = await ask(gateway, '/mcp/files', { headers: { ...NARROW, 'last-event-id': '1' } });
    expect(messagesOf(answered.text)).toMatchObject([{ result: { tools: granted } }]);
  });

  test('an event that is no message is dropped', async () => {
    const { gateway } = await narrow((res) =>
      res
        .writeHead(200, { 'Content-Type': 'text/event-stream' })
        .end('data: {"result":{"tools":[{"name":"delete_file"}]\n\n'),
    );
    expect((await call(gateway, 'files', LIST, NARROW)).text).not.toContain('delete_file');
  });

  test('an answer or event larger than can be read whole is refused', async () => {
    const huge = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools: TOOLS, pad: 'x'.repeat(17 * 1024 * 1024) } });
    const json = await narrow((res) => res.writeHead(200, { 'Content-Type': 'application/json' }).end(huge));
    const answered = await call(json.gateway, 'files', LIST, NARROW);
    expect(answered.status).toBe(502);
    expect(errorOf(answered)).toMatchObject({ data: { code: 'upstream-too-large' } });
    const sse = await narrow((res) =>
      res.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(`data: ${huge}\n\n`),
    );
    const streamed = await call(sse.gateway, 'files', LIST, NARROW);
    expect(messagesOf(streamed.text)).toMatchObject([{ id: 1, error: { data: { code: 'upstream-too-large' } } }]);
  });

  test.for([
    ['resources/list', { resources: [] }],
    ['resources/templates/list', { resourceTemplates: [] }],
    ['prompts/list', { prompts: [] }],
  ] as const)('%s is empty in both eras', async ([method, empty]) => {
    const { gateway, upstream } = await narrow();
    expect(resultOf(await call(gateway, 'files', { ...LIST, method }, NARROW))).toEqual(empty);
    const { message, headers } = modern(method);
    const answered = await call(gateway, 'files', message, { ...headers, ...NARROW });
    expect(resultOf(answered)).toEqual({ ...empty, resultType: 'complete', ttlMs: 0, cacheScope: 'private' });
    expect(upstream.received).toHaveLength(0);
  });
});

describe('a large list for a key with tool grants', () => {
  const tools = Array.from({ length: 3_000 }, (_, n) => ({
    name: `${n % 2 === 0 ? 'read' : 'delete'}_${String(n)}`,
    description: 'x'.repeat(300),
    inputSchema: { type: 'object' },
  }));
  const granted = tools.filter(({ name }) => name.startsWith('read_'));
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { tools } });

  test.for([
    ['a document', 'application/json', body],
    ['an event stream', 'text/event-stream', `: first\n\ndata: ${body}\n\n: last\n\n`],
    ['an event stream that breaks off', 'text/event-stream', `data: ${body}`],
  ])('is filtered whole in %s, whoever calls meanwhile [auth-grants-closed]', async ([, type = '', text = '']) => {
    const { gateway } = await narrow((res) => {
      res.writeHead(200, { 'content-type': type }).end(text);
    });
    const answers = await Promise.all(
      Array.from({ length: 4 }, () =>
        call(gateway, 'files', { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }, NARROW),
      ),
    );
    for (const answered of answers) {
      expect(answered.status).toBe(200);
      const messages = type === 'application/json' ? [JSON.parse(answered.text) as unknown] : messagesOf(answered.text);
      expect(messages).toEqual([{ jsonrpc: '2.0', id: 1, result: { tools: granted } }]);
    }
  });
});
