import { describe, expect, it } from 'vitest';
import { listPrompts } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { connect } from './support/connect.ts';
import {
  event,
  legacyScript,
  modernScript,
  result,
  startScriptedServer,
  stream,
  type Script,
} from './support/scriptedServer.ts';

const tool = { name: 'greet', inputSchema: {} };
const TEXT = { type: 'text', text: 'hi', annotations: null, _meta: null };

function answering(value: object): Script {
  return (seen, response) => result(seen, response, value);
}

describe.each([
  ['modern', modernScript],
  ['legacy', legacyScript],
] as const)('null in place of an optional member, from a %s server', (_era, script) => {
  it.each([
    [{ content: [TEXT], isError: null, structuredContent: null, _meta: null }, { content: [TEXT] }],
    [
      { content: null, isError: false, resultType: null },
      { isError: false, resultType: null, content: [] },
    ],
    [
      { content: [], vendor: null },
      { content: [], vendor: null },
    ],
  ])('is as if it were absent in a result: %j [mcp-null-is-absent]', async (sent, got) => {
    await using server = await startScriptedServer(script({ 'tools/call': answering(sent) }));
    await using client = await connect(server.url);
    expect(await callTool(client, { name: 'greet', args: {} }, { tool })).toEqual(got);
  });

  it('is so in messages and notifications too [mcp-null-is-absent]', async () => {
    const call: Script = (seen, response) => {
      const { id, params } = seen.message;
      const { progressToken } = params?.['_meta'] as { progressToken: unknown };
      const progress = { progressToken, progress: 1, total: null, message: null };
      stream(
        response,
        event({ jsonrpc: '2.0', id: null, method: 'notifications/message', params: null }),
        event({ jsonrpc: '2.0', id: null, method: 'notifications/progress', params: progress }),
        event({ jsonrpc: '2.0', id, method: null, params: null, error: null, result: { content: [] } }),
      ).end();
    };
    await using server = await startScriptedServer(script({ 'tools/call': call }));
    await using client = await connect(server.url);
    const steps: unknown[] = [];
    expect(
      await callTool(client, { name: 'greet', args: {} }, { tool, onProgress: (step) => steps.push(step) }),
    ).toEqual({
      content: [],
    });
    expect(steps).toEqual([{ progress: 1 }]);
  });
});

it('null is no name and no instructions of a legacy server [mcp-null-is-absent]', async () => {
  const facts = {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {}, prompts: null },
    serverInfo: null,
    instructions: null,
  };
  await using server = await startScriptedServer(legacyScript({ initialize: answering(facts) }));
  await using client = await connect(server.url);
  expect([client.facts.serverInfo, client.facts.instructions]).toEqual([undefined, undefined]);
  expect((await listPrompts(client)).items).toEqual([]);
  expect(server.methods).not.toContain('prompts/list');
});
