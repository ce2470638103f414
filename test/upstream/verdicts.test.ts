import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { connect, failure } from './support/connect.ts';
import {
  event,
  legacyScript,
  modernScript,
  rpcError,
  startScriptedServer,
  type Script,
} from './support/scriptedServer.ts';

const answerOf = (seen: Parameters<Script>[0]) => ({ jsonrpc: '2.0', id: seen.message.id, result: { content: [] } });

/** Calls a tool of a legacy server that answers as given. */
async function call(answer: Script): Promise<unknown> {
  await using server = await startScriptedServer(legacyScript({ 'tools/call': answer }));
  await using client = await connect(server.url, { era: 'legacy' });
  return await callTool(client, { name: 'greet', args: {} });
}

describe('what the proxy passes, the client reads', () => {
  it.each<[string, Script]>([
    [
      'JSON that is encoded',
      (seen, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'br' })
          .end(brotliCompressSync(JSON.stringify(answerOf(seen)))),
    ],
    [
      'events that are encoded',
      (seen, response) =>
        response
          .writeHead(201, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
          .end(gzipSync(event(answerOf(seen)))),
    ],
    [
      'JSON with a byte order mark, and a charset',
      (seen, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json; charset=utf-8' })
          .end(`\uFEFF${JSON.stringify(answerOf(seen))}`),
    ],
    [
      'an answer behind two redirects',
      (seen, response) => {
        if (seen.path === '/mcp') response.writeHead(307, { location: '/a/b' }).end();
        else if (seen.path === '/a/b') response.writeHead(308, { location: 'c' }).end();
        else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerOf(seen)));
      },
    ],
  ])('%s', async (_name, answer) => {
    expect(await call(answer)).toEqual({ content: [] });
  });
});

describe('what is wrong, both say in the same words', () => {
  it.each<[string, Script, string, string]>([
    ['a 407', (_seen, response) => response.writeHead(407).end(), 'upstream-unauthorized', 'A proxy before the server'],
    ['a 202', (_seen, response) => response.writeHead(202).end(), 'upstream-not-mcp', 'did not answer it'],
    ['a 502', (_seen, response) => response.writeHead(502).end(), 'upstream-error', 'the proxy that stands before it'],
    [
      'a page that never ends',
      (_seen, response) => response.writeHead(200, { 'content-type': 'text/html' }).write('<p>'),
      'upstream-not-mcp',
      'a page of type text/html',
    ],
    [
      'an error with a result',
      (seen, response) =>
        response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(answerOf(seen))),
      'upstream-error',
      'not available now',
    ],
    [
      'content that can’t be decoded',
      (_seen, response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end('{}'),
      'upstream-not-mcp',
      'encodes its answer as gzip',
    ],
  ])('%s', async (_name, answer, code, words) => {
    expect(await failure(call(answer))).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  it('a time-out, with its data', async () => {
    await using server = await startScriptedServer(modernScript({ 'tools/list': () => undefined }));
    await using client = await connect(server.url, { timeouts: { idleMs: 300 } });
    expect(await failure(listTools(client))).toMatchObject({
      message: expect.stringContaining('The server "github" sent nothing for 0.3 s, its idle time-out.') as string,
      data: { server: 'github', timeout: 'idle', ms: 300 },
    });
  });
});

describe('a session is lost', () => {
  it.each<[string, Script, boolean]>([
    ['by a 404 in plain text', (_seen, response) => response.writeHead(404).end('session not found'), true],
    ['by a 400 in plain text', (_seen, response) => response.writeHead(400).end('No valid session ID provided'), true],
    [
      'by a server that has begun anew',
      (seen, response) =>
        rpcError(seen, response, 400, { code: -32000, message: 'Bad Request: Server not initialized' }),
      true,
    ],
    [
      'not by a 404 about a header',
      (seen, response) => rpcError(seen, response, 404, { code: -32000, message: 'Unsupported protocol version' }),
      false,
    ],
    [
      'not by a 400 about something else of it',
      (seen, response) => rpcError(seen, response, 400, { code: -32000, message: 'The session is busy' }),
      false,
    ],
  ])('%s [proxy-session-lost-once]', async (_name, answer, isLost) => {
    await using server = await startScriptedServer(legacyScript({ 'tools/list': answer }));
    await using client = await connect(server.url, { era: 'legacy' });
    const code = isLost ? 'upstream-session-lost' : 'upstream-rpc-error';
    expect(await failure(listTools(client))).toMatchObject({ code });
    expect(server.methods.filter((method) => method === 'initialize')).toHaveLength(isLost ? 2 : 1);
  });
});

describe('a redirect within the origin', () => {
  it.each([307, 308])('with %i is followed with body and headers', async (status) => {
    const served = modernScript();
    await using server = await startScriptedServer((seen, response) => {
      if (seen.path === '/mcp') response.writeHead(status, { location: '/mcp/' }).end();
      else served(seen, response);
    });
    await using client = await connect(server.url, { headers: { 'x-api-key': 'a key' } });
    expect((await listTools(client)).items).toHaveLength(1);
    expect(server.seen.at(-1)).toMatchObject({ path: '/mcp/', headers: { 'x-api-key': 'a key' } });
  });
});
