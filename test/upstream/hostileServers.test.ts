import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { connect, failure } from './support/connect.ts';
import {
  legacyScript,
  modernScript,
  result,
  startScriptedServer,
  stream,
  event,
  type Script,
} from './support/scriptedServer.ts';

/** A server below HTTP: the test writes to the socket itself. */
async function startRawServer(onConnection: (socket: Socket) => void): Promise<AsyncDisposable & { url: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const MIB = 1024 * 1024;
const SECRET = 'ghp_0123456789abcdef';

const html: Script = (_seen, response) =>
  response.writeHead(200, { 'content-type': 'text/html' }).end(`<h1>Bearer ${SECRET}\u202e</h1>${'long '.repeat(200)}`);
const halfJson: Script = (_seen, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":2,"res');
const brokenOff: Script = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }).write('{"jsonrpc"');
  setImmediate(() => response.destroy());
};
const brokenStream: Script = (_seen, response) => {
  stream(response, ': hello\n\n');
  setImmediate(() => response.destroy());
};
/** Writes for as long as the client reads. */
const endless =
  (type: string, start: string): Script =>
  (_seen, response) => {
    response.writeHead(200, { 'content-type': type }).write(start);
    const chunk = 'x'.repeat(64 * 1024);
    const more = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', more);
    more();
  };
const wrongId: Script = (_seen, response) =>
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id: 'another', result: {} }));
const wrongIdInStream: Script = (_seen, response) =>
  void stream(response, event({ jsonrpc: '2.0', id: 99, result: {} })).end();
const notRpc: Script = (_seen, response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}');
const badEvent: Script = (_seen, response) => void stream(response, 'data: {"half\n\n').end();
const silent: Script = () => undefined;
const silentStream: Script = (_seen, response) => void stream(response, ': hello\n\n');
const chatty: Script = (_seen, response) => {
  stream(response, ': hello\n\n');
  const timer = setInterval(() => response.write(': still here\n\n'), 5);
  response.on('close', () => clearInterval(timer));
};
const manyHeaders: Script = (_seen, response) =>
  response.writeHead(200, Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`x-${n}`, 'y'.repeat(100)]))).end();
const redirect =
  (status: number, location?: string): Script =>
  (_seen, response) =>
    response.writeHead(status, location === undefined ? {} : { location }).end();
const malformedResult: Script = (seen, response) => result(seen, response, { content: 'none' });
const nothing: Script = (_seen, response) => response.writeHead(200).end();

const HOSTILE: [string, Script, string][] = [
  ['answers HTML', html, 'upstream-not-mcp'],
  ['sends half a JSON document', halfJson, 'upstream-truncated'],
  ['sends less than it announced', brokenOff, 'upstream-truncated'],
  ['breaks a stream off', brokenStream, 'upstream-truncated'],
  ['sends an endless JSON document', endless('application/json', '{"jsonrpc":"2.0","x":"'), 'upstream-too-large'],
  ['sends an endless event', endless('text/event-stream', 'data: "'), 'upstream-too-large'],
  ['sends endless headers', manyHeaders, 'upstream-too-large'],
  ['answers with another id', wrongId, 'upstream-not-mcp'],
  ['answers with another id in a stream', wrongIdInStream, 'upstream-truncated'],
  ['answers something else than JSON-RPC', notRpc, 'upstream-not-mcp'],
  ['sends half a JSON document in an event', badEvent, 'upstream-truncated'],
  ['never answers', silent, 'upstream-timeout'],
  ['opens a stream and falls silent', silentStream, 'upstream-timeout'],
  ['never finishes', chatty, 'upstream-timeout'],
  ['redirects to another origin', redirect(307, 'http://127.0.0.2:9/mcp'), 'upstream-redirect'],
  ['redirects in circles', redirect(308, '/mcp'), 'upstream-redirect'],
  ['redirects to a page', redirect(302, '/login'), 'upstream-redirect'],
  ['redirects to nowhere', redirect(307), 'upstream-redirect'],
  ['refuses the credentials', (_seen, response) => response.writeHead(401).end(), 'upstream-unauthorized'],
  ['is overloaded', (_seen, response) => response.writeHead(503).end('busy'), 'upstream-error'],
  ['answers with a malformed result', malformedResult, 'upstream-not-mcp'],
  ['answers with nothing', nothing, 'upstream-not-mcp'],
];

