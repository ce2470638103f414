import { Agent, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, open, until } from '../client.ts';
import { LIST } from '../fixture.ts';
import { parseCall } from '../upstream.ts';
import { event, INITIALIZE, legacyServer, messagesFixture, methodsOf, STREAM } from './world.ts';

const { laneTo } = messagesFixture();
const LOG = (data: number) => ({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });

/** A session of a client whose answers can be taken up again; the test writes what the server sends for each request. */
async function world(requested = '2025-11-25') {
  const asked: { id: unknown; res: ServerResponse }[] = [];
  const setup = await laneTo(
    legacyServer((res, { body }) => {
      asked.push({ id: body.length === 0 ? undefined : parseCall(body).id, res: res.writeHead(200, STREAM) });
    }),
  );
  const { gateway, upstream } = setup;
  const params = { ...INITIALIZE.params, protocolVersion: requested };
  const begun = await call(gateway, 'local', { ...INITIALIZE, params });
  const headers = { 'mcp-session-id': String(begun.headers['mcp-session-id']) };
  return {
    gateway,
    upstream,
    headers,
    asked,
    version: (JSON.parse(begun.text) as { result: { protocolVersion: string } }).result.protocolVersion,
    post: () => open(gateway, '/mcp/local', { headers, body: JSON.stringify(LIST), method: 'POST' }),
    resume: (eventId: string) =>
      ask(gateway, '/mcp/local', { method: 'GET', headers: { ...headers, 'last-event-id': eventId } }),
    /** Waits for the n-th request at the server, and gives what sends it messages and its answer. */
    async server(n = 0) {
      await until(() => asked.length > n, 'the server has the request');
      const { id, res } = asked[n] ?? { id: undefined, res: undefined };
      return {
        send: (message: object) => res?.write(event(message)),
        answer: () => res?.end(event({ jsonrpc: '2.0', id, result: { tools: [] } })),
      };
    },
  };
}

/** A result that is passed on as bytes, in pieces. */
const LARGE = `{"text":"${'ü€'.repeat(100_000)}"}`;

const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.+)$/gm)].map(([, id = '']) => id);

describe('an answer that can be taken up again [mcp-resume-last-event-id]', () => {
  test('begins with an event that holds nothing but an id and the wait before the client comes back', async () => {
    const { post, server } = await world();
    const answer = post();
    (await server()).answer();
    const stream = await answer;
    await stream.ended;
    expect(stream.headers['content-type']).toBe('text/event-stream');
    expect(stream.text).toMatch(/^id: 1-0\nretry: \d+\ndata: \n\nid: 1-1\nevent: message\ndata: /);
  });

  test('begins before the server has sent anything', async () => {
    const { post, server } = await world();
    const stream = await post();
    await until(() => stream.text !== '', 'the first event');
    expect(stream.text).toMatch(/^id: 1-0\nretry: \d+\ndata: \n\n$/);
    (await server()).answer();
    await stream.ended;
    expect(messagesOf(stream.text)).toMatchObject([{ id: 1 }]);
  });

  test('ends its stream where the server ends its own to go on later, and goes on', async () => {
    const { post, asked, server, resume, upstream } = await world();
    const first = post();
    await server();
    asked[0]?.res.end('id: own-1\nretry: 60\ndata: \n\n');
    const stream = await first;
    await stream.ended;
    expect([stream.complete, messagesOf(stream.text)]).toEqual([true, []]);
    // The gateway takes the server's stream up again, and the client that of the gateway.
    const rest = resume(idsIn(stream.text).at(-1) ?? '');
    await until(() => asked.length > 1, 'the gateway is back');
    expect(upstream.received.at(-1)?.headers['last-event-id']).toBe('own-1');
    const { id } = parseCall(
      upstream.received.find(({ body }) => body.includes('tools/list'))?.body ?? Buffer.from('{}'),
    );
    asked[1]?.res.end(event({ jsonrpc: '2.0', id, result: { tools: [] } }));
    expect(messagesOf((await rest).text)).toMatchObject([{ id: 1, result: { tools: [] } }]);
  });

  test('goes on without its client, who gets the rest, each event once', async () => {
    const { post, server, resume, upstream } = await world();
    const first = post();
    const { send, answer } = await server();
    send(LOG(1));
    const stream = await first;
    await until(() => stream.text.includes('"data":1'), 'the first message');
    stream.abort();
    await stream.ended;
    send(LOG(2));
    const rest = resume(idsIn(stream.text).at(-1) ?? '');
    send(LOG(3));
    answer();
    const resumed = await rest;
    expect(messagesOf(resumed.text)).toMatchObject([LOG(2), LOG(3), { id: 1, result: { tools: [] } }]);
    expect(idsIn(resumed.text)).toEqual(['1-2', '1-3', '1-4']);
    expect(methodsOf(upstream.received)).not.toContain('notifications/cancelled');
  });

  test('of megabytes is one event, with the bytes of the server, at once and when it is taken up again', async () => {
    const { post, asked, server, resume } = await world();
    const answerWith = (n: number): void => {
      const { id, res } = asked[n] ?? { id: undefined, res: undefined };
      res?.end(`data: {"jsonrpc":"2.0","id":${String(id)},"result":${LARGE}}\n\n`);
    };
    const whole = post();
    await server();
    answerWith(0);
    const stream = await whole;
    await stream.ended;
    const data = `{"jsonrpc":"2.0","id":1,"result":${LARGE}}`;
    expect(stream.text.endsWith(`\nid: 1-1\nevent: message\ndata: ${data}\n\n`)).toBe(true);
    expect(Number(stream.headers['content-length'])).toBe(Buffer.byteLength(stream.text));

    const broken = post();
    const { send } = await server(1);
    send(LOG(1));
    const begun = await broken;
    await until(() => begun.text.includes('"data":1'), 'the first message');
    begun.abort();
    await begun.ended;
    answerWith(1);
    expect((await resume('2-1')).text).toBe(`id: 2-2\nevent: message\ndata: ${data}\n\n`);
  });

  test('is there from its beginning, also when it was whole before the client came back', async () => {
    const { post, server, resume } = await world();
    const first = post();
    const { send, answer } = await server();
    send(LOG(1));
    const stream = await first;
    stream.abort();
    await stream.ended;
    send(LOG(2));
    answer();
    const resumed = await resume('1-0');
    expect(messagesOf(resumed.text)).toMatchObject([LOG(1), LOG(2), { id: 1 }]);
    // The client has it now.
    await until(() => resumed.complete, 'the end');
    await expect.poll(async () => (await resume('1-0')).status).toBe(400);
  });

  test('is given on one connection only: the one before it ends', async () => {
    const { post, server, resume } = await world();
    const first = post();
    const { send, answer } = await server();
    send(LOG(1));
    const stream = await first;
    await until(() => stream.text.includes('"data":1'), 'the first message');
    const rest = resume('1-1');
    await stream.ended;
    expect(stream.complete).toBe(false);
    answer();
    expect(messagesOf((await rest).text)).toMatchObject([{ id: 1 }]);
  });

  test('that the client cancels meanwhile is cancelled at the server', async () => {
    const { post, server, upstream, gateway, headers } = await world();
    const first = post();
    (await server()).send(LOG(1));
    const stream = await first;
    stream.abort();
    await stream.ended;
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    expect((await call(gateway, 'local', cancelled, headers)).status).toBe(202);
    await until(() => methodsOf(upstream.received).includes('notifications/cancelled'), 'the server knows');
  });

  test('ends with its session', async () => {
    const { post, server, gateway, headers, resume } = await world();
    const first = post();
    (await server()).send(LOG(1));
    const stream = await first;
    stream.abort();
    await stream.ended;
    await ask(gateway, '/mcp/local', { method: 'DELETE', headers });
    expect((await resume('1-1')).status).toBe(404);
  });

  test.each(['1-9', '7-0', 'x', '1', '', '99999999999999999999-1'])('is not known by the event %j', async (eventId) => {
    const { post, server, resume } = await world();
    const first = post();
    const { send } = await server();
    send(LOG(1));
    const stream = await first;
    const refused = await resume(eventId);
    expect([refused.status, errorOf(refused)]).toMatchObject([
      400,
      { code: -32_000, data: { code: 'unknown-event-id' } },
    ]);
    stream.abort();
  });

  test('that the client has taken whole is forgotten', async () => {
    const { post, server, resume } = await world();
    const answer = post();
    (await server()).answer();
    await (
      await answer
    ).ended;
    expect((await resume('1-0')).status).toBe(400);
  });
});

