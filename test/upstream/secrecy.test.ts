import { describe, expect, it } from 'vitest';
import { callTool } from '../../src/upstream/callTool.ts';
import { connect, failure } from './support/connect.ts';
import {
  event,
  legacyScript,
  modernScript,
  startScriptedServer,
  stream,
  type Script,
} from './support/scriptedServer.ts';

const SECRET = 'patient-4711';
const CONTENT = [{ type: 'text', text: SECRET }];

function answers(status: number, type: string, body: (id: unknown) => unknown): Script {
  return (seen, response) => {
    const value = body(seen.message.id);
    response.writeHead(status, type === '' ? {} : { 'content-type': type });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };
}

const rpc = (members: object) => (id: unknown) => ({ jsonrpc: '2.0', id, ...members });
const results = (result: unknown): Script => answers(200, 'application/json', rpc({ result }));

/** Answers to a tool call that are no good, and what is said of them. */
const MALFORMED: [string, Script, string][] = [
  ['content that is a text', results({ content: SECRET }), 'content is not a list'],
  ['content with a text', results({ content: [...CONTENT, SECRET] }), 'content[1] is not an object'],
  ['content with a number', results({ content: [1.5] }), 'content[0] is not an object'],
  [
    'content without a type',
    results({ content: [...CONTENT, ...CONTENT, { text: SECRET }] }),
    'content[2].type is missing',
  ],
  ['content with null for a type', results({ content: [{ type: null, text: SECRET }] }), 'content[0].type is missing'],
  ['content with a list for a type', results({ content: [{ type: [SECRET] }] }), 'content[0].type is not a text'],
  ['isError that is a text', results({ content: CONTENT, isError: SECRET }), 'isError is not true or false'],
  ['a result that is a list', results(CONTENT), 'result is not an object'],
  ['a result that is a text', results(SECRET), 'result is not an object'],
  [
    'another version',
    answers(200, 'application/json', (id) => ({ id, result: { content: CONTENT } })),
    'jsonrpc is not "2.0"',
  ],
  [
    'an id that is an object',
    answers(200, 'application/json', () => ({ jsonrpc: '2.0', id: { SECRET }, result: {} })),
    'id is neither',
  ],
  [
    'no message',
    answers(200, 'application/json', () => ({ jsonrpc: '2.0', content: CONTENT })),
    'method, result and error are missing',
  ],
  ['another id', answers(200, 'application/json', () => rpc({ result: { content: CONTENT } })(4711)), 'something else'],
  [
    'half a result',
    answers(200, 'application/json', (id) => JSON.stringify(rpc({ result: { content: CONTENT } })(id)).slice(0, -3)),
    'half a JSON document',
  ],
  ['a result as text', answers(200, 'text/plain', () => SECRET), 'content of type text/plain'],
  ['a result as nothing in particular', answers(200, '', () => SECRET), 'without a content type'],
  ['a result with HTTP 500', answers(500, 'application/json', rpc({ result: { content: CONTENT } })), 'HTTP 500'],
  ['a result with HTTP 418', answers(418, 'application/json', rpc({ result: { content: CONTENT } })), 'HTTP 418'],
  [
    'a malformed event',
    (seen, response) => stream(response, event(rpc({ result: SECRET })(seen.message.id))).end(),
    'result is not an object',
  ],
];

describe.each([
  ['modern', modernScript],
  ['legacy', legacyScript],
] as const)('the error of a call to a %s server', (_era, script) => {
  it.each(MALFORMED)(
    'says what is wrong with %s, and quotes nothing of it [mcp-results-are-nobody-elses]',
    async (_case, call, words) => {
      await using server = await startScriptedServer(script({ 'tools/call': call }));
      await using client = await connect(server.url);
      const tool = { name: 'greet', inputSchema: {} };
      const error = await failure(callTool(client, { name: 'greet', args: { secret: SECRET } }, { tool }));
      expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining(words) });
      const { message, stack, cause, data } = error as Error & { data: object };
      expect(JSON.stringify([message, stack, String(cause), data])).not.toContain(SECRET);
    },
  );
});