describe.each([
  ['modern', modernScript],
  ['legacy', legacyScript],
] as const)('a call to a %s server that', (era, script) => {
  it.each(HOSTILE)('%s fails clearly and leaves nothing behind', async (_name, call, code) => {
    await using server = await startScriptedServer(script({ 'tools/call': call, GET: call }));
    const timeouts = code === 'upstream-timeout' ? { idleMs: 400, totalMs: 900 } : {};
    const client = await connect(server.url, { era, timeouts, headers: { authorization: `Bearer ${SECRET}` } });
    const error = await failure(
      callTool(client, { name: 'greet', args: {} }, { tool: { name: 'greet', inputSchema: {} } }),
    );
    expect(error).toMatchObject({ kind: 'unavailable', code, data: { server: 'github' } });
    const { message } = error instanceof Error ? error : { message: '' };
    expect(message).not.toContain(SECRET);
    expect(message.length).toBeLessThan(400);
    // The server still serves other calls of the same client.
    expect((await listTools(client)).items).toHaveLength(1);
    await expect.poll(() => server.open).toBe(0);
    await client[Symbol.asyncDispose]();
    await expect.poll(() => server.connections.size).toBe(0);
  });
});

describe('the connection to a server that', () => {
  it('is down is refused at once', async () => {
    const { url } = await (async () => {
      await using gone = await startRawServer(() => undefined);
      return gone;
    })();
    const error = await failure(connect(url));
    expect(error).toMatchObject({ code: 'upstream-unreachable' });
    expect(String(error)).toMatch(/ECONNREFUSED.*: metamcp-cli servers update github --url URL$/);
  });

  it('has no address is reported', async () => {
    const error = await failure(connect('http://server.invalid/mcp'));
    expect(error).toMatchObject({ code: 'upstream-unreachable' });
    expect(String(error)).toMatch(/host name is not found .*: metamcp-cli servers update github --url URL$/);
  });

  it.each([404, 405, 410])('has no endpoint at its path (HTTP %i) says what to correct', async (status) => {
    const answer = `HTTP/1.1 ${String(status)} No\r\ncontent-length: 4\r\n\r\nnope`;
    await using server = await startRawServer((socket) => socket.on('data', () => socket.write(answer)));
    const error = await failure(connect(server.url));
    expect(error).toMatchObject({ code: 'upstream-not-mcp', data: { status } });
    expect(String(error)).toMatch(/Is the path of its URL right\? .*: metamcp-cli servers update github --url URL$/);
  });

  it('resets is reported', async () => {
    await using server = await startRawServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    expect(await failure(connect(server.url))).toMatchObject({ code: 'upstream-reset' });
  });

  it('does not speak HTTP is reported', async () => {
    await using server = await startRawServer((socket) => socket.once('data', () => socket.end('220 smtp ready\r\n')));
    expect(await failure(connect(server.url))).toMatchObject({ code: 'upstream-not-mcp' });
  });

  it('speaks TLS where we do not, and the reverse, is reported', async () => {
    await using server = await startRawServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
    );
    expect(await failure(connect(server.url.replace('http:', 'https:')))).toMatchObject({
      code: 'upstream-unreachable',
      message: 'The server "github" does not speak TLS at the configured URL: is it http:// and not https://?',
    });
    await using secure = await startRawServer((socket) =>
      socket.once('data', () => socket.end('\x15\x03\x01\0\x02\x02F')),
    );
    expect(await failure(connect(secure.url))).toMatchObject({
      code: 'upstream-not-mcp',
      message: 'The server "github" speaks TLS at the configured URL: is it https:// and not http://?',
    });
  });

  it('speaks HTTP/2 without TLS is told apart from what speaks no HTTP', async () => {
    const server = createHttp2Server();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await failure(connect(`http://127.0.0.1:${port}/mcp`))).toMatchObject({
      code: 'upstream-not-mcp',
      message: 'The server "github" speaks HTTP/2 without TLS, and must speak HTTP/1.1.',
    });
    server.close();
  });

  it('gets a header that can’t be sent is not opened', async () => {
    await using server = await startScriptedServer(modernScript());
    const error = await failure(connect(server.url, { headers: { authorization: `Bearer\n${SECRET}` } }));
    expect(error).toMatchObject({ code: 'upstream-unreachable' });
    expect(String(error)).not.toContain(SECRET);
    expect(server.seen).toEqual([]);
  });

  it('never accepts is given up when the caller goes away', async () => {
    await using server = await startScriptedServer(silent);
    const caller = new AbortController();
    const attempt = failure(connect(server.url, { signal: caller.signal }));
    await expect.poll(() => server.methods).toEqual(['server/discover']);
    const reason = new Error('gone');
    caller.abort(reason);
    expect(await attempt).toBe(reason);
    await expect.poll(() => server.connections.size).toBe(0);
  });
});

