import { describe, expect, test } from 'vitest';
import { ask, errorOf, messagesOf, open, until } from '../client.ts';
import { parseCall, type Answer } from '../upstream.ts';
import { aggregateWorld, answeredOf, client, reply, server, textOf } from './world.ts';

const event = (message: object): string => `event: message\nid: 1\ndata: ${JSON.stringify(message)}\n\n`;
const META =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
const STREAM = { 'Content-Type': 'text/event-stream' };

describe.each(['legacy', 'modern'] as const)('a call of a tool at /mcp by a %s client', (era) => {
  test('goes to the server as the bytes that came, but for the name [aggregate-byte-lane]', async () => {
    await using world = await aggregateWorld();
    const a = await world.add('a', server({ era, tools: ['x'] }));
    const me = await client(world.gateway, era);
    await me.ask('tools/call', { name: 'a__x' });
    const { length } = a.received;
    const meta = era === 'modern' ? META : '"_meta":{}';
    const write = (name: string) =>
      ` {"jsonrpc":"2.0", "id":"seven","method":"tools/call","params":{"arguments":{"n":9223372036854775807,"s":"a__x"},"name":"${name}",${meta}}}\n`;
    const mirrored = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'a__x' };
    const legacy = era === 'legacy';
    const answered = await ask(world.gateway, '/mcp', {
      headers: { ...me.headers, ...(legacy ? { 'mcp-protocol-version': '2025-11-25' } : mirrored) },
      body: write('a__x'),
    });
    expect(textOf(answeredOf(answered, 'seven'))).toBe('x');
    expect(a.received.length).toBe(length + 1);
    const { body, headers } = a.received[length] ?? {};
    expect(body?.toString()).toBe(write('x'));
    if (legacy) {
      expect(headers?.['mcp-session-id']).toMatch(/^own-/);
      expect(answered.headers['mcp-session-id'] ?? me.headers['mcp-session-id']).toBe(me.headers['mcp-session-id']);
    } else expect(headers?.['mcp-name']).toBe('x');
    expect(headers?.authorization).toBeUndefined();
    expect(world.gateway.events.at(-1)).toMatchObject({ server: 'a', tool: 'x', outcome: 'ok' });
  });

  test('is judged by what a server would read of it [aggregate-byte-lane] [auth-grants-one-reading]', async () => {
    await using world = await aggregateWorld();
    const a = await world.add('a', server({ era, tools: ['x', 'y'] }));
    world.gateway.keys.add('narrow', { grants: ['a:x'] });
    const me = await client(world.gateway, era, { token: 'narrow' });
    await me.ask('tools/call', { name: 'a__x' });
    const meta = era === 'modern' ? META : '"_meta":{}';
    for (const names of ['"name":"a__y","name":"a__x"', '"name":"a__x","Name":"y"', String.raw`"n\u0061me":"a__x"`]) {
      const body = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{${names},${meta}}}`;
      const mirrored = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'a__x' };
      const headers = { ...me.headers, ...(era === 'modern' && mirrored) };
      const { length } = a.received;
      const answered = await ask(world.gateway, '/mcp', { headers, body });
      expect([answered.status, errorOf(answered).code]).toEqual([400, -32_600]);
      expect(a.received.length).toBe(length);
    }
  });
});

describe.each(['legacy', 'modern'] as const)('a call at /mcp of a %s server that declares skills', (era) => {
  test('gets the URIs of the server’s answer as the client has them [aggregate-uris] [aggregate-byte-lane]', async () => {
    await using world = await aggregateWorld();
    const content = [{ type: 'resource_link', uri: 'skill://refunds/SKILL.md', name: 'refunds' }];
    const answers = {
      'tools/call': ((res, { body }) =>
        reply(res, parseCall(body).id, { result: { resultType: 'complete', content } })) satisfies Answer,
    };
    const capabilities = { tools: {}, resources: {}, extensions: { 'io.modelcontextprotocol/skills': {} } };
    await world.add('a', server({ era, tools: ['x'], answers, capabilities }));
    const me = await client(world.gateway, era);
    // The first call opens the conversation; another one could go as bytes.
    for (let calls = 0; calls < 2; calls++) {
      const { result } = await me.ask('tools/call', { name: 'a__x' });
      expect(result).toMatchObject({ content: [{ uri: 'skill://a/refunds/SKILL.md' }] });
    }
  });
});

describe('a call as bytes to a legacy server', () => {
  const asks: Answer = (res, { body }) => {
    const { id } = parseCall(body);
    res.writeHead(200, STREAM);
    res.write(event({ jsonrpc: '2.0', id: 0, method: 'ping' }));
    res.write(event({ jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: { message: 'Who?' } }));
    waiting.push((text) => {
      res.end(event({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }));
    });
  };
  const waiting: ((text: string) => void)[] = [];

  test('brings the server’s request to the client, and the reply back [aggregate-server-requests] [aggregate-byte-lane]', async () => {
    await using world = await aggregateWorld();
    let calls = 0;
    const a = await world.add(
      'a',
      server({
        tools: ['x'],
        answers: {
          'tools/call': (res, received) => {
            if (calls++ > 0) asks(res, received);
            else reply(res, parseCall(received.body).id, { result: { content: [] } });
          },
        },
      }),
    );
    const me = await client(world.gateway, 'legacy', { capabilities: { elicitation: {} } });
    await me.ask('tools/call', { name: 'a__x' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'a__x' } });
    const answer = await open(world.gateway, '/mcp', { headers: me.headers, body });
    await until(() => answer.text.includes('elicitation'), 'asked');
    expect(answer.text).not.toContain('ping');
    const [asked] = messagesOf(answer.text) as { id: string }[];
    expect(asked).toMatchObject({
      id: expect.stringMatching(/^a\.[0-9a-f]{16}__1$/) as string,
      method: 'elicitation/create',
    });
    const replied = await me.send({ jsonrpc: '2.0', id: asked?.id, result: { action: 'accept' } });
    expect(replied.status).toBe(202);
    const replies = () =>
      a.received.map(({ body: sent }) => sent.toString()).filter((sent) => sent.includes('"result"'));
    await until(() => replies().length === 2, 'both are answered');
    expect(replies()).toContainEqual(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { action: 'accept' } }));
    waiting.shift()?.('done');
    await answer.ended;
    expect(messagesOf(answer.text).at(-1)).toMatchObject({ id: 7, result: { content: [{ text: 'done' }] } });
  });

  test.each([
    [404, ''],
    [404, '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}'],
    [400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}'],
  ])('begins another session where the server has lost it (%i %s) [aggregate-sessions]', async (status, text) => {
    await using world = await aggregateWorld();
    let sessions = 0;
    const a = await world.add(
      'a',
      server({
        tools: ['x'],
        answers: {
          initialize: (res, { body }) =>
            reply(
              res,
              parseCall(body).id,
              {
                result: {
                  protocolVersion: '2025-11-25',
                  capabilities: { tools: {} },
                  serverInfo: { name: 'a', version: '1' },
                },
              },
              { 'Mcp-Session-Id': `s${String(++sessions)}` },
            ),
          'tools/call': (res, { body, headers }) => {
            if (headers['mcp-session-id'] !== `s${String(sessions)}`) {
              res.writeHead(status, text === '' ? {} : { 'Content-Type': 'application/json' }).end(text);
            } else reply(res, parseCall(body).id, { result: { content: [{ type: 'text', text: 'ok' }] } });
          },
        },
      }),
    );
    const me = await client(world.gateway, 'legacy');
    await me.ask('tools/call', { name: 'a__x' });
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('ok');
    sessions++;
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('ok');
    expect(textOf(await me.ask('tools/call', { name: 'a__x' }))).toBe('ok');
    expect(a.received.filter(({ body }) => body.includes('"initialize"')).length).toBeGreaterThan(1);
    expect(world.gateway.register.size).toBe(1);
  });

  test('is cancelled at the server where the client cancels it [mcp-cancelled-reaches-server]', async () => {
    await using world = await aggregateWorld();
    let calls = 0;
    const a = await world.add(
      'a',
      server({
        tools: ['x'],
        answers: {
          'tools/call': (res, { body }) => {
            if (calls++ === 0) reply(res, parseCall(body).id, { result: { content: [] } });
            else res.writeHead(200, STREAM).flushHeaders();
          },
        },
      }),
    );
    const me = await client(world.gateway, 'legacy');
    await me.ask('tools/call', { name: 'a__x' });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'a__x' } });
    const answer = await open(world.gateway, '/mcp', { headers: me.headers, body });
    await me.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 7 } });
    await until(() => a.received.some(({ body: sent }) => sent.includes('notifications/cancelled')), 'cancelled');
    const cancelled = a.received.find(({ body: sent }) => sent.includes('notifications/cancelled'));
    expect(parseCall(cancelled?.body ?? Buffer.from('{}')).params).toEqual({ requestId: 7 });
    answer.abort();
    await answer.ended;
  });
});
