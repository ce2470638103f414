import { expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { isJsonObject } from '../../src/mcp/jsonRpc.ts';
import { parseLossless, stringifyLossless } from '../../src/mcp/losslessJson.ts';
import { paramHeaderValues } from '../../src/mcp/toolParamHeaders.ts';
import { connect } from './support/connect.ts';
import { legacyScript, modernScript, startScriptedServer, stream, type Script } from './support/scriptedServer.ts';

const tool = { name: 'greet', inputSchema: {} };

function event(text: string): string {
  return `data: ${text}\n\n`;
}

it('numbers that we reckon with are read in any spelling', async () => {
  const call: Script = (seen, response) => {
    const { id, params } = seen.message;
    const { progressToken } = params?.['_meta'] as { progressToken: number };
    const progress = `{"progressToken":${progressToken}.0,"progress":1.50,"total":2E1}`;
    stream(
      response,
      event(`{"jsonrpc":"2.0","method":"notifications/progress","params":${progress}}`),
      event(`{"jsonrpc":"2.0","id":${String(id)}.0,"result":{"content":[],"n":1.0}}`),
    ).end();
  };
  const list: Script = (seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      `{"jsonrpc":"2.0","id":${String(seen.message.id)}e0,"result":{"tools":[],"ttlMs":5E3,"cacheScope":"public"}}`,
    );
  };
  await using server = await startScriptedServer(modernScript({ 'tools/call': call, 'tools/list': list }));
  await using client = await connect(server.url);
  const steps: unknown[] = [];
  const result = await callTool(client, { name: 'greet', args: {} }, { tool, onProgress: (step) => steps.push(step) });
  expect(stringifyLossless(result)).toBe('{"content":[],"n":1.0}');
  expect(steps).toEqual([{ progress: 1.5, total: 20 }]);
  expect(await listTools(client)).toEqual({ items: [], ttlMs: 5_000, cacheScope: 'public' });
});

it('an error in any spelling of its code is the server’s', async () => {
  const call: Script = (seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(`{"jsonrpc":"2.0","id":${String(seen.message.id)},"error":{"code":-32602.0,"message":"no"}}`);
  };
  await using server = await startScriptedServer(legacyScript({ 'tools/call': call }));
  await using client = await connect(server.url);
  await expect(callTool(client, { name: 'greet', args: {} })).rejects.toMatchObject({
    rpc: { code: -32_602, message: 'no' },
  });
});

it('a server’s request is answered under its very id [mcp-numbers-keep-their-text]', async () => {
  const replies: string[] = [];
  const script = legacyScript({
    'tools/call': (seen, response) => {
      stream(response, event('{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}'));
      response.end(event(`{"jsonrpc":"2.0","id":${String(seen.message.id)},"result":{"content":[]}}`));
    },
  });
  await using server = await startScriptedServer((seen, response) => {
    if (seen.message.method === undefined && seen.verb === 'POST') replies.push(seen.text);
    script(seen, response);
  });
  await using client = await connect(server.url);
  await callTool(client, { name: 'greet', args: {} });
  await expect.poll(() => replies).toEqual(['{"jsonrpc":"2.0","id":9007199254740993,"result":{}}']);
});

it('a mirrored argument has the number of the body [mcp-numbers-keep-their-text]', () => {
  const headers = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ header: `mcp-param-${name}`, path: [name] }));
  const args = parseLossless('{"a":9007199254740993,"b":1E2,"c":-0,"d":7,"e":{"rawJSON":"1"}}');
  expect(isJsonObject(args) && paramHeaderValues(headers, args)).toEqual({
    'mcp-param-a': '9007199254740993',
    'mcp-param-b': '100',
    'mcp-param-c': '0',
    'mcp-param-d': '7',
  });
});

it('a number with its text is no object, and what looks like one is', () => {
  expect(isJsonObject(parseLossless('1.0'))).toBe(false);
  expect(isJsonObject({ rawJSON: '1.0' })).toBe(true);
});
