import { describe, expect, test } from 'vitest';
import { call, errorOf, messagesOf, open, until } from '../client.ts';
import { LIST } from '../fixture.ts';
import { parseCall, type Answer } from '../upstream.ts';
import { answerJson, beginSession, event, legacyServer, messagesFixture, methodsOf, STREAM } from './world.ts';

const { laneTo } = messagesFixture();
const LOG = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'x' } };

async function session(answer: Answer, limits = {}) {
  const setup = await laneTo(legacyServer(answer), { limits });
  const headers = await beginSession(setup.gateway);
  return { ...setup, headers, post: (message: unknown) => call(setup.gateway, 'local', message, headers) };
}

/** Sends the request and waits for the answer's head. */
async function asking(answer: Answer, limits = {}) {
  const setup = await session(answer, limits);
  const body = JSON.stringify({ ...LIST, id: 'mine' });
  return { ...setup, stream: open(setup.gateway, '/mcp/local', { headers: setup.headers, body }) };
}

describe('an answer', () => {
  test('that is the response alone is one JSON document, with the client’s id and the server’s numbers [mcp-request-json-or-sse]', async () => {
    const { gateway, headers } = await session((res, { body }) => {
      const { id } = parseCall(body);
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(`{"jsonrpc":"2.0","id":${String(id)},"result":{"big":12345678901234567890,"small":1.10}}`);
    });
    const answered = await call(gateway, 'local', { ...LIST, id: 7 }, headers);
    expect(answered.headers['content-type']).toBe('application/json');
    expect(answered.text).toBe('{"jsonrpc":"2.0","id":7,"result":{"big":12345678901234567890,"small":1.10}}');
  });

  test('with a large result has the bytes of it, behind the client’s id', async () => {
    const result = `{"text":"${'ü€'.repeat(100_000)}","small":1.10}`;
    const { post } = await session((res, { body }) => {
      res.writeHead(200, { 'Content-Type': 'application/json' });
      res.end(`{"jsonrpc":"2.0","result":${result},"id":${String(parseCall(body).id)}}`);
    });
    const answered = await post({ ...LIST, id: 'mine' });
    expect(answered.text === `{"jsonrpc":"2.0","id":"mine","result":${result}}`).toBe(true);
    expect(Number(answered.headers['content-length'])).toBe(Buffer.byteLength(answered.text));
  });

  test('with something before the response is an event stream, in the server’s order [mcp-notifications-in-order]', async () => {
    const { post } = await session((res, { body }) => {
      const { id, params } = parseCall(body);
      const progressToken = (params?.['_meta'] as { progressToken: unknown }).progressToken;
      const progress = (step: number) =>
        event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: step } });
      res
        .writeHead(200, STREAM)
        .end(event(LOG) + progress(1) + progress(2) + event({ jsonrpc: '2.0', id, result: {} }));
    });
    const answered = await post({ ...LIST, params: { _meta: { progressToken: 'p' } } });
    expect(answered.headers['content-type']).toBe('text/event-stream');
    expect(messagesOf(answered.text)).toMatchObject([
      LOG,
      { method: 'notifications/progress', params: { progressToken: 'p', progress: 1 } },
      { method: 'notifications/progress', params: { progressToken: 'p', progress: 2 } },
      { id: 1, result: {} },
    ]);
  });

  test('with an error of the server passes as the server’s own [mcp-server-error-passes]', async () => {
    const error = { code: -32_601, message: 'Method not found', data: { of: 'the server' } };
    const { post } = await session((res, { body }) =>
      answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, error }),
    );
    const answered = await post(LIST);
    expect(answered.status).toBe(200);
    expect(JSON.parse(answered.text)).toEqual({ jsonrpc: '2.0', id: 1, error });
  });

  test('with a request of the server’s waits for what the client says to it [mcp-server-asks-client]', async () => {
    const asks = { jsonrpc: '2.0', id: 'server-1', method: 'sampling/createMessage', params: {} };
    let end: () => void = () => undefined;
    const { gateway, upstream, headers } = await session((res, { body }) => {
      const { id } = parseCall(body);
      res.writeHead(200, STREAM).write(event(asks));
      end = () => res.end(event({ jsonrpc: '2.0', id, result: {} }));
    });
    const stream = await open(gateway, '/mcp/local', { headers, body: JSON.stringify(LIST) });
    await until(() => messagesOf(stream.text).length === 1, 'the request of the server');
    expect(messagesOf(stream.text)).toEqual([asks]);
    const reply = { jsonrpc: '2.0', id: 'server-1', result: { role: 'assistant' } };
    expect((await call(gateway, 'local', reply, headers)).status).toBe(202);
    expect(JSON.parse(String(upstream.received.at(-1)?.body))).toEqual(reply);
    end();
    await stream.ended;
    expect(messagesOf(stream.text).at(-1)).toMatchObject({ id: 1, result: {} });
  });

  test('that breaks off is an error with the client’s id, before its head and after it [proxy-half-never-whole]', async () => {
    let part = '';
    const { post } = await session((res) => {
      res.writeHead(200, STREAM);
      res.write(part);
      setImmediate(() => res.destroy());
    });
    const before = await post({ ...LIST, id: 'a' });
    expect(before.status).toBe(502);
    expect(errorOf(before)).toMatchObject({ id: 'a', data: { code: 'upstream-truncated' } });
    part = event(LOG);
    const after = await post({ ...LIST, id: 'b' });
    expect(messagesOf(after.text)).toMatchObject([LOG, { id: 'b', error: { data: { code: 'upstream-truncated' } } }]);
  });

  test('of a key with tool grants has the other tools left out', async () => {
    const { gateway } = await laneTo(
      legacyServer((res, { body }) => {
        const tools = [{ name: 'read' }, { name: 'write' }];
        answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: { tools } });
      }),
    );
    gateway.keys.add('narrow', { grants: ['local:read'] });
    const headers = await beginSession(gateway, { authorization: 'Bearer narrow' });
    expect(JSON.parse((await call(gateway, 'local', LIST, headers)).text)).toMatchObject({
      result: { tools: [{ name: 'read' }] },
    });
    const write = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'write' } };
    expect((await call(gateway, 'local', write, headers)).text).toContain('Unknown tool: write');
  });
});

