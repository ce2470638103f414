import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, call, messagesOf, open, until } from './client.ts';
import { fixture, LIST } from './fixture.ts';
import { parseCall } from './upstream.ts';

const { gatewayTo } = fixture();
const STREAM = { 'Content-Type': 'text/event-stream' };

describe('a legacy session', () => {
  test('has each message on the one stream on which the server sent it [mcp-one-stream-per-message]', async () => {
    const ofServer = new Map<unknown, ServerResponse>();
    const { gateway } = await gatewayTo((res, { method, body }) => {
      res.writeHead(200, STREAM).flushHeaders();
      ofServer.set(method === 'GET' ? 'GET' : parseCall(body).id, res);
    });
    const streams = new Map<unknown, Awaited<ReturnType<typeof open>>>();
    for (const id of ['GET', 1, 2, 3]) {
      const asked = id === 'GET' ? {} : { body: JSON.stringify({ ...LIST, id }) };
      streams.set(id, await open(gateway, '/mcp/files', asked));
    }
    for (const round of [1, 2]) {
      for (const [id, res] of ofServer) {
        res.write(
          `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { id, round } })}\n\n`,
        );
      }
    }
    for (const res of ofServer.values()) res.end();
    for (const [id, stream] of streams) {
      await stream.ended;
      const own = messagesOf(stream.text).filter((message) => JSON.stringify(message).includes('"round"'));
      expect(own).toMatchObject([{ params: { id, round: 1 } }, { params: { id, round: 2 } }]);
    }
  });

  test('whose client loses the connection of a call has nothing cancelled [mcp-disconnect-is-no-cancel]', async () => {
    const { gateway, upstream } = await gatewayTo((res, { body }) => {
      if (body.includes('"ping"')) res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
      else res.writeHead(200, STREAM).flushHeaders();
    });
    const stream = await open(gateway, '/mcp/files', { body: JSON.stringify({ ...LIST, id: 'slow' }) });
    stream.abort();
    await until(() => gateway.events.length === 1, 'the exchange ended');
    // Whatever the gateway had to say to the server would have come before this.
    await call(gateway, 'files', { ...LIST, id: 2, method: 'ping' });
    expect(upstream.received.map(({ body }) => parseCall(body).method)).toEqual(['tools/list', 'ping']);
  });

  test.for(['POST', 'GET', 'DELETE'])(
    'does not stand in for a credential: %s [mcp-credential-every-request]',
    async (method) => {
      const { gateway, upstream } = await gatewayTo((res, { body }) =>
        res
          .writeHead(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 'upstream-1' })
          .end(JSON.stringify({ jsonrpc: '2.0', id: body.length === 0 ? null : parseCall(body).id, result: {} })),
      );
      const opened = await call(gateway, 'files', { ...LIST, method: 'initialize' });
      const session = String(opened.headers['mcp-session-id']);
      const headers = { authorization: undefined, 'mcp-session-id': session };
      const body = method === 'POST' ? { body: JSON.stringify(LIST) } : {};
      expect((await ask(gateway, '/mcp/files', { method, headers, ...body })).status).toBe(401);
      expect(upstream.received).toHaveLength(1);
    },
  );
});

describe('an event stream', () => {
  const stream = (...events: readonly object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  const RESPONSE = { jsonrpc: '2.0', id: 1, result: { é: 'é' } };
  const NOTE = { jsonrpc: '2.0', method: 'notifications/message', params: {} };

  test('that comes whole is sent as one piece with its length, and counted so', async () => {
    const text = stream(NOTE, RESPONSE);
    const { gateway } = await gatewayTo((res) => res.writeHead(200, STREAM).end(text));
    const answered = await call(gateway, 'files', LIST);
    expect(answered.text).toBe(text);
    expect(answered.headers).toMatchObject({ 'content-length': String(Buffer.byteLength(text)) });
    await until(() => gateway.events.length === 1, 'the call ended');
    expect(gateway.events).toMatchObject([{ outcome: 'ok', status: 200, bytesOut: Buffer.byteLength(text) }]);
  });

  test('that breaks off at once is a stream for its client, too, which ends with the error', async () => {
    const { gateway } = await gatewayTo((res) => res.writeHead(200, STREAM).end(stream(NOTE)));
    const answered = await call(gateway, 'files', LIST);
    expect(answered).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } });
    expect(messagesOf(answered.text)).toMatchObject([NOTE, { id: 1, error: {} }]);
  });

  test('whose half event comes alone is one, too', async () => {
    const { gateway } = await gatewayTo((res) => res.writeHead(200, STREAM).end('data: {"jsonrpc"'));
    const answered = await call(gateway, 'files', LIST);
    expect(answered).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } });
    expect(messagesOf(answered.text)).toMatchObject([{ id: 1, error: {} }]);
  });
});
