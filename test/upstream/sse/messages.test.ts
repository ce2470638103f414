import { describe, expect, test } from 'vitest';
import { listTools } from '../../../src/upstream/catalogue.ts';
import { request } from '../../../src/upstream/request.ts';
import { failure } from '../support/connect.ts';
import { answerAsServer, butFor, openSseServer as open, startSseServer } from './sseServer.ts';

describe('a message', () => {
  test('goes with the configured headers, as the GET does, and with no others of a client', async () => {
    await using server = await startSseServer();
    await using upstream = await open(server.url, { headers: { authorization: 'Bearer ours', 'x-team': 'blue' } });
    await listTools(upstream);
    expect(server.methods).toEqual(['GET', 'initialize', 'notifications/initialized', 'tools/list']);
    for (const { headers } of server.seen) {
      expect(headers).toMatchObject({ authorization: 'Bearer ours', 'x-team': 'blue' });
      expect(headers).not.toHaveProperty('x-api-key');
      expect(headers).not.toHaveProperty('cookie');
    }
  });

  test.each(['tools', 'prompts', 'resources'])(
    'that the list of %s has changed is heard of though nobody listens [catalogue-announced]',
    async (list) => {
      await using server = await startSseServer();
      let heard = 0;
      await using upstream = await open(server.url, { onListChanged: () => (heard += 1) });
      await listTools(upstream);
      const [stream] = server.streams.values();
      stream?.send({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'a:b' } });
      stream?.send({ jsonrpc: '2.0', method: `notifications/${list}/list_changed` });
      await expect.poll(() => heard).toBe(1);
    },
  );

  test.each([200, 201, 204])('is accepted with HTTP %i', async (status) => {
    await using server = await startSseServer({
      message(seen, stream, response) {
        response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 204 ? undefined : 'ok');
        const { id, method } = seen.message;
        const facts = { protocolVersion: '2024-11-05', capabilities: {}, serverInfo: { name: 'n', version: '1' } };
        if (id !== undefined)
          stream.send({ jsonrpc: '2.0', id, result: method === 'initialize' ? facts : { tools: [] } });
      },
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toEqual([]);
  });

  test.each([
    [200, { jsonrpc: '2.0', result: { tools: [] } }, { items: [] }],
    [400, { jsonrpc: '2.0', error: { code: -32_602, message: 'not so' } }, { code: 'upstream-rpc-error' }],
  ])('that is answered by its POST (HTTP %i) is answered', async (status, body, expected) => {
    await using server = await startSseServer({
      message: butFor('tools/list', (seen, _stream, response) =>
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ ...body, id: seen.message.id })),
      ),
    });
    await using upstream = await open(server.url);
    expect(await listTools(upstream).catch((error: unknown) => error)).toMatchObject(expected);
  });

  test.each([
    [401, 'upstream-unauthorized'],
    [400, 'upstream-not-mcp'],
    [500, 'upstream-error'],
  ])('that is refused with HTTP %i fails alone', async (status, code) => {
    const answers: (() => void)[] = [];
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        if (seen.message.method === 'tools/list') response.writeHead(status).end('no');
        else if (seen.message.method === 'prompts/list') answers.push(() => answerAsServer(seen, stream, response));
        else answerAsServer(seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    const other = request(upstream, { method: 'prompts/list' });
    await expect.poll(() => answers).toHaveLength(1);
    expect(await failure(listTools(upstream))).toMatchObject({ code });
    answers[0]?.();
    await expect(other).resolves.toEqual({});
  });

  test('whose POST is never answered times out, and holds no other up', async () => {
    await using server = await startSseServer({ message: butFor('tools/call', () => undefined) });
    await using upstream = await open(server.url, { timeouts: { idleMs: 400 } });
    const hanging = failure(request(upstream, { method: 'tools/call', params: { name: 'greet' } }));
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(await hanging).toMatchObject({ code: 'upstream-timeout', data: { timeout: 'idle' } });
  });

  test('whose POST is never answered may be answered over the stream; then the POST is let go', async () => {
    await using server = await startSseServer({
      message: butFor(
        'tools/list',
        ({ message: { id } }, { send }) => void send({ jsonrpc: '2.0', id, result: { tools: [] } }),
      ),
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toEqual([]);
    // The stream alone is left.
    await expect.poll(() => server.open).toBe(1);
  });

  test('is redirected within the origin, and nowhere else', async () => {
    const elsewhere = 'http://127.0.0.2:9/messages';
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        const { path, message } = seen;
        if (message.method === 'prompts/list') response.writeHead(307, { location: elsewhere }).end();
        else if (path.startsWith('/messages?')) response.writeHead(307, { location: path.replace('?', '/?') }).end();
        else answerAsServer(seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
    expect(await failure(request(upstream, { method: 'prompts/list' }))).toMatchObject({ code: 'upstream-redirect' });
  });

  test('is cancelled behind its POST', async () => {
    const seenInOrder: unknown[] = [];
    await using server = await startSseServer({
      message: (seen, stream, response) => {
        seenInOrder.push(seen.message.method);
        answerAsServer(seen.message.method === 'tools/call' ? { ...seen, message: {} } : seen, stream, response);
      },
    });
    await using upstream = await open(server.url);
    for (let n = 0; n < 5; n++) {
      const caller = new AbortController();
      const asked = failure(request(upstream, { method: 'tools/call' }, { signal: caller.signal }));
      await expect.poll(() => seenInOrder.at(-1)).toBe('tools/call');
      caller.abort(new Error('never mind'));
      await asked;
      await expect.poll(() => seenInOrder.at(-1)).toBe('notifications/cancelled');
    }
  });
});
