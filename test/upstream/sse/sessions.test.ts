import { describe, expect, test } from 'vitest';
import { listTools } from '../../../src/upstream/catalogue.ts';
import { request } from '../../../src/upstream/request.ts';
import { collect } from '../../contract/upstreamWorld.ts';
import { failure } from '../support/connect.ts';
import { answerAsServer, butFor, nameEndpoint, openSseServer as open, startSseServer } from './sseServer.ts';

describe('the loss of the stream', () => {
  test('is the loss of the session: what is under way fails, and the next request opens another', async () => {
    await using server = await startSseServer({
      message: butFor('tools/call', (_seen, _stream, response) => void response.writeHead(202).end()),
    });
    await using upstream = await open(server.url);
    const calls = ['one', 'two'].map((name) => failure(request(upstream, { method: 'tools/call', params: { name } })));
    await expect.poll(() => server.methods.filter((method) => method === 'tools/call')).toHaveLength(2);
    server.streams.get(1)?.response.end();
    for (const call of calls) {
      expect(await call).toMatchObject({
        kind: 'unavailable',
        code: 'upstream-session-lost',
        data: { processed: 'unknown' },
      });
    }
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(server.methods.slice(-4)).toEqual(['GET', 'initialize', 'notifications/initialized', 'tools/list']);
    expect(server.seen.at(-1)?.path).toBe('/messages?session=2');
  });

  test('is shared by the requests that come behind it', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url);
    server.streams.get(1)?.response.destroy();
    await expect.poll(() => server.streams.size).toBe(0);
    // It may still meet the old one.
    await listTools(upstream).catch(() => undefined);
    await Promise.all(Array.from({ length: 10 }, () => listTools(upstream)));
    expect(server.methods.filter((method) => method === 'GET')).toHaveLength(2);
  });

  test('leaves what was subscribed to, and the level of logging, as they were', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url);
    const subscribe = (uri: string) => request(upstream, { method: 'resources/subscribe', params: { uri } });
    await subscribe('a:1');
    await subscribe('a:2');
    await request(upstream, { method: 'resources/unsubscribe', params: { uri: 'a:1' } });
    await request(upstream, { method: 'logging/setLevel', params: { level: 'error' } });
    const ended = collect(upstream.listen({ signal: new AbortController().signal }));
    server.streams.get(1)?.response.end();
    expect(await failure(ended)).toMatchObject({ code: 'upstream-session-lost' });
    await listTools(upstream);
    const asked = server.seen
      .filter(({ path }) => path.endsWith('session=2'))
      .map(({ message }) => [message.method, message.params]);
    expect(asked.slice(2)).toEqual(
      expect.arrayContaining([
        ['logging/setLevel', { level: 'error' }],
        ['resources/subscribe', { uri: 'a:2' }],
      ]),
    );
    expect(asked.at(-1)?.[0]).toBe('tools/list');
    expect(asked).toHaveLength(5);
  });

  test('shows in a POST that is not known any more (404), which is sent again in another session', async () => {
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        if (stream.session === 1 && seen.message.method === 'tools/list') response.writeHead(404).end('no session');
        else answerAsServer(seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(server.methods.slice(-5)).toEqual([
      'tools/list',
      'GET',
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
    await expect.poll(() => [...server.streams.keys()]).toEqual([2]);
  });

  test('that comes again is an error', async () => {
    await using server = await startSseServer({
      message: butFor('tools/list', (_seen, _stream, response) => void response.writeHead(404).end()),
    });
    await using upstream = await open(server.url);
    expect(await failure(listTools(upstream))).toMatchObject({
      code: 'upstream-session-lost',
      data: { processed: false },
    });
  });

  test('without a word is found by a ping, once a call has waited in vain', async () => {
    let isGone = false;
    await using server = await startSseServer({
      message: (seen, stream, response) =>
        isGone ? void response.writeHead(202).end() : answerAsServer(seen, stream, response),
    });
    await using upstream = await open(server.url, { timeouts: { idleMs: 300 } });
    isGone = true;
    expect(await failure(listTools(upstream))).toMatchObject({ code: 'upstream-timeout' });
    await expect.poll(() => server.streams.size).toBe(0);
    isGone = false;
    expect((await listTools(upstream)).items).toHaveLength(1);
  });
});

test('comments keep a call alive that takes its time', async () => {
  await using server = await startSseServer({
    message: butFor('tools/call', ({ message: { id } }, { response: stream, send }, response) => {
      response.writeHead(202).end();
      let comments = 0;
      const timer = setInterval(() => {
        stream.write(': still here\n\n');
        if (++comments < 40) return;
        clearInterval(timer);
        send({ jsonrpc: '2.0', id, result: { content: [] } });
      }, 25);
      stream.on('close', () => clearInterval(timer));
    }),
  });
  await using upstream = await open(server.url, { timeouts: { idleMs: 500 } });
  await expect(request(upstream, { method: 'tools/call' })).resolves.toEqual({ content: [] });
});

test('a server that floods is read no further than is taken', async () => {
  let isBlocked = false;
  await using server = await startSseServer({
    message: butFor('tools/call', ({ message: { id } }, { send, response: stream }, response) => {
      response.writeHead(202).end();
      const data = 'x'.repeat(64 * 1024);
      const filler = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } };
      let left = 400;
      const more = () => {
        isBlocked = false;
        while (left-- > 0) {
          if (send(filler)) continue;
          isBlocked = true;
          stream.once('drain', more);
          return;
        }
        send({ jsonrpc: '2.0', id, result: {} });
      };
      more();
    }),
  });
  await using upstream = await open(server.url);
  const call = upstream.ask({ method: 'tools/call' });
  await call.next();
  const [stream] = server.streams.values();
  await expect.poll(() => isBlocked && (stream?.response.writableLength ?? 0) > 0).toBe(true);
  expect((await collect(call)).filter(({ kind }) => kind === 'notification')).toHaveLength(399);
});

test('pings are answered, and a server that makes us answer gets no more than it can take', async () => {
  const replies: unknown[] = [];
  await using server = await startSseServer({
    message(seen, stream, response) {
      if (seen.message.method !== undefined) answerAsServer(seen, stream, response);
      else replies.push(JSON.parse(seen.text));
    },
  });
  await using upstream = await open(server.url);
  const [stream] = server.streams.values();
  for (let id = 0; id < 1_000; id++) stream?.send({ jsonrpc: '2.0', id, method: 'ping' });
  expect((await listTools(upstream)).items).toHaveLength(1);
  await expect.poll(() => replies.length).toBeGreaterThan(0);
  expect(replies[0]).toEqual({ jsonrpc: '2.0', id: 0, result: {} });
  expect(replies.length).toBeLessThanOrEqual(32);
});

test('closing leaves nothing behind', async () => {
  await using server = await startSseServer({ begin: nameEndpoint });
  const upstream = await open(server.url);
  await listTools(upstream);
  await upstream[Symbol.asyncDispose]();
  await expect.poll(() => server.open).toBe(0);
  await expect.poll(() => server.connections.size).toBe(0);
});
