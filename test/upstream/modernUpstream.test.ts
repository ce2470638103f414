import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { request } from '../../src/upstream/request.ts';
import { connect, failure } from './support/connect.ts';
import {
  event,
  modernScript,
  result,
  rpcError,
  startScriptedServer,
  stream,
  TOOL,
  type Script,
} from './support/scriptedServer.ts';
import type { Rejected } from '../../src/upstream/rejections.ts';

function toolWithHeader(header: string) {
  return {
    ...TOOL,
    inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': header } } },
  };
}

describe('a modern request', () => {
  it('carries the version, the method, the name and who we are', async () => {
    await using server = await startScriptedServer(modernScript());
    await using client = await connect(server.url, {
      headers: { authorization: 'Bearer configured', 'mcp-method': 'x' },
    });
    await callTool(client, { name: 'grüße', args: { a: 1 } }, { tool: TOOL });
    const { headers, message } = server.seen.at(-1) ?? {};
    expect(headers).toMatchObject({
      authorization: 'Bearer configured',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': `=?base64?${Buffer.from('grüße').toString('base64')}?=`,
    });
    expect(Object.keys(headers ?? {}).sort()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'mcp-method',
      'mcp-name',
      'mcp-protocol-version',
    ]);
    expect(message).toEqual({
      jsonrpc: '2.0',
      id: expect.any(Number) as number,
      method: 'tools/call',
      params: {
        name: 'grüße',
        arguments: { a: 1 },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'metamcp', version: '1.2.3' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    });
  });

  it('keeps what the caller put into _meta', async () => {
    await using server = await startScriptedServer(modernScript());
    await using client = await connect(server.url);
    await request(client, { method: 'tools/list', params: { _meta: { traceparent: '00-1-2-01' } } });
    expect(server.seen.at(-1)?.message.params?.['_meta']).toMatchObject({ traceparent: '00-1-2-01' });
  });

  it('is cancelled by closing its stream', async () => {
    let closed = false;
    const call: Script = (seen, response) => {
      response.on('close', () => (closed = true));
      // The client's progress token is its request id.
      const token = seen.message.id;
      stream(
        response,
        event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token, progress: 1 } }),
      );
    };
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url);
    const caller = new AbortController();
    const options = { signal: caller.signal, onProgress: () => caller.abort(new Error('enough')) };
    expect(await failure(callTool(client, { name: 'greet', args: {} }, options))).toMatchObject({ message: 'enough' });
    await expect.poll(() => closed).toBe(true);
    expect(server.methods).not.toContain('notifications/cancelled');
  });

  it('that ends in a question is refused, because nobody is there to ask', async () => {
    const call: Script = (seen, response) =>
      result(seen, response, {
        resultType: 'input_required',
        inputRequests: { name: { method: 'elicitation/create' } },
      });
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url);
    expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({
      kind: 'refused',
      code: 'input-required',
    });
  });

  it('that ends in another kind of result is refused', async () => {
    const call: Script = (seen, response) => result(seen, response, { resultType: 'task', taskId: '1' });
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url);
    expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({ code: 'unsupported-result' });
  });

  it('ignores what a server must not send: requests, and the progress of others', async () => {
    const call: Script = (seen, response) => {
      stream(
        response,
        event({ jsonrpc: '2.0', id: 1, method: 'ping' }),
        event({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 'other', progress: 1 } }),
        event({ jsonrpc: '2.0', id: seen.message.id, result: { content: [] } }),
      ).end();
    };
    await using server = await startScriptedServer(modernScript({ 'tools/call': call }));
    await using client = await connect(server.url);
    const steps: unknown[] = [];
    await callTool(client, { name: 'greet', args: {} }, { onProgress: (step) => steps.push(step) });
    expect(steps).toEqual([]);
    expect(server.methods).not.toContain('response');
  });
});

describe('arguments that are mirrored into headers', () => {
  it('are learnt from the list of tools, once', async () => {
    const list: Script = (seen, response) => result(seen, response, { tools: [toolWithHeader('Region')] });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url);
    await callTool(client, { name: 'greet', args: { region: 'eu' } });
    await callTool(client, { name: 'greet', args: { region: ' eu' } });
    expect(server.methods).toEqual(['server/discover', 'tools/list', 'tools/call', 'tools/call']);
    const sent = server.seen.filter(({ message }) => message.method === 'tools/call');
    expect(sent.map(({ headers }) => headers['mcp-param-region'])).toEqual(['eu', '=?base64?IGV1?=']);
  });

  it('are learnt again, and the call sent again once, when the server finds a mismatch', async () => {
    let header = 'Old';
    const list: Script = (seen, response) => result(seen, response, { tools: [toolWithHeader(header)] });
    const call: Script = (seen, response) => {
      if (seen.headers['mcp-param-new'] === 'eu') result(seen, response, { content: [] });
      else rpcError(seen, response, 400, { code: -32020, message: 'Header mismatch' });
    };
    await using server = await startScriptedServer(modernScript({ 'tools/list': list, 'tools/call': call }));
    await using client = await connect(server.url);
    await listTools(client);
    header = 'New';
    expect(await callTool(client, { name: 'greet', args: { region: 'eu' } })).toEqual({ content: [] });
    expect(server.methods).toEqual(['server/discover', 'tools/list', 'tools/call', 'tools/list', 'tools/call']);
    expect(await failure(callTool(client, { name: 'greet', args: { region: 'us' } }))).toMatchObject({
      rpc: { code: -32020 },
    });
    expect(server.methods.slice(5)).toEqual(['tools/call', 'tools/list', 'tools/call']);
  });

  it('leave a tool whose annotations are invalid out of the list, and uncalled [proxy-invalid-tool-left-out]', async () => {
    const rejected: Rejected[] = [];
    const tools = [toolWithHeader('not a token'), { ...TOOL, name: 'other', extra: { kept: true } }];
    const list: Script = (seen, response) => result(seen, response, { tools });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url);
    expect((await listTools(client, { onRejected: (item) => rejected.push(item) })).items).toEqual([tools[1]]);
    expect(rejected).toEqual([{ list: 'tools', name: 'greet', reason: 'x-mcp-header of region is not a header name' }]);
    expect(await failure(callTool(client, { name: 'greet', args: { region: 'eu' } }))).toMatchObject({
      code: 'invalid-tool',
    });
    expect(server.methods).not.toContain('tools/call');
  });

  it('do not hinder the call of a tool of a server that lists none', async () => {
    const list: Script = (seen, response) => rpcError(seen, response, 404, { code: -32601, message: 'no' });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url);
    expect(await callTool(client, { name: 'greet', args: {} })).toMatchObject({ content: [] });
  });
});
