import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { compileGrants } from '../../../src/access/grants.ts';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import { event, result, rpcError, stream, type Script } from '../support/scriptedServer.ts';
import { collect, manyServers, tool, type Offer } from './manyServers.ts';

const UI = 'io.modelcontextprotocol/ui';
const SKILLS = 'io.modelcontextprotocol/skills';
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const app = (more: JsonObject = {}): JsonObject =>
  tool('show', {
    _meta: { ui: { resourceUri: 'ui://app/main', visibility: ['app'] }, 'com.example/x': 'ui://x' },
    ...more,
  });

/** A server with one interface, one skill, and what names them; each has the same URIs. */
function offerOf(name: string): Offer {
  const skill = `---\nname: refunds\ndescription: ${name}\n---\n`;
  const files = [{ uri: 'skill://refunds/SKILL.md', digest: digestOf(skill), size: skill.length }];
  const entry = {
    uri: 'skill://refunds/SKILL.md',
    frontmatter: { name: 'refunds', description: name },
    resources: files,
  };
  const reads: Script = (seen, response) => {
    const uri = String(seen.message.params?.['uri']);
    if (uri.startsWith('db://')) {
      rpcError(seen, response, 200, { code: -32_602, message: `no ${uri}`, data: { uri } });
      return;
    }
    result(seen, response, { resultType: 'complete', contents: [{ uri, text: `${name} ${uri}` }], ttlMs: 0 });
  };
  return {
    tools: [app()],
    resources: [
      { uri: 'ui://app/main', name: 'main', mimeType: 'text/html;profile=mcp-app' },
      { uri: 'db://both', name: 'both' },
    ],
    resourceTemplates: [{ uriTemplate: 'ui://app/{page}', name: 'pages' }],
    capabilities: {
      tools: {},
      resources: { subscribe: true },
      extensions: { [SKILLS]: { directoryRead: true }, [UI]: {}, 'com.example/own': { x: 1 } },
    },
    instructions: 'Read skill://refunds/SKILL.md first.',
    methods: {
      'tools/call': (seen, response) =>
        result(seen, response, {
          resultType: 'complete',
          content: [
            { type: 'text', text: 'ui://app/main' },
            { type: 'resource_link', uri: 'ui://app/main', name: name },
            { type: 'resource', resource: { uri: 'skill://refunds/SKILL.md', text: '' } },
          ],
          structuredContent: { uri: 'ui://app/main' },
          _meta: { 'ui/resourceUri': 'ui://app/main', 'com.example/x': ['ui://app/main'] },
        }),
      'resources/read': reads,
      'skills/list': (seen, response) =>
        result(seen, response, { resultType: 'complete', skills: [entry], ttlMs: 5_000, cacheScope: 'public' }),
      'skills/get': (seen, response) =>
        seen.message.params?.['uri'] === entry.uri
          ? result(seen, response, { resultType: 'complete', skill: entry, ttlMs: 0, cacheScope: 'private' })
          : rpcError(seen, response, 200, { code: -32_602, message: 'no skill' }),
      'resources/directory/read': (seen, response) =>
        result(seen, response, {
          resultType: 'complete',
          resources: [{ uri: 'skill://refunds/SKILL.md', name: 'SKILL.md' }],
        }),
    },
  };
}

