import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { listTools } from '../../../src/upstream/catalogue.ts';
import { request } from '../../../src/upstream/request.ts';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { collect } from '../../contract/upstreamWorld.ts';
import { failure } from '../support/connect.ts';
import { startScriptedServer } from '../support/scriptedServer.ts';
import { butFor, nameEndpoint, openSseServer as open, startSseServer, type SseStream } from './sseServer.ts';

const HEADERS = { authorization: 'Bearer secret-of-the-server', 'x-team': 'secret-team' };

/** A server that answers tools/call by what the test writes to the stream. */
function answering(write: (stream: SseStream, id: unknown) => void) {
  return startSseServer({
    message: butFor('tools/call', ({ message: { id } }, stream, response) => {
      response.writeHead(202).end();
      write(stream, id);
    }),
  });
}

const call = (upstream: Upstream): Promise<JsonObject> => request(upstream, { method: 'tools/call' });
const answer = (id: unknown, content: unknown[] = []): string =>
  JSON.stringify({ jsonrpc: '2.0', id, result: { content } });

describe('configured headers', () => {
  test.each([301, 302, 303, 307, 308])('go to no other origin when the stream is redirected (%i)', async (status) => {
    await using other = await startScriptedServer((_seen, response) => response.writeHead(202).end());
    await using server = await startSseServer({
      get: (_seen, response) => {
        response.writeHead(status, { location: other.url.href }).end();
        return true;
      },
    });
    expect(await failure(open(server.url, { headers: HEADERS }))).toMatchObject({ code: 'upstream-redirect' });
    expect(other.accepted).toBe(0);
  });

  test.each([301, 302, 303, 307, 308])('go to no other origin when a message is redirected (%i)', async (status) => {
    await using other = await startScriptedServer((_seen, response) => response.writeHead(202).end());
    await using server = await startSseServer({
      message: butFor('tools/call', (_seen, _stream, response) =>
        response.writeHead(status, { location: other.url.href }).end(),
      ),
    });
    await using upstream = await open(server.url, { headers: HEADERS });
    const error = await failure(call(upstream));
    expect(error).toMatchObject({ code: 'upstream-redirect' });
    expect(String(error)).not.toContain('secret');
    expect(other.accepted).toBe(0);
  });

  test('go to no other origin that a second endpoint names', async () => {
    await using other = await startScriptedServer((_seen, response) => response.writeHead(202).end());
    await using server = await startSseServer({
      begin: (stream) => {
        nameEndpoint(stream);
        stream.response.write(`event: endpoint\ndata: ${other.url.href}\n\n`);
      },
    });
    await open(server.url, { headers: HEADERS })
      .then(async (upstream) => {
        await listTools(upstream).catch(() => undefined);
        await upstream[Symbol.asyncDispose]();
      })
      .catch(() => undefined);
    expect(other.accepted).toBe(0);
  });
});

test('a second endpoint of the same origin changes nothing', async () => {
  await using server = await startSseServer({
    begin: (stream) => {
      nameEndpoint(stream);
      stream.response.write('event: endpoint\ndata: /elsewhere\n\n');
    },
  });
  await using upstream = await open(server.url);
  expect((await listTools(upstream)).items).toHaveLength(1);
  expect(server.seen.filter(({ path }) => path.startsWith('/elsewhere'))).toEqual([]);
});

