import { describe, expect, test } from 'vitest';
import { listTools } from '../../../src/upstream/catalogue.ts';
import { failure } from '../support/connect.ts';
import type { Seen } from '../support/scriptedServer.ts';
import { openSseServer as open, startSseServer, type SseStream } from './sseServer.ts';

const begin = (text: (stream: SseStream) => string) => (stream: SseStream) => void stream.response.write(text(stream));

describe('the endpoint for messages', () => {
  test.each<[string, (stream: SseStream) => string]>([
    ['is a path', ({ session }) => `event: endpoint\ndata: /messages?session=${session}\n\n`],
    ['is relative to the stream', ({ session }) => `event: endpoint\ndata: messages?session=${session}\n\n`],
    ['is a query alone, at the path of the stream', ({ session }) => `event: endpoint\ndata: ?session=${session}\n\n`],
    ['has lines that end as in Windows', ({ session }) => `event: endpoint\r\ndata: /m?session=${session}\r\n\r\n`],
    [
      'comes in pieces behind comments',
      ({ session }) => `: hello\n\n: there\nevent:endpoint\ndata:/?session=${session}\n\n`,
    ],
    [
      'comes behind a message',
      ({ session }) =>
        `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}\n\nevent: endpoint\ndata: /?session=${session}\n\n`,
    ],
    [
      'comes behind events of another kind',
      ({ session }) => `event: ping\ndata: 1\n\nevent: endpoint\ndata: /?session=${session}\n\n`,
    ],
    ['has a fragment', ({ session }) => `event: endpoint\ndata: /?session=${session}#there\n\n`],
  ])('%s', async (_name, text) => {
    await using server = await startSseServer({ begin: begin(text) });
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('is absolute, and within the origin', async () => {
    let origin = '';
    await using server = await startSseServer({
      begin: begin(({ session }) => `event: endpoint\ndata: ${origin}/messages?session=${session}\n\n`),
    });
    ({ origin } = server.url);
    await using upstream = await open(server.url);
    expect((await listTools(upstream)).items).toHaveLength(1);
  });

  test('is found from where the stream was redirected to', async () => {
    await using server = await startSseServer({
      get({ path }, response) {
        if (path.startsWith('/there/')) return false;
        response.writeHead(302, { location: '/there/sse' }).end();
        return true;
      },
      begin: begin(({ session }) => `event: endpoint\ndata: messages?session=${session}\n\n`),
    });
    await using upstream = await open(server.url);
    await listTools(upstream);
    expect(server.seen.at(-1)?.path).toBe('/there/messages?session=1');
  });

  test.each([
    ['http://127.0.0.2:9/messages', 'another origin, http://127.0.0.2:9'],
    ['//other.invalid/messages', 'another origin, http://other.invalid'],
    ['https://127.0.0.1/messages', 'another origin, https://127.0.0.1'],
    ['file:///etc/passwd', 'another origin, file:'],
  ])('%j is refused, and nothing is sent there', async (address, where) => {
    await using server = await startSseServer({ begin: begin(() => `event: endpoint\ndata: ${address}\n\n`) });
    const error = await failure(open(server.url, { headers: { authorization: 'Bearer secret' } }));
    expect(error).toMatchObject({
      kind: 'unavailable',
      code: 'upstream-endpoint',
      message: `The server "github" wants its messages sent to ${where}, which is not done: have it name a path, or configure the URL of the origin that it names.`,
    });
    expect(server.methods).toEqual(['GET']);
    await expect.poll(() => server.connections.size).toBe(0);
  });

  test('with credentials is refused', async () => {
    let host = '';
    await using server = await startSseServer({
      begin: begin(() => `event: endpoint\ndata: http://me:secret@${host}/messages\n\n`),
    });
    ({ host } = server.url);
    const error = await failure(open(server.url));
    expect(error).toMatchObject({ code: 'upstream-endpoint' });
    expect(String(error)).not.toContain('secret');
  });

  test.each(['http://[', `/${'x'.repeat(10_000)}`, ' '])('that is no address (%j) is refused', async (address) => {
    await using server = await startSseServer({ begin: begin(() => `event: endpoint\ndata: ${address}\n\n`) });
    expect(await failure(open(server.url))).toMatchObject({ code: 'upstream-not-mcp' });
  });
});

describe('a stream that', () => {
  type Get = (
    seen: Seen,
    response: Parameters<NonNullable<Parameters<typeof startSseServer>[0]>['get'] & {}>[1],
  ) => void;
  const answers =
    (status: number, headers: Record<string, string> = {}, body = ''): Get =>
    (_seen, response) =>
      response.writeHead(status, headers).end(body);

  test.each<[string, Get, string, string]>([
    [
      'is not there',
      answers(404, { 'content-type': 'text/html' }, '<h1>no</h1>'),
      'upstream-not-mcp',
      'opens no event stream (HTTP 404)',
    ],
    ['is not for GET', answers(405), 'upstream-not-mcp', 'a server of Streamable HTTP has the transport http'],
    [
      'is a page',
      answers(200, { 'content-type': 'text/html' }, '<h1>hi</h1>'),
      'upstream-not-mcp',
      'opens no event stream (HTTP 200)',
    ],
    ['asks for credentials', answers(401), 'upstream-unauthorized', 'HTTP 401'],
    ['is not available', answers(503, {}, 'busy'), 'upstream-error', 'HTTP 503'],
    [
      'is elsewhere',
      answers(307, { location: 'http://127.0.0.2:9/sse' }),
      'upstream-redirect',
      'another origin, http://127.0.0.2:9',
    ],
    ['is always elsewhere', answers(302, { location: '/mcp' }), 'upstream-redirect', 'after 5 other redirects'],
    [
      'is encoded unreadably',
      answers(200, { 'content-type': 'text/event-stream', 'content-encoding': 'compress' }),
      'upstream-not-mcp',
      'compress',
    ],
    [
      'ends at once',
      answers(200, { 'content-type': 'text/event-stream' }),
      'upstream-not-mcp',
      'before it named an endpoint',
    ],
  ])('%s is reported', async (_name, get, code, message) => {
    await using server = await startSseServer({
      get: (seen, response) => {
        get(seen, response);
        return true;
      },
    });
    expect(await failure(open(server.url))).toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    await expect.poll(() => server.open).toBe(0);
  });

  test('names no endpoint is given up', async () => {
    await using server = await startSseServer({ begin: begin(() => ': hello\n\n') });
    const error = await failure(open(server.url, { timeouts: { idleMs: 200 } }));
    expect(error).toMatchObject({ code: 'upstream-timeout', data: { timeout: 'idle' } });
    await expect.poll(() => server.connections.size).toBe(0);
  });

  test('never begins is given up when the caller goes away', async () => {
    await using server = await startSseServer({ get: () => true });
    const caller = new AbortController();
    const opening = failure(open(server.url, { signal: caller.signal }));
    await expect.poll(() => server.methods).toEqual(['GET']);
    const reason = new Error('gone');
    caller.abort(reason);
    expect(await opening).toBe(reason);
    await expect.poll(() => server.connections.size).toBe(0);
  });

  test('speaks TLS where we do not is reported as elsewhere', async () => {
    await using server = await startSseServer();
    const secure = new URL(server.url.href.replace('http:', 'https:'));
    expect(await failure(open(secure))).toMatchObject({
      code: 'upstream-unreachable',
      message: 'The server "github" does not speak TLS at the configured URL: is it http:// and not https://?',
    });
  });
});
