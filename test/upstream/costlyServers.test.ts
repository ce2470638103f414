import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/upstream/catalogue.ts';
import { callTool } from '../../src/upstream/callTool.ts';
import { connect, failure } from './support/connect.ts';
import { legacyScript, modernScript, startScriptedServer, stream, type Script } from './support/scriptedServer.ts';

// Answers that cost more than their bytes tell.

const json =
  (text: string, headers: Record<string, string> = {}): Script =>
  (_seen, response) =>
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
const many = (count: number, item: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => item(at)).join(',');
const members = `{${many(300_000, (at) => `"k${at}":1`)}}`;
const deep = `{"jsonrpc":"2.0","id":2,"result":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
const numbers = many(400_000, () => '1');
const wrongContent: Script = (seen, response) => {
  json(`{"jsonrpc":"2.0","id":${seen.message.id},"result":{"content":[${numbers}]}}`)(seen, response);
};

/** Writes the same for as long as the client reads. */
const endless =
  (text: string, start = ''): Script =>
  (_seen, response) => {
    stream(response, start);
    const piece = text.repeat(8_192);
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
  };

const COSTLY: [string, Script, string][] = [
  ['sends an event of very many lines', endless('data: a\n'), 'upstream-too-large'],
  ['sends an event of very many empty lines of data', endless('data\r'), 'upstream-too-large'],
  ['sends a comment of very many lines', endless(':\n'), 'upstream-too-large'],
  ['sends ids without an end', endless('id: 1\r\n'), 'upstream-too-large'],
  ['sends an id without an end', endless('xxxxxxxx', 'id: '), 'upstream-too-large'],
  ['sends a field that nobody knows without an end', endless('xxxxxxxx', 'x: '), 'upstream-too-large'],
  ['answers with very many members', json(members), 'upstream-too-large'],
  ['answers with very many values', json(`[${many(600_000, () => '{}')}]`), 'upstream-too-large'],
  ['answers with very deep nesting', json(deep), 'upstream-too-large'],
  ['answers with very deep nesting after a byte order mark', json(`\uFEFF${deep}`), 'upstream-too-large'],
  [
    'sends very many members in an event',
    (_, response) => void stream(response, `data: ${members}\n\n`),
    'upstream-too-large',
  ],
  ['answers a tool call with half a million of what it must not', wrongContent, 'upstream-not-mcp'],
  ['compresses its answer', json('\x1f\x8b', { 'content-encoding': 'gzip' }), 'upstream-not-mcp'],
];

describe.each([
  ['modern', modernScript],
  ['legacy', legacyScript],
] as const)('a call to a %s server that', (era, script) => {
  it.each(COSTLY)('%s fails clearly, and leaves nothing behind', async (_name, call, code) => {
    await using server = await startScriptedServer(script({ 'tools/call': call, GET: call }));
    const held = { bytes: 0 };
    const leaseRoom = () => {
      let own = 0;
      const grow = (bytes: number): void => {
        held.bytes += bytes;
        own += bytes;
      };
      return { grow, release: () => grow(-own) };
    };
    const client = await connect(server.url, { era, leaseRoom });
    const before = held.bytes;
    const error = await failure(
      callTool(client, { name: 'greet', args: {} }, { tool: { name: 'greet', inputSchema: {} } }),
    );
    expect(error).toMatchObject({ kind: 'unavailable', code, data: { server: 'github' } });
    expect(String(error).length).toBeLessThan(400);
    if (code === 'upstream-too-large') expect(held.bytes).toBe(before);
    // The server still serves other calls of the same client.
    expect((await listTools(client)).items).toHaveLength(1);
    await expect.poll(() => server.open).toBe(0);
    await client[Symbol.asyncDispose]();
    await expect.poll(() => server.connections.size).toBe(0);
  });
});
