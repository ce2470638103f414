import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Authenticate } from '../../../src/auth/principal.ts';
import { MemoryKeys } from '../../calls/memory.ts';
import { until } from '../client.ts';
import { answerJson, event, methodsOf, STREAM } from '../messages/world.ts';
import { parseCall } from '../upstream.ts';
import { begin, modernParams, type Line } from './lineClient.ts';
import { lineFixture } from './world.ts';

const { serverOf } = lineFixture();

const call = (id: unknown, params: object): object => ({ jsonrpc: '2.0', id, method: 'tools/call', params });
const cancelled = (requestId: unknown): object => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});
const textOf = ({ result }: Line): unknown => (result?.['content'] as { text: unknown }[] | undefined)?.[0]?.text;

/** Sends a request in one piece, and gives the body of the response. */
async function postAtOnce(url: string, path: string, body: string): Promise<string> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  const head = ['Host: localhost', 'Authorization: Bearer good', 'Connection: close'];
  head.push('Content-Type: application/x-ndjson', `Content-Length: ${String(Buffer.byteLength(body))}`);
  socket.write(`POST ${path} HTTP/1.0\r\n${head.join('\r\n')}\r\n\r\n${body}`);
  const answer = await text(socket);
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}

describe('in the legacy era', () => {
  it('the exchange is the session, which ends with the request [lines-session] [lines-half-close]', async () => {
    const { gateway, upstream, open } = await serverOf('legacy');
    const client = await open();
    expect(client.response.headers).toMatchObject({ 'content-type': 'application/x-ndjson' });
    expect((await begin(client)).result).toMatchObject({
      serverInfo: { name: 'files' },
      protocolVersion: '2025-11-25',
    });
    expect((await client.ask(1, 'tools/list')).result).toMatchObject({ tools: [] });
    expect(client.response.headers['mcp-session-id']).toBeUndefined();
    client.request.end();
    await client.over();
    expect(client.isComplete).toBe(true);
    expect(client.lines).toHaveLength(2);
    await until(() => methodsOf(upstream.received).includes('DELETE'), 'the session ends at the server');
    await until(() => gateway.register.size === 0, 'nothing is in the register');
  });

  it('a large answer is one line, among others', async () => {
    const { open, calls } = await serverOf('legacy');
    const client = await open();
    await begin(client);
    client.send(call('large', { name: 'a' }), call('small', { name: 'b' }));
    const called = await calls(2);
    const large = 'ü€'.repeat(100_000);
    for (const one of called) one.answer(one.name === 'a' ? large : 'done');
    expect(textOf(await client.answerTo('small'))).toBe('done');
    expect(textOf(await client.answerTo('large')) === large).toBe(true);
    expect(client.lines).toHaveLength(3);
  });

  it('lines that come at once are taken in their order, from "initialize" on [lines-session]', async () => {
    const { open } = await serverOf('legacy');
    const client = await open();
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    client.send(
      { jsonrpc: '2.0', id: 'a', method: 'initialize', params },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 'b', method: 'tools/list' },
    );
    client.request.end();
    await client.over();
    expect(client.lines.map(({ id, error }) => [id, error])).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
  });

  it('a request before "initialize" and a second "initialize" are refused [lines-session]', async () => {
    const { open } = await serverOf('legacy');
    const client = await open();
    expect((await client.ask(1, 'tools/list')).error?.data).toMatchObject({ code: 'session-required' });
    await begin(client);
    expect((await client.ask(2, 'initialize', {})).error?.code).toBe(-32_600);
  });

  it('progress, requests of the server and their replies flow as lines [lines-both-ways]', async () => {
    const { open, calls, upstream } = await serverOf('legacy');
    const client = await open();
    await begin(client, { capabilities: { sampling: {}, elicitation: {} } });
    client.send(call(1, { name: 'think', _meta: { progressToken: 'p' } }));
    const [one] = await calls(1);
    const { _meta } = parseCall(one!.received.body).params as { _meta: { progressToken: unknown } };
    one!.send({ method: 'notifications/progress', params: { progressToken: _meta.progressToken, progress: 1 } });
    one!.send({ method: 'notifications/message', params: { level: 'info', data: 'hm' } });
    one!.send({ id: 's', method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } });
    one!.send({ id: 'e', method: 'elicitation/create', params: { message: 'Who?', requestedSchema: {} } });
    expect((await client.of('notifications/progress')).params).toEqual({ progressToken: 'p', progress: 1 });
    expect((await client.of('notifications/message')).params).toMatchObject({ data: 'hm' });
    for (const method of ['sampling/createMessage', 'elicitation/create']) {
      const { id } = await client.of(method);
      client.send({ jsonrpc: '2.0', id, result: { of: method } });
    }
    const replies = (): unknown[] =>
      upstream.received.flatMap(({ body }) => (body.includes('"of"') ? [parseCall(body).id] : []));
    await until(() => replies().length === 2, 'the server has both replies');
    expect(replies().sort()).toEqual(['e', 's']);
    one!.answer('thought');
    expect(textOf(await client.answerTo(1))).toBe('thought');
  });

  it('what a GET stream brings comes by itself, also after the stream has broken [lines-session]', async () => {
    const streams: { end(): void }[] = [];
    const { open } = await serverOf('legacy', {}, (res, { method, body }) => {
      if (method !== 'GET') answerJson(res, { jsonrpc: '2.0', id: parseCall(body).id, result: {} });
      else {
        res.writeHead(200, STREAM);
        res.write(
          event({ jsonrpc: '2.0', method: 'notifications/tools/list_changed', params: { of: streams.length } }),
        );
        streams.push(res);
      }
    });
    const client = await open();
    await begin(client);
    await client.of('notifications/tools/list_changed');
    streams[0]!.end();
    await client.find(({ params }) => params?.['of'] === 1, 'what the second stream brings');
    client.request.end();
    await client.over();
    expect(client.isComplete).toBe(true);
  });

  it('a batch is as many lines where the revision has batches, and else refused [lines-both-ways]', async () => {
    const { open } = await serverOf('legacy');
    const batch = [
      { jsonrpc: '2.0', id: 1, method: 'tools/list' },
      { jsonrpc: '2.0', method: 'notifications/roots/list_changed' },
      { jsonrpc: '2.0', id: 2, method: 'tools/list' },
    ];
    const old = await open();
    await begin(old, { protocolVersion: '2025-03-26' });
    old.send(batch);
    for (const id of [1, 2]) expect((await old.answerTo(id)).result).toMatchObject({ tools: [] });
    const client = await open();
    await begin(client);
    client.send(batch);
    for (const id of [1, 2]) expect((await client.answerTo(id)).error?.code).toBe(-32_600);
  });
});