describe('what a call leaves behind', () => {
  it('is a connection that serves again, after a stream too that ends a little later', async () => {
    const endings: (() => void)[] = [];
    const call: Script = (seen, response) => {
      const message = { jsonrpc: '2.0', id: seen.message.id, result: { content: [], filler: 'x'.repeat(MIB) } };
      stream(response, event(message));
      endings.push(() => response.end(': bye\n\n'));
    };
    await using server = await startScriptedServer(legacyScript({ 'tools/call': call }));
    await using client = await connect(server.url, { era: 'legacy' });
    for (let n = 0; n < 10; n++) {
      await callTool(client, { name: 'greet', args: {} });
      endings.pop()?.();
      await listTools(client);
    }
    // The list may be asked for before the end of the stream has come: a second connection then.
    expect(server.accepted).toBeLessThanOrEqual(2);
  });

  it('is no stream that the server keeps open after its answer', async () => {
    let open = 0;
    const call: Script = (seen, response) => {
      open++;
      response.on('close', () => open--);
      stream(response, event({ jsonrpc: '2.0', id: seen.message.id, result: { content: [] } }));
    };
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url);
    await callTool(client, { name: 'greet', args: {} });
    expect(open).toBe(1);
    await expect.poll(() => open).toBe(0);
  });

  it('is no timer', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    await using server = await startScriptedServer(legacyScript());
    await using client = await connect(server.url, { era: 'legacy' });
    await listTools(client);
    const before = timers();
    for (let n = 0; n < 20; n++) await callTool(client, { name: 'greet', args: {} });
    const caller = AbortSignal.abort(new Error('no'));
    for (let n = 0; n < 20; n++) await failure(callTool(client, { name: 'greet', args: {} }, { signal: caller }));
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe('the time-outs of a call', () => {
  it('let a server take longer than the idle one, as long as it sends something', async () => {
    const call: Script = (seen, response) => {
      stream(response, ': begin\n\n');
      const begun = performance.now();
      const timer = setInterval(() => {
        if (performance.now() - begun < 1_200) response.write(': still here\n\n');
        else response.end(event({ jsonrpc: '2.0', id: seen.message.id, result: { content: [] } }));
      }, 20);
      response.on('close', () => clearInterval(timer));
    };
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url, { timeouts: { idleMs: 600 } });
    expect(await callTool(client, { name: 'greet', args: {} })).toEqual({ content: [] });
  });

  it.each([
    ['idle', silentStream],
    ['total', chatty],
  ])('say which one it was: %s', async (timeout, call) => {
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url, {
      timeouts: { idleMs: 400, totalMs: timeout === 'idle' ? 9_000 : 700 },
    });
    const ms = timeout === 'idle' ? 400 : 700;
    expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({
      data: { server: 'github', timeout, ms },
    });
  });
});
