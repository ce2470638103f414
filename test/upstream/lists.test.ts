import { describe, expect, it } from 'vitest';
import { connect, failure } from './support/connect.ts';
import { modernScript, result, rpcError, startScriptedServer, TOOL, type Script } from './support/scriptedServer.ts';
import type { Rejected } from '../../src/upstream/lists.ts';

/** Answers with the page that the cursor names; the first page has the cursor `-`. */
function pages(list: string, byCursor: Record<string, object>): Script {
  return (seen, response) => {
    const { cursor } = seen.message.params ?? {};
    result(seen, response, byCursor[typeof cursor === 'string' ? cursor : '-'] ?? { [list]: [] });
  };
}

describe('a list', () => {
  it('is read to its last page, an empty cursor included, and items stay as they came', async () => {
    const second = {
      annotations: { title: 'T' },
      name: 'second',
      'x-vendor': [1],
      inputSchema: { $ref: '#/$defs/a', $defs: {} },
    };
    const list = pages('tools', {
      '-': { tools: [TOOL], nextCursor: '', ttlMs: 5000, cacheScope: 'public' },
      '': { tools: [second], nextCursor: 'z', ttlMs: 3000, cacheScope: 'public' },
      z: { tools: [], ttlMs: 4000, cacheScope: 'public' },
    });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url);
    const listing = await client.listTools();
    expect(listing).toEqual({ items: [TOOL, second], ttlMs: 3000, cacheScope: 'public' });
    expect(JSON.stringify(listing.items[1])).toBe(JSON.stringify(second));
  });

  it('is private when one page is, or says nothing', async () => {
    const list = pages('tools', {
      '-': { tools: [], nextCursor: 'b', ttlMs: 5000, cacheScope: 'public' },
      b: { tools: [] },
    });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url);
    expect(await client.listTools()).toEqual({ items: [], ttlMs: 0, cacheScope: 'private' });
  });

  it('goes without its bad items', async () => {
    const rejected: Rejected[] = [];
    const list = pages('tools', { '-': { tools: [{ name: 'schemaless' }, 42, TOOL] } });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url, { onRejected: (item) => rejected.push(item) });
    expect((await client.listTools()).items).toEqual([TOOL]);
    expect(rejected.map(({ name }) => name)).toEqual(['schemaless', undefined]);
  });

  it('is not asked for when the server does not offer the group, and empty when it does not know the list', async () => {
    const discover: Script = (seen, response) =>
      result(seen, response, { supportedVersions: ['2026-07-28'], capabilities: { resources: {} } });
    const templates: Script = (seen, response) => rpcError(seen, response, 404, { code: -32601, message: 'no' });
    await using server = await startScriptedServer(
      modernScript({ 'server/discover': discover, 'resources/templates/list': templates }),
    );
    await using client = await connect(server.url);
    expect((await client.listPrompts()).items).toEqual([]);
    expect((await client.listResourceTemplates()).items).toEqual([]);
    expect(server.methods).toEqual(['server/discover', 'resources/templates/list']);
  });

  it('that goes in circles, has no end or is too large is an error', async () => {
    const circle = pages('tools', { '-': { tools: [], nextCursor: 'a' }, a: { tools: [], nextCursor: 'a' } });
    let page = 0;
    const endless: Script = (seen, response) => result(seen, response, { prompts: [], nextCursor: String(++page) });
    const many = Array.from({ length: 20_001 }, (_, n) => ({ name: `r${n}`, uri: 'a:b' }));
    const large: Script = (seen, response) => result(seen, response, { resources: many });
    await using server = await startScriptedServer(
      modernScript({ 'tools/list': circle, 'prompts/list': endless, 'resources/list': large }),
    );
    await using client = await connect(server.url);
    expect(await failure(client.listTools())).toMatchObject({ code: 'upstream-not-mcp' });
    expect(await failure(client.listPrompts())).toMatchObject({ code: 'upstream-too-large' });
    expect(page).toBe(200);
    expect(await failure(client.listResources())).toMatchObject({ code: 'upstream-too-large' });
  });

  it('has a bound on the bytes of all its pages together', async () => {
    const filler = 'x'.repeat(15 * 1024 * 1024);
    let page = 0;
    const heavy: Script = (seen, response) => result(seen, response, { tools: [], nextCursor: String(++page), filler });
    await using server = await startScriptedServer(modernScript({ 'tools/list': heavy }));
    await using client = await connect(server.url);
    expect(await failure(client.listTools())).toMatchObject({ code: 'upstream-too-large' });
    expect(page).toBe(5);
  });
});