describe.each(['legacy', 'modern'] as const)('an aggregate of %s servers that have the same URIs', (era) => {
  const world = async () => {
    const many = manyServers(era);
    const a = await many.add('a', offerOf('a'));
    const b = await many.add('b', offerOf('b'));
    return { many, a, b, [Symbol.asyncDispose]: () => many[Symbol.asyncDispose]() };
  };

  test('names the server of each interface, in tools, lists, templates, results and what is read [aggregate-uris]', async () => {
    await using at = await world();
    const { many, a, b } = at;
    const { result: tools } = await many.ask('tools/list');
    const meta = { ui: { resourceUri: 'ui://b/app/main', visibility: ['app'] }, 'com.example/x': 'ui://x' };
    expect((tools?.['tools'] as JsonObject[])[1]).toEqual({ ...app(), name: 'b__show', _meta: meta });
    const { result: listed } = await many.ask('resources/list');
    expect((listed?.['resources'] as JsonObject[]).map(({ uri }) => uri)).toEqual([
      'db://both',
      'ui://a/app/main',
      'ui://b/app/main',
    ]);
    const { result: templates } = await many.ask('resources/templates/list');
    expect(templates?.['resourceTemplates']).toMatchObject([
      { uriTemplate: 'ui://a/app/{page}' },
      { uriTemplate: 'ui://b/app/{page}' },
    ]);
    const { result: called } = await many.ask('tools/call', { name: 'b__show' });
    expect(called).toMatchObject({
      content: [
        { type: 'text', text: 'ui://app/main' },
        { type: 'resource_link', uri: 'ui://b/app/main' },
        { type: 'resource', resource: { uri: 'skill://b/refunds/SKILL.md' } },
      ],
      structuredContent: { uri: 'ui://app/main' },
      _meta: { 'ui/resourceUri': 'ui://b/app/main', 'com.example/x': ['ui://app/main'] },
    });
    for (const name of ['a', 'b']) {
      const uri = `ui://${name}/app/main`;
      const { result: read } = await many.ask('resources/read', { uri });
      expect(read).toMatchObject({ contents: [{ uri, text: `${name} ui://app/main` }] });
    }
    expect(a.methods.filter((method) => method === 'resources/read')).toHaveLength(1);
    expect(b.methods.filter((method) => method === 'resources/read')).toHaveLength(1);
    const completed = {
      ref: { type: 'ref/resource', uri: 'ui://b/app/{page}' },
      argument: { name: 'page', value: '' },
    };
    await many.ask('completion/complete', completed);
    expect(b.seen.at(-1)?.message.params).toMatchObject({ ref: { uri: 'ui://app/{page}' } });
  });

  test.each([
    'ui://app/main',
    'ui://c/app/main',
    'ui://a',
    'ui:///app/main',
    'skill://refunds/SKILL.md',
    'UI://app/main',
  ])('leads %s nowhere, for it names none of them [aggregate-uris]', async (uri) => {
    await using at = await world();
    const { many, a, b } = at;
    expect((await many.ask('resources/read', { uri })).error).toMatchObject({ data: { uri } });
    expect([...a.methods, ...b.methods]).not.toContain('resources/read');
  });

  test('names a resource in an error as the client has, and the one that both list as before [aggregate-uris]', async () => {
    await using at = await world();
    const uri = 'db://both';
    expect((await at.many.ask('resources/read', { uri })).error).toMatchObject({
      message: 'no db://both',
      data: { uri },
    });
    expect(at.a.methods).toContain('resources/read');
    expect(at.b.methods).not.toContain('resources/read');
  });

  test('lists all skills with their digests, and gets each from its own server [aggregate-skills]', async () => {
    await using at = await world();
    const { many } = at;
    const { result: listed } = await many.ask('skills/list');
    const entryOf = (name: string) => {
      const text = `---\nname: refunds\ndescription: ${name}\n---\n`;
      const uri = `skill://${name}/refunds/SKILL.md`;
      const resources = [{ uri, digest: digestOf(text), size: text.length }];
      return { uri, frontmatter: { name: 'refunds', description: name }, resources };
    };
    expect(listed).toMatchObject({ skills: [entryOf('a'), entryOf('b')] });
    if (era === 'modern') expect(listed).toMatchObject({ resultType: 'complete', cacheScope: 'private', ttlMs: 5_000 });
    for (const name of ['a', 'b']) {
      const { uri } = entryOf(name);
      expect((await many.ask('skills/get', { uri })).result).toMatchObject({ skill: entryOf(name) });
      const directory = await many.ask('resources/directory/read', { uri: `skill://${name}/refunds` });
      expect(directory.result).toMatchObject({ resources: [{ uri }] });
      expect((await many.ask('resources/read', { uri })).result).toMatchObject({ contents: [{ uri }] });
    }
    for (const uri of ['skill://refunds/SKILL.md', 'skill://a/other/SKILL.md', 'db://both', 7]) {
      expect((await many.ask('skills/get', { uri })).error?.code).toBe(-32_602);
    }
  });

  test('serves a skill of another scheme under its server, too [aggregate-skills]', async () => {
    await using many = manyServers(era);
    const uri = 'github://acme/refunds/SKILL.md';
    const entry = { uri, frontmatter: { name: 'refunds', description: 'x' }, resources: 'dynamic' };
    for (const name of ['a', 'b']) {
      await many.add(name, {
        resources: [],
        capabilities: { resources: {}, extensions: { [SKILLS]: {} } },
        methods: {
          'skills/list': (seen, response) => result(seen, response, { resultType: 'complete', skills: [entry] }),
          'resources/read': (seen, response) =>
            result(seen, response, {
              resultType: 'complete',
              contents: [{ uri: seen.message.params?.['uri'], text: name }],
            }),
        },
      });
    }
    const { result: listed } = await many.ask('skills/list');
    const uris = (listed?.['skills'] as { uri: string }[]).map((skill) => skill.uri);
    expect(uris).toEqual([`skill://a/~/${uri}`, `skill://b/~/${uri}`]);
    for (const [at, exposed] of uris.entries()) {
      const { result: read } = await many.ask('resources/read', { uri: exposed });
      expect(read).toMatchObject({ contents: [{ uri: exposed, text: 'ab'[at] }] });
    }
    // Directories were not declared.
    expect((await many.ask('resources/directory/read', { uri: 'skill://a/~/github://acme/refunds' })).error?.code).toBe(
      -32_602,
    );
  });

  test('shows a key with tool grants no interface, and no skill [aggregate-grants]', async () => {
    await using many = manyServers(era);
    const grant = compileGrants(['a:show']).forServer('a');
    const a = await many.add('a', offerOf('a'), grant === undefined ? {} : { grant });
    const { result: tools } = await many.ask('tools/list');
    const meta = { ui: { visibility: ['app'] }, 'com.example/x': 'ui://x' };
    expect(tools?.['tools']).toEqual([{ ...app(), name: 'a__show', _meta: meta }]);
    const { result: called } = await many.ask('tools/call', { name: 'a__show' });
    expect(called?.['_meta']).not.toHaveProperty('ui/resourceUri');
    expect((await many.ask('skills/list')).result).toMatchObject({ skills: [] });
    for (const method of ['resources/read', 'skills/get', 'resources/directory/read']) {
      expect((await many.ask(method, { uri: 'skill://a/refunds/SKILL.md' })).error).toBeDefined();
    }
    expect(a.methods.filter((method) => /^(resources|skills)\/(read|get|directory)/.test(method))).toEqual([]);
    expect((await many.aggregate.introduce()).capabilities).not.toHaveProperty('extensions');
  });

  test('declares the extensions that it can route, and writes the URIs of instructions [aggregate-extensions]', async () => {
    await using at = await world();
    const { capabilities, instructions } = await at.many.aggregate.introduce();
    expect(capabilities['extensions']).toEqual({ [SKILLS]: { directoryRead: true }, [UI]: {} });
    expect(instructions).toBe(
      '# a\n\nRead skill://a/refunds/SKILL.md first.\n\n# b\n\nRead skill://b/refunds/SKILL.md first.',
    );
  });

  test('tells who watches an interface of its changes under its own URI [aggregate-uris]', async () => {
    await using at = await world();
    const { many, a, b } = at;
    const updated = { jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri: 'ui://app/main' } };
    const uri = 'ui://b/app/main';
    if (era === 'legacy') {
      await many.ask('resources/subscribe', { uri });
      expect(b.seen.at(-1)?.message).toMatchObject({ method: 'resources/subscribe', params: { uri: 'ui://app/main' } });
      expect(a.methods).not.toContain('resources/subscribe');
      await many.ask('resources/unsubscribe', { uri });
      expect(b.seen.at(-1)?.message).toMatchObject({
        method: 'resources/unsubscribe',
        params: { uri: 'ui://app/main' },
      });
      return;
    }
    const filters: unknown[] = [];
    for (const name of ['a', 'b']) {
      await many.add(name, {
        ...offerOf(name),
        methods: {
          ...offerOf(name).methods,
          'subscriptions/listen': (seen, response) => {
            if (name === 'b') filters.push(seen.message.params?.['notifications']);
            stream(response, event({ jsonrpc: '2.0', method: 'notifications/subscriptions/acknowledged', params: {} }));
            if (name === 'b') response.write(event(updated));
          },
        },
      });
    }
    const ending = new AbortController();
    const heard: unknown[] = [];
    const filter = { resourceSubscriptions: [uri] };
    for await (const message of many.aggregate.listen({ signal: ending.signal, filter })) {
      heard.push(message.kind === 'notification' ? message.notification : message);
      if (heard.length === 2) ending.abort();
    }
    expect(heard).toMatchObject([
      { params: { notifications: { resourceSubscriptions: [uri] } } },
      { method: 'notifications/resources/updated', params: { uri } },
    ]);
    expect(filters).toEqual([{ resourceSubscriptions: ['ui://app/main'] }]);
  });

  test('passes a large interface on, under its own URI [aggregate-uris]', async () => {
    await using many = manyServers(era);
    const text = '<p title="a\\b">ü</p>'.repeat(40_000);
    const offer = offerOf('a');
    await many.add('a', {
      ...offer,
      methods: {
        ...offer.methods,
        'resources/read': (seen, response) =>
          result(seen, response, { resultType: 'complete', contents: [{ uri: 'ui://app/main', text }], ttlMs: 0 }),
      },
    });
    await many.add('b', {});
    const messages = await collect(
      many.aggregate.ask({ method: 'resources/read', params: { uri: 'ui://a/app/main' } }),
    );
    const answer = messages.at(-1);
    const got = answer?.kind === 'response' && 'result' in answer.response ? answer.response.result : {};
    expect(got).toMatchObject({ contents: [{ uri: 'ui://a/app/main', text }] });
  });
});