describe('a call', () => {
  test('that the client cancels gets no response, and the server knows [mcp-cancelled-reaches-server]', async () => {
    const { upstream, stream, post, gateway } = await asking((res) => res.writeHead(200, STREAM).write(event(LOG)));
    const answer = await stream;
    const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'mine' } };
    expect((await post(cancelled)).status).toBe(202);
    await answer.ended;
    expect(answer.complete).toBe(true);
    expect(messagesOf(answer.text)).toEqual([LOG]);
    await until(() => methodsOf(upstream.received).includes('notifications/cancelled'), 'the server knows');
    // Only the gateway knows the id that the server knows.
    const { params } = JSON.parse(String(upstream.received.at(-1)?.body)) as { params: { requestId: unknown } };
    expect(params.requestId).not.toBe('mine');
    expect(gateway.events.at(-2)?.outcome).toBe('client-closed');
  });

  test('of a revoked key ends with 401, or with an error on its stream [auth-revocation-cuts]', async () => {
    for (const begun of [false, true]) {
      const setup = await laneTo(
        legacyServer((res) => {
          res.writeHead(200, STREAM);
          if (begun) res.write(event(LOG));
          else res.flushHeaders();
        }),
      );
      const { gateway, upstream } = setup;
      const principal = gateway.keys.add('mine');
      const headers = await beginSession(gateway, { authorization: 'Bearer mine' });
      const answered = call(gateway, 'local', { ...LIST, id: 'r' }, headers);
      await until(() => methodsOf(upstream.received).includes('tools/list'), 'the call arrived');
      if (begun) await until(() => gateway.register.size === 2, 'it runs');
      gateway.keys.revoke(principal);
      const { status, text } = await answered;
      const error = { id: 'r', error: { data: { code: 'key-revoked' } } };
      // The notification may or may not have passed before the cut.
      if (status === 401) expect(JSON.parse(text)).toMatchObject(error);
      else expect(messagesOf(text).at(-1)).toMatchObject(error);
      await until(() => gateway.register.size === 0, 'nothing is left');
    }
  });

  test('to which the server says nothing is a 504, and cancelled [proxy-timeout-504]', async () => {
    const { gateway, upstream, post } = await session(() => undefined, { keepAliveMs: 1e9 });
    const answered = post({ ...LIST, id: 'slow' });
    await until(() => methodsOf(upstream.received).includes('tools/list'), 'the call arrived');
    gateway.advance(3_600_000);
    expect((await answered).status).toBe(504);
    expect(errorOf(await answered)).toMatchObject({ id: 'slow', data: { code: 'upstream-timeout' } });
    await until(() => methodsOf(upstream.received).includes('notifications/cancelled'), 'the server knows');
  });

  test('that takes its time gets comments, and still its response [mcp-sse-keep-alive]', async () => {
    let end: () => void = () => undefined;
    const { gateway, upstream, stream } = await asking((res, { body }) => {
      end = () => answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: {} });
    });
    await until(() => methodsOf(upstream.received).includes('tools/list'), 'the call arrived');
    gateway.advance(15_000);
    const answer = await stream;
    await until(() => answer.text === ': keep-alive\n\n', 'the comment');
    end();
    await answer.ended;
    expect(messagesOf(answer.text)).toMatchObject([{ id: 'mine', result: {} }]);
  });

  test('is an event of its own, and one message of a batch is not passed on', async () => {
    const { gateway, post } = await session((res, { body }) => {
      answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: {} });
    });
    await post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'read' } });
    expect(gateway.events.at(-1)).toMatchObject({
      server: 'local',
      method: 'tools/call',
      tool: 'read',
      outcome: 'ok',
      status: 200,
      standing: false,
    });
    const batch = await post([LIST]);
    expect(batch.status).toBe(400);
    expect(errorOf(batch)).toMatchObject({ code: -32_600, data: { code: 'invalid-request' } });
  });

  test('whose client does not read stops the server [proxy-back-pressure]', async () => {
    let written = 0;
    const piece = event({ ...LOG, params: { level: 'info', data: 'x'.repeat(65_000) } });
    const { gateway, headers } = await session((res) => {
      res.writeHead(200, STREAM);
      const more = (): void => {
        while (written < 256 * 1024 * 1024 && !res.destroyed) {
          written += piece.length;
          if (!res.write(piece)) return void res.once('drain', more);
        }
      };
      more();
    });
    const stream = await open(gateway, '/mcp/local', { headers, body: JSON.stringify(LIST) }, { read: false });
    let before = -1;
    let same = 0;
    await until(() => {
      same = before === written ? same + 1 : 0;
      before = written;
      return same === 50;
    }, 'the server was stopped');
    expect(written).toBeLessThan(64 * 1024 * 1024);
    stream.abort();
  });
});
