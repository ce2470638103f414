import { describe, expect, it } from 'vitest';
import { callTool } from '../../src/upstream/callTool.ts';
import { connect, failure } from './support/connect.ts';
import { legacyScript, modernScript, startScriptedServer, type Script } from './support/scriptedServer.ts';

const answer =
  (result: object): Script =>
  ({ message: { id } }, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ jsonrpc: '2.0', id, result: { resultType: 'complete', ...result } }));

/** Takes the first call and says nothing of it. */
function losesTheFirst(): Script {
  let calls = 0;
  return (seen, response) => {
    if (++calls === 1) response.socket?.resetAndDestroy();
    else answer({ content: [] })(seen, response);
  };
}

const listing = (annotations: object): Script =>
  answer({ tools: [{ name: 'greet', inputSchema: { type: 'object' }, annotations }], ttlMs: 0, cacheScope: 'private' });

describe.each([
  ['modern', modernScript],
  ['legacy', legacyScript],
] as const)('a tool call that a %s server takes and then closes the connection', (era, script) => {
  it.each([{ idempotentHint: true }, { readOnlyHint: true }])(
    'is made again when the tool is %j [proxy-resend-repeatable]',
    async (annotations) => {
      await using server = await startScriptedServer(
        script({ 'tools/call': losesTheFirst(), 'tools/list': listing(annotations) }),
      );
      await using client = await connect(server.url, { era });
      expect(await callTool(client, { name: 'greet', args: {} })).toMatchObject({ content: [] });
      expect(server.methods.filter((method) => method === 'tools/call')).toHaveLength(2);
    },
  );

  it.each([{ readOnlyHint: false }, { idempotentHint: 'true' }, { destructiveHint: false }])(
    'is not when the tool is %j, and the error says what is known [proxy-no-call-twice]',
    async (annotations) => {
      await using server = await startScriptedServer(
        script({ 'tools/call': losesTheFirst(), 'tools/list': listing(annotations) }),
      );
      await using client = await connect(server.url, { era });
      expect(await failure(callTool(client, { name: 'greet', args: {} }))).toMatchObject({
        code: 'upstream-reset',
        data: { processed: 'unknown' },
      });
      expect(server.methods.filter((method) => method === 'tools/call')).toHaveLength(1);
    },
  );
});