describe('in the modern era', () => {
  it('requests need nothing but their lines [lines-both-ways]', async () => {
    const { open, calls, gateway, upstream } = await serverOf('modern');
    const client = await open();
    expect((await client.ask(0, 'server/discover', modernParams())).result).toMatchObject({ capabilities: {} });
    client.send(call(1, modernParams({ name: 'think' })));
    const [one] = await calls(1);
    expect(one!.received.headers).toMatchObject({ 'mcp-method': 'tools/call', 'mcp-name': 'think' });
    one!.answer();
    expect(textOf(await client.answerTo(1))).toBe('done');
    client.request.end();
    await client.over();
    expect(methodsOf(upstream.received)).not.toContain('initialize');
    expect(gateway.events.at(-1)).toMatchObject({ method: 'tools/call', tool: 'think', outcome: 'ok', status: 200 });
  });

  it('a subscription flows until it is cancelled, or the request ends [lines-cancelled] [lines-half-close]', async () => {
    const { open } = await serverOf('modern', {}, (res, { body }) => {
      const { id, method } = parseCall(body);
      if (method !== 'subscriptions/listen') {
        answerJson(res, { jsonrpc: '2.0', id, result: {} });
        return;
      }
      const _meta = { 'io.modelcontextprotocol/subscriptionId': id };
      res.writeHead(200, STREAM);
      const acknowledged = 'notifications/subscriptions/acknowledged';
      res.write(event({ jsonrpc: '2.0', method: acknowledged, params: { _meta, notifications: {} } }));
    });
    const client = await open();
    const listen = (id: string): object => {
      const params = modernParams({ notifications: { toolsListChanged: true } });
      return { jsonrpc: '2.0', id, method: 'subscriptions/listen', params };
    };
    const acknowledged = (id: string) =>
      client.find(({ params }) => JSON.stringify(params ?? {}).includes(`"${id}"`), `acknowledgement of ${id}`);
    client.send(listen('one'), listen('two'));
    await acknowledged('one');
    await acknowledged('two');
    client.send(cancelled('one'));
    client.request.end();
    await client.over();
    expect(client.isComplete).toBe(true);
    expect((await client.answerTo('two')).result).toEqual({ resultType: 'complete' });
    expect(client.lines.filter(({ id }) => id === 'one')).toEqual([]);
  });
});