describe('an answer', () => {
  test.each<[string, (id: number) => string]>([
    ['comes twice', (id) => `data: ${answer(id, [1])}\n\ndata: ${answer(id, [2])}\n\n`],
    [
      'comes behind answers to nobody',
      (id) => `data: ${answer('x')}\n\ndata: ${answer(id + 1)}\n\ndata: ${answer(id, [1])}\n\n`,
    ],
    ['has its id as a text', (id) => `data: ${answer(String(id), [1])}\n\n`],
    ['has its id as a fraction', (id) => `data: ${answer(0, [1]).replace('"id":0', `"id":${id}.0`)}\n\n`],
    ['comes behind half a message', (id) => `data: {"jsonrpc":"2.0","id":\n\ndata: ${answer(id, [1])}\n\n`],
    [
      'comes behind a message that is no JSON-RPC',
      (id) => `data: {"id":"x","result":{}}\n\ndata: ${answer(id, [1])}\n\n`,
    ],
    ['comes behind deep nesting', (id) => `data: ${'['.repeat(100_000)}\n\ndata: ${answer(id, [1])}\n\n`],
    ['comes behind a NUL character', (id) => `data: \0\n\ndata: ${answer(id, [1])}\n\n`],
    [
      'comes behind comments, blank lines and other fields',
      (id) => `\n\n: x\nretry: 1e9\nfoo\n\ndata: ${answer(id, [1])}\n\n`,
    ],
    ['is in several lines', (id) => `data: {"jsonrpc":"2.0",\ndata: "id":${id},\ndata: "result":{"content":[1]}}\n\n`],
    [
      'has a member __proto__',
      (id) =>
        `data: {"jsonrpc":"2.0","id":${id},"__proto__":{"error":{"code":1,"message":""}},"result":{"content":[1]}}\n\n`,
    ],
  ])('that %s is the answer', async (_what, text) => {
    await using server = await answering(({ response }, id) => void response.write(text(id as number)));
    await using upstream = await open(server.url);
    expect(await call(upstream)).toEqual({ content: [1] });
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test.each<[string, (id: number) => string, string]>([
    [
      'is nested too deeply',
      (id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":${'['.repeat(5_000)}${']'.repeat(5_000)}}}`,
      'upstream-too-large',
    ],
    ['is no JSON', (id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[NaN]}}`, 'upstream-not-mcp'],
    ['is no JSON-RPC', (id) => `{"id":${id},"result":{}}`, 'upstream-not-mcp'],
  ])('that %s fails alone', async (_what, text, code) => {
    await using server = await answering(({ sendText }, id) => void sendText(text(id as number)));
    await using upstream = await open(server.url);
    expect(await failure(call(upstream))).toMatchObject({ code });
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('that is not UTF-8 has replacement characters, as WHATWG HTML has it (9.2.6)', async () => {
    await using server = await answering(({ response }, id) => {
      response.write(Buffer.from(`data: ${answer(id, ['\xff'])}\n\n`, 'latin1'));
    });
    await using upstream = await open(server.url);
    expect(await call(upstream)).toEqual({ content: ['\ufffd'] });
  });

  test('to a request that was cancelled reaches nobody', async () => {
    await using server = await answering(() => undefined);
    await using upstream = await open(server.url);
    const caller = new AbortController();
    const left = failure(request(upstream, { method: 'tools/call' }, { signal: caller.signal }));
    const callOf = () => server.seen.find(({ message }) => message.method === 'tools/call');
    await expect.poll(callOf).toBeDefined();
    caller.abort(new Error('never mind'));
    await left;
    for (let n = 0; n < 3; n++) [...server.streams.values()][0]?.sendText(answer(callOf()?.message.id, ['old']));
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('in the middle of which the stream is cut is none', async () => {
    await using server = await answering(({ response }, id) => {
      response.write(`data: ${answer(id).slice(0, -5)}`);
      response.end();
    });
    await using upstream = await open(server.url);
    expect(await failure(call(upstream))).toMatchObject({ code: 'upstream-session-lost' });
    expect((await listTools(upstream)).items).toHaveLength(1);
  });
});

test.each(['\r\n', '\r', '\n'])('lines that end with %j are read however they are cut', async (end) => {
  const bytewise = async (response: SseStream['response'], text: string): Promise<void> => {
    for (const byte of Buffer.from(text)) {
      response.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const lines = (...texts: string[]) => texts.map((text) => text + end).join('');
  await using server = await startSseServer({
    begin: ({ session, response }) =>
      void bytewise(response, `\ufeff${lines('event: endpoint', `data: /messages?session=${session}`, '')}`),
    message: butFor('tools/call', ({ message: { id } }, { response: stream }, response) => {
      response.writeHead(202).end();
      void bytewise(stream, lines(': x', '', 'event: message', `data: ${answer(id, ['ü'])}`, ''));
    }),
  });
  await using upstream = await open(server.url);
  expect(await call(upstream)).toEqual({ content: ['ü'] });
});

describe('an event stream without an end', () => {
  test.each([
    ['of one event', 'data: ', 'x'.repeat(1024 * 1024)],
    ['of one comment', ': ', 'x'.repeat(1024 * 1024)],
  ])('%s ends the session at its bound', async (_what, start, more) => {
    await using server = await answering(({ response }) => {
      response.write(start);
      const write = (): void => {
        while (!response.destroyed && response.write(more));
        if (!response.destroyed) response.once('drain', write);
      };
      write();
    });
    await using upstream = await open(server.url);
    expect(await failure(call(upstream))).toMatchObject({ code: 'upstream-too-large' });
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('that is packed ends the session at its bound', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('data: '), Buffer.alloc(64 * 1024 * 1024, 'x')]));
    await using server = await startSseServer({
      get: (_seen, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }).write(bomb);
        return true;
      },
    });
    expect(await failure(open(server.url))).toMatchObject({ code: 'upstream-too-large' });
  });
});

test('an answer to a message that is packed to a thousandth is bounded', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '));
  await using server = await startSseServer({
    message: butFor('tools/call', (_seen, _stream, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
    ),
  });
  await using upstream = await open(server.url, { timeouts: { idleMs: 2_000 } });
  expect(await failure(call(upstream))).toMatchObject({ code: 'upstream-too-large' });
  expect((await listTools(upstream)).items).toHaveLength(1);
});

test('heads that come byte by byte are waited for as long as the time-out allows', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write('HTTP/1.1 200 OK\r\n');
    const timer = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const error = await failure(open(new URL(`http://127.0.0.1:${port}/sse`), { timeouts: { idleMs: 300 } }));
  expect(error).toMatchObject({ code: 'upstream-timeout' });
  server.close();
  await once(server, 'close');
});

describe('requests of a server', () => {
  test('that nobody answers are refused beyond a bound', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url, { capabilities: { roots: {} } });
    const ending = new AbortController();
    const heard = collect(upstream.listen({ signal: ending.signal }));
    const [stream] = server.streams.values();
    for (let id = 0; id < 1_100; id++) stream?.send({ jsonrpc: '2.0', id, method: 'roots/list' });
    const refusals = () => server.seen.filter(({ text }) => text.includes('Too many requests wait'));
    await expect.poll(() => refusals().length).toBeGreaterThan(0);
    ending.abort();
    expect((await heard).length).toBe(1_000);
  });

  test('with a long id are passed over, and not answered', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url);
    const [stream] = server.streams.values();
    stream?.send({ jsonrpc: '2.0', id: 'x'.repeat(1_025), method: 'ping' });
    stream?.send({ jsonrpc: '2.0', id: 'x'.repeat(1_024), method: 'ping' });
    await expect.poll(() => server.methods).toContain('response');
    await listTools(upstream);
    expect(server.methods.filter((method) => method === 'response')).toHaveLength(1);
  });
});

test('a server that introduces itself at length is refused', async () => {
  await using server = await startSseServer({
    message: butFor('initialize', ({ message: { id } }, { send }, response) => {
      response.writeHead(202).end();
      const instructions = 'x'.repeat(2 * 1024 * 1024);
      const serverInfo = { name: 'long', version: '1' };
      send({
        jsonrpc: '2.0',
        id,
        result: { protocolVersion: '2024-11-05', capabilities: {}, serverInfo, instructions },
      });
    }),
  });
  expect(await failure(open(server.url))).toMatchObject({
    code: 'upstream-too-large',
    message: expect.stringContaining('an introduction of more than') as string,
  });
});
