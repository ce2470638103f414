import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, errorOf, messagesOf, open, until } from '../client.ts';
import { parseCall, type ReceivedRequest } from '../upstream.ts';
import { aggregateWorld, client, server } from './world.ts';

const STREAM = { 'Content-Type': 'text/event-stream' };
const LOG = (data: number) => ({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });
const RESULT = { content: [] };

const event = (message: object, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
const idsIn = (text: string): string[] => [...text.matchAll(/^id: (.+)$/gm)].map(([, id = '']) => id);

/** The ids as the server has written them. */
const ownIdsIn = (text: string): (string | undefined)[] =>
  idsIn(text).map((id) => /^a\.[0-9a-f]{16}\/(.+)$/.exec(id)?.[1]);

/** A session of all servers, of which `a` is answered for by the test: each call of its tool `slow`, and each GET that names an event. */
async function world(transport: 'http' | 'stdio' = 'http') {
  const asked: { readonly res: ServerResponse; readonly received: ReceivedRequest }[] = [];
  const setup = await aggregateWorld();
  const a = await setup.add(
    'a',
    server({
      tools: ['slow', 'quick'],
      answers: {
        'tools/call': (res, received) => {
          const { id, params } = parseCall(received.body);
          res.writeHead(200, STREAM);
          if (params?.['name'] === 'slow') asked.push({ res, received });
          else res.end(event({ jsonrpc: '2.0', id, result: RESULT }));
        },
        GET: (res, received) => {
          if (received.headers['last-event-id'] === undefined) res.writeHead(405).end();
          else asked.push({ res: res.writeHead(200, STREAM), received });
        },
      },
    }),
    { transport },
  );
  const { gateway } = setup;
  const me = await client(gateway, 'legacy');
  return {
    gateway,
    a,
    me,
    asked,
    /** The conversation with the server is open: what comes now goes there as bytes. */
    warm: () => me.ask('tools/call', { name: 'a__quick' }),
    call: (id: number) => {
      const message = { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'a__slow' } };
      return open(gateway, '/mcp', { headers: me.headers, body: JSON.stringify(message), method: 'POST' });
    },
    resume: (eventId: string, headers = me.headers) =>
      ask(gateway, '/mcp', { method: 'GET', headers: { ...headers, 'last-event-id': eventId } }),
    async server(n = 0) {
      await until(() => asked.length > n, 'the server has it');
      const { res, received } = asked[n] as (typeof asked)[number];
      return { res, received, id: received.body.length === 0 ? undefined : parseCall(received.body).id };
    },
    [Symbol.asyncDispose]: () => setup[Symbol.asyncDispose](),
  };
}

describe('an answer of /mcp that was carried as messages [mcp-resume-last-event-id]', () => {
  test('is taken up again, also when its client comes back late, and is not kept for ever', async () => {
    await using setup = await world('stdio');
    const { gateway, call, server: at, resume } = setup;
    const first = call(3);
    const { res, id } = await at();
    const stream = await first;
    await until(() => idsIn(stream.text).length === 1, 'the first event, before the server has sent anything');
    res.write(event(LOG(1)));
    await until(() => stream.text.includes('"data":1'), 'the first message');
    stream.abort();
    await stream.ended;
    res.end(event({ jsonrpc: '2.0', id, result: RESULT }));
    // What nobody uses is forgotten, but somebody may come back for this.
    await client(gateway, 'legacy');
    expect(gateway.register.size).toBe(2);
    gateway.advance(31 * 60_000);
    await until(() => gateway.register.size === 1, 'the other one is forgotten');
    const [, last = ''] = idsIn(stream.text);
    const resumed = await resume(last);
    expect(messagesOf(resumed.text)).toMatchObject([{ id: 3, result: RESULT }]);
    await expect.poll(async () => (await resume(last)).status).toBe(400);
    gateway.advance(31 * 60_000);
    await until(() => gateway.register.size === 0, 'all of it is over');
  });

  test('has ids that no other answer of the session gets, when that was made anew', async () => {
    await using setup = await world();
    const { gateway, me, resume } = setup;
    const before = idsIn((await me.ask('tools/list')).text);
    expect(before.length).toBeGreaterThan(0);
    gateway.advance(31 * 60_000);
    await until(() => gateway.register.size === 0, 'it is forgotten');
    const after = idsIn((await me.ask('tools/list')).text);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect((await resume(before[0] ?? '')).status).toBe(400);
  });
});

describe('an answer of /mcp that came as bytes [mcp-resume-last-event-id] [aggregate-byte-lane]', () => {
  test('is taken up again at its server, in its session there', async () => {
    await using setup = await world();
    const { warm, call, server: at, resume } = setup;
    await warm();
    const first = call(3);
    const { res, received, id } = await at();
    expect(id).toBe(3);
    // The stream begins as one that needs no change; its ids do.
    res.write('id: 1-0\nretry: 50\ndata: \n\n');
    res.write(event(LOG(1), '1-1'));
    const stream = await first;
    await until(() => stream.text.includes('"data":1'), 'the message');
    expect(ownIdsIn(stream.text)).toEqual(['1-0', '1-1']);
    res.end();
    await stream.ended;
    const rest = resume(idsIn(stream.text)[1] ?? '');
    const again = await at(1);
    expect(again.received.headers).toMatchObject({
      'last-event-id': '1-1',
      'mcp-session-id': received.headers['mcp-session-id'],
    });
    again.res.write(event(LOG(2), '1-2'));
    again.res.end(event({ jsonrpc: '2.0', id, result: RESULT }, '1-3'));
    const resumed = await rest;
    expect(messagesOf(resumed.text)).toMatchObject([LOG(2), { id: 3, result: RESULT }]);
    expect(ownIdsIn(resumed.text)).toEqual(['1-2', '1-3']);
  });

  test.each([
    ['of a server that is none', 'b/1-1'],
    ['of a server by its name alone', 'a/1-1'],
    ['without a server', '/1-1'],
    ['without an event', 'a/'],
    ['of nothing', 'x'],
  ])('is not known by an event %s', async (_name, eventId) => {
    await using setup = await world();
    await setup.warm();
    const refused = await setup.resume(eventId);
    expect([refused.status, errorOf(refused).data?.code]).toEqual([400, 'unknown-event-id']);
    expect(setup.asked).toEqual([]);
  });

  test('is not there for another key or view, nor when the conversation is over', async () => {
    await using setup = await world();
    const { gateway, me, warm, call, server: at } = setup;
    await warm();
    const first = call(3);
    (await at()).res.end(event(LOG(1), '1-1'));
    const answer = await first;
    await answer.ended;
    const [id = ''] = idsIn(answer.text);
    const resume = (headers = me.headers) => setup.resume(id, headers);
    gateway.keys.add('other');
    expect((await resume({ ...me.headers, authorization: 'Bearer other' })).status).toBe(404);
    gateway.advance(31 * 60_000);
    await until(() => gateway.register.size === 0, 'it is forgotten');
    expect((await resume()).status).toBe(400);
    expect(setup.asked).toHaveLength(1);
  });
});