describe.each(['legacy', 'modern'] as const)('in the %s era', (era) => {
  const paramsOf = (params: object): object => (era === 'modern' ? modernParams(params) : params);

  it('what is under way when the request ends is answered [lines-half-close]', async () => {
    const { open, calls } = await serverOf(era);
    const client = await open();
    if (era === 'legacy') await begin(client);
    // The end of the request ends the line, too.
    client.request.end(JSON.stringify(call(1, paramsOf({ name: 'slow' }))));
    const [one] = await calls(1);
    expect(client.isOver).toBe(false);
    one!.answer();
    await client.over();
    expect(textOf(client.lines.at(-1)!)).toBe('done');
    expect(client.isComplete).toBe(true);
  });

  it('what comes once no more is taken disturbs nothing that is under way [lines-half-close]', async () => {
    const { gateway, open, calls } = await serverOf(era, { limits: { drainMs: 60_000, maxBodyBytes: 10_000 } });
    const client = await open();
    if (era === 'legacy') await begin(client);
    client.send(call(1, paramsOf({ name: 'slow' })));
    const [one] = await calls(1);
    const ending = gateway.register[Symbol.asyncDispose]();
    client.request.write('x'.repeat(20_000));
    await until(() => client.request.writableLength === 0, 'it is sent');
    // A round to the gateway and back: it has read what was sent before.
    await fetch(gateway.url).then((response) => response.text());
    one!.answer();
    await client.over();
    expect(textOf(client.lines.find(({ id }) => id === 1)!)).toBe('done');
    await ending;
  });

  it('all lines of a request that comes whole are answered [lines-half-close]', async () => {
    const keys = new MemoryKeys();
    // Who asks is not in memory, so that all has come before the first line is read.
    const authenticate: Authenticate = async (credential) => {
      await nextTurn();
      return keys.authenticate(credential);
    };
    const { gateway } = await serverOf(era, { keys, authenticate });
    const initialize = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    const first =
      era === 'legacy'
        ? [
            { jsonrpc: '2.0', id: 0, method: 'initialize', params: initialize },
            { jsonrpc: '2.0', method: 'notifications/initialized' },
          ]
        : [];
    const lines = [
      ...first,
      ...[1, 2, 3].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/list', params: paramsOf({}) })),
    ];
    const body = lines.map((line) => JSON.stringify(line)).join('\n');
    const answers = await postAtOnce(gateway.url, '/api/v1/mcp/stream?server=local', body);
    const ids = answers.split('\n').flatMap((line) => (line.trim() === '' ? [] : [(JSON.parse(line) as Line).id]));
    expect(ids.toSorted()).toEqual(era === 'legacy' ? [0, 1, 2, 3] : [1, 2, 3]);
  });

  it('a client cancels its own request, and no other [lines-cancelled]', async () => {
    const { open, calls, gateway, upstream } = await serverOf(era);
    const [client, other] = [await open(), await open()];
    for (const each of [client, other]) if (era === 'legacy') await begin(each);
    other.send(call(1, paramsOf({ name: 'of the other' })));
    await calls(1);
    client.send(call(1, paramsOf({ name: 'gone' })));
    await calls(2);
    client.send(call(2, paramsOf({ name: 'stays' })), cancelled(1), cancelled('never'));
    const called = await calls(3);
    if (era === 'modern') await until(() => called[1]!.received.aborted, 'the request ends at the server');
    else await until(() => methodsOf(upstream.received).includes('notifications/cancelled'), 'it is cancelled');
    for (const one of [called[0]!, called[2]!]) one.answer();
    expect(textOf(await client.answerTo(2))).toBe('done');
    expect(textOf(await other.answerTo(1))).toBe('done');
    expect(client.lines.filter(({ id }) => id === 1)).toEqual([]);
    expect(gateway.events.find(({ tool }) => tool === 'gone')).toMatchObject({ outcome: 'client-closed' });
  });

  it('an id under way is not taken again, and gets one answer [lines-malformed] [proxy-one-id-one-answer]', async () => {
    const { open, calls } = await serverOf(era);
    const client = await open();
    if (era === 'legacy') await begin(client);
    client.send(call(1, paramsOf({ name: 'first' })));
    const [one] = await calls(1);
    client.send(call(1, paramsOf({ name: 'second' })));
    expect((await client.find(({ id }) => id === null, 'the refusal')).error).toMatchObject({
      code: -32_600,
      data: { id: 1 },
    });
    one!.answer();
    await client.answerTo(1);
    client.send(call(1, paramsOf({ name: 'third' })));
    (await calls(2))[1]!.answer('again');
    await client.find((line) => textOf(line) === 'again', 'the answer to the next one');
  });
});
