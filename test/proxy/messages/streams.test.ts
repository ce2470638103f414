import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, call, errorOf, messagesOf, modern, open, until } from '../client.ts';
import { echoJson, parseCall } from '../upstream.ts';
import {
  answerJson,
  beginSession,
  event,
  legacyServer,
  messagesFixture,
  methodsOf,
  modernServer,
  STREAM,
} from './world.ts';

const { laneTo } = messagesFixture();
const CHANGED = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };

describe('GET', () => {
  async function listening() {
    const streams: ServerResponse[] = [];
    const setup = await laneTo(
      legacyServer((res, { method }) => {
        if (method !== 'GET') return;
        streams.push(res.writeHead(200, STREAM));
        res.flushHeaders();
      }),
    );
    const headers = await beginSession(setup.gateway);
    return { ...setup, streams, headers, get: () => open(setup.gateway, '/mcp/local', { headers }) };
  }

  test('gives what the server sends outside of requests, and a head before anything is there [mcp-get-stream]', async () => {
    const { streams, get } = await listening();
    const stream = await get();
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toBe('text/event-stream');
    streams[0]?.write(event(CHANGED));
    await until(() => messagesOf(stream.text).length === 1, 'the notification');
    expect(messagesOf(stream.text)).toEqual([CHANGED]);
    stream.abort();
  });

  test('takes the place of the stream before it, which ends properly', async () => {
    const { streams, get, gateway } = await listening();
    const first = await get();
    const second = await get();
    await first.ended;
    expect(first.complete).toBe(true);
    await until(() => streams.length === 2, 'the server has a new stream');
    streams[1]?.write(event(CHANGED));
    await until(() => messagesOf(second.text).length === 1, 'the notification');
    expect(gateway.events.at(-1)).toMatchObject({ method: 'GET', standing: true, outcome: 'ok' });
    second.abort();
  });

  test('is 405 where the server offers no stream [mcp-get-stream]', async () => {
    const { gateway } = await laneTo(legacyServer((res) => res.writeHead(405).end()));
    const headers = await beginSession(gateway);
    const answered = await ask(gateway, '/mcp/local', { headers });
    expect(answered.status).toBe(405);
    expect(errorOf(answered)).toMatchObject({ data: { code: 'not-offered' } });
  });

  test('ends properly when the gateway stops [proxy-drains]', async () => {
    const { gateway, get } = await listening();
    const stream = await get();
    await gateway.register[Symbol.asyncDispose]();
    await stream.ended;
    expect(stream.complete).toBe(true);
    expect(gateway.events.at(-1)).toMatchObject({ outcome: 'gateway-stopping' });
  });
});

describe('a modern client', () => {
  test('is passed on over one Upstream for its key, which says who asks [mcp-modern-no-session]', async () => {
    const { gateway, upstream } = await laneTo(modernServer(echoJson));
    const { message, headers } = modern('tools/list', {}, 'm', {
      'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
    });
    const answers = await Promise.all([1, 2].map(() => call(gateway, 'local', message, headers)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(JSON.parse(answers[0]?.text ?? '')).toEqual({ jsonrpc: '2.0', id: 'm', result: { method: 'tools/list' } });
    expect(answers[0]?.headers['mcp-session-id']).toBeUndefined();
    expect(methodsOf(upstream.received)).toEqual(['server/discover', 'tools/list', 'tools/list']);
    expect(parseCall(upstream.received[1]?.body ?? Buffer.from('{}')).params?.['_meta']).toMatchObject({
      'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
    });
  });

  test('gets what it subscribed to under the id of its request [mcp-change-notifications]', async () => {
    const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';
    const { gateway } = await laneTo(
      modernServer((res, { body }) => {
        const { id } = parseCall(body);
        const params = { _meta: { [SUBSCRIPTION]: id } };
        res.writeHead(200, STREAM).write(event({ ...CHANGED, params }));
      }),
    );
    const { message, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'sub');
    const stream = await open(gateway, '/mcp/local', { headers, body: JSON.stringify(message) });
    await until(() => messagesOf(stream.text).length === 1, 'the notification');
    expect(messagesOf(stream.text)).toEqual([{ ...CHANGED, params: { _meta: { [SUBSCRIPTION]: 'sub' } } }]);
    stream.abort();
  });

  test('gets the status of an error that its transport names', async () => {
    const error = { code: -32_601, message: 'Method not found' };
    const { gateway } = await laneTo(
      modernServer((res, { body }) => answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, error })),
    );
    const { message, headers } = modern('no/such', {}, 'm');
    expect((await call(gateway, 'local', message, headers)).status).toBe(404);
  });
});

describe('a modern client that names a revision which its server does not speak', () => {
  test('is told which ones there are', async () => {
    const legacy = await laneTo(legacyServer((res) => res.writeHead(400).end()));
    const { message, headers } = modern('tools/list', {}, 'm');
    const newer = JSON.parse(JSON.stringify(message).replace('2026-07-28', '2031-01-01')) as unknown;
    const answer = await call(legacy.gateway, 'local', newer, { ...headers, 'mcp-protocol-version': '2031-01-01' });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({
      id: 'm',
      code: -32_022,
      data: { supported: ['2026-07-28'], requested: '2031-01-01' },
    });
  });
});