describe('the revision of a session', () => {
  test.each([
    ['2025-11-25', '2025-11-25'],
    ['2025-06-18', '2025-06-18'],
    ['2025-03-26', '2025-03-26'],
    ['2099-01-01', '2025-11-25'],
    ['nonsense', '2025-11-25'],
  ])('that the client asks for (%s) is %s', async (requested, agreed) => {
    const { version } = await world(requested);
    expect(version).toBe(agreed);
  });

  test('that is older than 2025-11-25 has JSON answers without ids', async () => {
    const { post, server } = await world('2025-06-18');
    const answer = post();
    (await server()).answer();
    const whole = await answer;
    await whole.ended;
    expect(whole.headers['content-type']).toBe('application/json');
  });

  test.each(['2025-06-18', '2025-03-26', '2024-11-05'])(
    'that is older (%s) has ids where something comes before the response, and no event without a message [mcp-resume-last-event-id]',
    async (revision) => {
      const { post, server, resume, upstream } = await world(revision);
      const first = post();
      const { send, answer } = await server();
      send(LOG(1));
      const stream = await first;
      await until(() => stream.text.includes('"data":1'), 'the first message');
      expect(stream.text).toMatch(/^id: 1-1\nevent: message\ndata: \{/);
      stream.abort();
      await stream.ended;
      send(LOG(2));
      answer();
      const resumed = await resume('1-1');
      expect(messagesOf(resumed.text)).toMatchObject([LOG(2), { id: 1, result: { tools: [] } }]);
      expect(methodsOf(upstream.received)).not.toContain('notifications/cancelled');
    },
  );

  test('that is older cancels by leaving before it has an id', async () => {
    const { gateway, headers, server, upstream } = await world('2025-06-18');
    const agent = new Agent();
    const asked = open(gateway, '/mcp/local', { headers, body: JSON.stringify(LIST), method: 'POST', agent });
    const left = expect(asked).rejects.toThrow();
    await server();
    agent.destroy();
    await left;
    await until(() => methodsOf(upstream.received).includes('notifications/cancelled'), 'the cancellation');
    await until(() => gateway.events.some(({ outcome }) => outcome === 'client-closed'), 'the call ended');
  });

  test.each([
    ['2025-06-18', 200],
    ['2025-11-25', 200],
    ['1999-01-01', 400],
    ['nonsense', 400],
  ])('may be named in MCP-Protocol-Version: %s gives %i', async (version, status) => {
    const { gateway, headers, server } = await world();
    const answer = call(gateway, 'local', LIST, { ...headers, 'mcp-protocol-version': version });
    if (status === 200) (await server()).answer();
    const answered = await answer;
    expect(answered.status).toBe(status);
    if (status !== 400) return;
    expect(errorOf(answered)).toMatchObject({
      code: -32_000,
      message: expect.stringContaining('2025-11-25') as string,
    });
  });
});
