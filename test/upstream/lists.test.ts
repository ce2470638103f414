import { describe, expect, it } from 'vitest';
import { listPrompts, listResourceTemplates, listResources, listTools } from '../../src/upstream/catalogue.ts';
import { connect, failure } from './support/connect.ts';
import {
  legacyScript,
  modernScript,
  result,
  rpcError,
  startScriptedServer,
  TOOL,
  type Script,
} from './support/scriptedServer.ts';
import { describeRejections, type Rejected } from '../../src/upstream/rejections.ts';

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
    const listing = await listTools(client);
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
    expect(await listTools(client)).toEqual({ items: [], ttlMs: 0, cacheScope: 'private' });
  });

  it('goes without its bad items', async () => {
    const rejected: Rejected[] = [];
    const list = pages('tools', { '-': { tools: [{ name: 'schemaless' }, 42, TOOL] } });
    await using server = await startScriptedServer(modernScript({ 'tools/list': list }));
    await using client = await connect(server.url);
    expect((await listTools(client, { onRejected: (item) => rejected.push(item) })).items).toEqual([TOOL]);
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
    expect((await listPrompts(client)).items).toEqual([]);
    expect((await listResourceTemplates(client)).items).toEqual([]);
    expect(server.methods).toEqual(['server/discover', 'resources/templates/list']);
  });

  const B = { name: 'b', inputSchema: {} };
  const C = { name: 'c', inputSchema: {} };
  const schemaless = { name: 'schemaless' };

  it.each<[string, Record<string, object>, object[]]>([
    ['on every page, whatever is asked for', { '-': { tools: [TOOL, B], nextCursor: '' } }, [TOOL, B]],
    ['on the last page', { '-': { tools: [TOOL], nextCursor: 'b' }, b: { tools: [B], nextCursor: '' } }, [TOOL, B]],
    [
      'on every page but for the first one',
      {
        '-': { tools: [TOOL], nextCursor: 'b' },
        b: { tools: [B], nextCursor: '' },
        '': { tools: [C], nextCursor: '' },
      },
      [TOOL, B, C],
    ],
    ['before an empty page', { '-': { tools: [TOOL], nextCursor: '' }, '': { tools: [], nextCursor: '' } }, [TOOL]],
    ['beside what is left out', { '-': { tools: [TOOL, schemaless], nextCursor: '' } }, [TOOL]],
    ['with nothing', { '-': { tools: [], nextCursor: '' } }, []],
    ['as null', { '-': { tools: [TOOL], nextCursor: null } }, [TOOL]],
  ])(
    'ends with an empty cursor that a server sends %s [mcp-list-keeps-what-was-read]',
    async (_case, byCursor, items) => {
      // What is not there the server answers with its first page, as one does that takes no cursor.
      const script = pages('tools', { '': byCursor['-'] ?? {}, ...byCursor });
      for (const era of [legacyScript, modernScript]) {
        await using server = await startScriptedServer(era({ 'tools/list': script }));
        await using client = await connect(server.url);
        const listing = await listTools(client);
        expect(listing.items).toEqual(items);
        expect(listing.leftOut?.count).toBe(_case === 'beside what is left out' ? 1 : undefined);
      }
    },
  );

  it('ends with an empty cursor that the server itself objects to', async () => {
    const script: Script = (seen, response) => {
      if (seen.message.params?.['cursor'] === '')
        rpcError(seen, response, 200, { code: -32602, message: 'Invalid cursor' });
      else result(seen, response, { tools: [TOOL], nextCursor: '' });
    };
    await using server = await startScriptedServer(legacyScript({ 'tools/list': script }));
    await using client = await connect(server.url);
    expect((await listTools(client)).items).toEqual([TOOL]);
  });

  it('that goes in circles keeps what was read, and says so [mcp-list-keeps-what-was-read]', async () => {
    const rejected: Rejected[] = [];
    const circle = pages('tools', { '-': { tools: [TOOL], nextCursor: 'a' }, a: { tools: [B], nextCursor: 'a' } });
    await using server = await startScriptedServer(modernScript({ 'tools/list': circle }));
    await using client = await connect(server.url);
    const listing = await listTools(client, { onRejected: (item) => rejected.push(item) });
    expect(listing.items).toEqual([TOOL, B]);
    expect(listing.leftOut).toEqual({ count: 1, first: rejected });
    expect(rejected).toMatchObject([
      { list: 'tools', name: undefined, reason: expect.stringContaining('repeats a page') },
    ]);
  });

  it('names what it leaves out, and which member is wrong [mcp-left-out-is-named]', async () => {
    const tools = [
      schemaless,
      { name: 'null', inputSchema: null },
      { name: 'text', inputSchema: 'secret content' },
      { name: 'number', inputSchema: 1.5 },
      { inputSchema: {} },
      { name: '', inputSchema: {} },
      [TOOL],
      ...Array.from({ length: 100 }, (_, at) => ({ name: `more-${at}\u202e` })),
    ];
    const prompts = [{ title: 'x' }, { name: 'p', description: null, arguments: null }];
    const resources = [{ name: 'no uri' }, { uri: 'a:b' }, { name: 'r', uri: 'a:b', annotations: null, _meta: null }];
    const script = modernScript({
      'tools/list': pages('tools', { '-': { tools } }),
      'prompts/list': pages('prompts', { '-': { prompts } }),
      'resources/list': pages('resources', { '-': { resources } }),
    });
    await using server = await startScriptedServer(script);
    await using client = await connect(server.url);
    const { items, leftOut } = await listTools(client);
    expect(items).toEqual([]);
    expect(leftOut?.count).toBe(107);
    expect(leftOut?.first).toHaveLength(20);
    expect(leftOut?.first.slice(0, 8).map(({ name, reason }) => [name, reason])).toEqual([
      ['schemaless', 'its inputSchema is missing'],
      ['null', 'its inputSchema is missing'],
      ['text', 'its inputSchema is not an object'],
      ['number', 'its inputSchema is not an object'],
      [undefined, 'its name is missing'],
      [undefined, 'its name is not a text that is not empty'],
      [undefined, 'it is not an object'],
      ['more-0\\u{202e}', 'its inputSchema is missing'],
    ]);
    const listed = [await listPrompts(client), await listResources(client)];
    expect(listed.map(({ items }) => items)).toEqual([[prompts[1]], [resources[2]]]);
    expect(listed.map(({ leftOut }) => leftOut && describeRejections(leftOut))).toEqual([
      'some of its prompts (its name is missing)',
      'no uri (its uri is missing), a:b (its name is missing)',
    ]);
    expect(leftOut && describeRejections(leftOut)).toMatch(/, 87 more$/);
  });

  it('is not asked for where the server offers null', async () => {
    const discover: Script = (seen, response) =>
      result(seen, response, {
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {}, prompts: null, resources: null },
        instructions: null,
        _meta: { 'io.modelcontextprotocol/serverInfo': null },
      });
    await using server = await startScriptedServer(modernScript({ 'server/discover': discover }));
    await using client = await connect(server.url);
    expect([client.facts.instructions, client.facts.serverInfo]).toEqual([undefined, undefined]);
    expect((await listPrompts(client)).items).toEqual([]);
    expect((await listResources(client)).items).toEqual([]);
    expect((await listTools(client)).items).toEqual([TOOL]);
    expect(server.methods).toEqual(['server/discover', 'tools/list']);
  });

  it('that has no end or is too large is an error', async () => {
    let page = 0;
    const endless: Script = (seen, response) => result(seen, response, { prompts: [], nextCursor: String(++page) });
    const many = Array.from({ length: 20_001 }, (_, n) => ({ name: `r${n}`, uri: 'a:b' }));
    const large: Script = (seen, response) => result(seen, response, { resources: many });
    await using server = await startScriptedServer(modernScript({ 'prompts/list': endless, 'resources/list': large }));
    await using client = await connect(server.url);
    expect(await failure(listPrompts(client))).toMatchObject({ code: 'upstream-too-large' });
    expect(page).toBe(200);
    expect(await failure(listResources(client))).toMatchObject({ code: 'upstream-too-large' });
  });

  it('has a bound on the bytes of all its pages together', async () => {
    const filler = 'x'.repeat(15 * 1024 * 1024);
    let page = 0;
    const heavy: Script = (seen, response) => result(seen, response, { tools: [], nextCursor: String(++page), filler });
    await using server = await startScriptedServer(modernScript({ 'tools/list': heavy }));
    await using client = await connect(server.url);
    expect(await failure(listTools(client))).toMatchObject({ code: 'upstream-too-large' });
    expect(page).toBe(5);
  });
});
