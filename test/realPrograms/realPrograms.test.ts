import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOfResult } from '../clients/results.ts';
import type { TestClient } from '../clients/testClient.ts';
import { v1Client } from '../clients/v1Client.ts';
import { v2LegacyClient, v2ModernClient } from '../clients/v2Client.ts';
import { EndpointClient } from '../gateway/stdio/world.ts';
import { connectByMcpRemote, type ConnectedClient } from './mcpRemote.ts';
import { areInstalled, CLIENTS } from './packages.ts';
import { runClient } from './runClient.ts';
import { startRealServers, type RealServers } from './world.ts';

if (!areInstalled) {
  process.stderr.write('left out: servers and clients of others; `npm ci --prefix test/realPrograms` installs them\n');
}

const ALL_SERVERS = ['context7', 'files', 'http', 'memory', 'slow', 'sse', 'stdio', 'thinking', 'tmcp'];

/** One client stores it once, and all find it: server-memory loses what is stored at the same time. */
const REMEMBERED = { name: 'Ada', entityType: 'person', observations: ['writes programs'] };

const CHANGED = 'notifications/tools/list_changed';

describe.skipIf(!areInstalled)('one gateway with servers as their users install them', () => {
  let world: RealServers;
  let clients: {
    readonly sdk: TestClient;
    readonly legacy: TestClient;
    readonly modern: TestClient;
    readonly remote: ConnectedClient;
  };
  let stack: AsyncDisposableStack;
  const endpoint = (server?: string) => ({
    url: `${world.gateway.url}/mcp${server === undefined ? '' : `/${server}`}`,
    headers: { authorization: `Bearer ${world.apiKey}` },
  });
  beforeAll(async () => {
    if (!areInstalled) return;
    await using opened = new AsyncDisposableStack();
    world = opened.use(await startRealServers());
    const [sdk, legacy, modern, remote] = await Promise.all([
      v1Client.connect(endpoint()),
      v2LegacyClient.connect(endpoint()),
      v2ModernClient.connect(endpoint()),
      connectByMcpRemote(world.home, endpoint()),
    ]);
    clients = { sdk, legacy, modern, remote };
    await sdk.callTool('memory__create_entities', { entities: [REMEMBERED] });
    for (const client of [sdk, legacy, modern, remote]) opened.use(client);
    stack = opened.move();
  });
  afterAll(() => stack?.disposeAsync());

  const namesOf = async (client: ConnectedClient) => (await client.listTools()).map(({ name }) => name);
  const serversOf = async (client: ConnectedClient) => [
    ...new Set((await namesOf(client)).map((name) => name.slice(0, name.indexOf('__')))),
  ];

  test('one that takes long to start keeps nobody waiting, and shows when it is there [mcp-real-programs] [aggregate-one-broken] [aggregate-list-changed]', async () => {
    const { sdk } = clients;
    await expect.poll(() => serversOf(sdk)).toEqual(ALL_SERVERS.filter((name) => name !== 'slow'));
    const told = sdk.notifications.length;
    await world.letSlowStart();
    await expect.poll(() => sdk.notifications.slice(told).map(({ method }) => method)).toContain(CHANGED);
    await expect.poll(() => serversOf(sdk)).toEqual(ALL_SERVERS);
  });

  test('offers at /mcp what each of them offers, as server__tool, and nothing else [mcp-real-programs] [aggregate-names]', async () => {
    const lists = await Promise.all(
      ALL_SERVERS.map(async (server) => {
        await using client = await v1Client.connect(endpoint(server));
        // Of what it offers some come when it knows what its client can be asked.
        if (['http', 'sse', 'stdio'].includes(server)) {
          await expect.poll(async () => (await client.listTools()).length).toBeGreaterThan(13);
        }
        const tools = await client.listTools();
        expect(tools.length, server).toBeGreaterThan(0);
        return tools.map((tool) => ({ ...tool, name: `${server}__${tool.name}` }));
      }),
    );
    const byName = (one: { name: string }, other: { name: string }) => (one.name < other.name ? -1 : 1);
    await expect
      .poll(async () => (await clients.sdk.listTools()).toSorted(byName))
      .toEqual(lists.flat().toSorted(byName));
  });

  describe.concurrent('at the same time', () => {
    /** Uses each server, as the client of that name, and checks what it did. */
    async function useEachServer(client: ConnectedClient, name: string): Promise<void> {
      const call = async (tool: string, args: Record<string, unknown> = {}) =>
        textOfResult(await client.callTool(tool, args));
      for (const server of ['http', 'sse', 'stdio']) {
        expect(await call(`${server}__echo`, { message: `${server} of ${name}` })).toBe(`Echo: ${server} of ${name}`);
      }
      const path = join(world.folder, `${name}.txt`);
      await call('files__write_file', { path, content: `from ${name}` });
      expect(await readFile(path, 'utf8')).toBe(`from ${name}`);
      expect(await call('files__read_text_file', { path })).toBe(`from ${name}`);
      const remembered = await call('memory__open_nodes', { names: [REMEMBERED.name] });
      expect(JSON.parse(remembered)).toMatchObject({ entities: [REMEMBERED] });
      const thought = { thought: 'Is it there?', thoughtNumber: 1, totalThoughts: 2, nextThoughtNeeded: true };
      expect(JSON.parse(await call('thinking__sequentialthinking', thought))).toMatchObject({ totalThoughts: 2 });
      expect(await call('tmcp__greet', { name })).toBe(`Hello, ${name}!`);
      expect(await call('slow__open')).toBe('open at last');
    }

    test('@modelcontextprotocol/sdk calls each of them, and is asked by them [mcp-real-programs]', async () => {
      await useEachServer(clients.sdk, 'sdk');
      const sampled = await clients.sdk.callTool('stdio__trigger-sampling-request', { prompt: 'Sing!', maxTokens: 10 });
      expect(textOfResult(sampled)).toContain('You said');
      expect(clients.sdk.asked.map(({ method }) => method)).toContain('roots/list');
    });

    test('@modelcontextprotocol/client calls each of them [mcp-real-programs]', () =>
      useEachServer(clients.legacy, 'client'));

    test('a client of stdio calls each of them by mcp-remote [mcp-real-programs]', () =>
      useEachServer(clients.remote, 'mcp-remote'));

    test('@modelcontextprotocol/client of 2026-07-28 calls each of them, and is asked by them [mcp-real-programs] [bridge-square]', async () => {
      const { modern } = clients;
      expect(await serversOf(modern)).toEqual(ALL_SERVERS);
      await useEachServer(modern, 'modern');
      const sampled = await modern.callTool('http__trigger-sampling-request', { prompt: 'Sing!', maxTokens: 10 });
      expect(textOfResult(sampled)).toContain('You said');
      expect(modern.asked.map(({ method }) => method)).toContain('sampling/createMessage');
      await using alone = await v2ModernClient.connect(endpoint('context7'));
      expect(await namesOf(alone)).toEqual(['resolve-library-id', 'query-docs']);
    });

    test.each(['tmcp', 'context7', 'memory', 'sse', undefined])(
      '@modelcontextprotocol/client finds that the newest revision can be spoken with %s [mcp-real-programs]',
      async (server) => {
        const client = new Client({ name: 'auto', version: '1' }, { versionNegotiation: { mode: 'auto' } });
        const { url, headers } = endpoint(server);
        const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
        await client.connect(transport);
        expect(client.getProtocolEra()).toBe('modern');
        expect((await client.listTools()).tools.length).toBeGreaterThan(0);
        await transport.terminateSession();
        await client.close();
      },
    );

    test('the inspector’s command line lists and calls [mcp-real-programs]', async () => {
      const inspect = (...args: string[]) => {
        const { url, headers } = endpoint();
        const header = `Authorization: ${headers.authorization}`;
        return runClient(world.home, CLIENTS.inspector, ['--cli', url, '--header', header, '--method', ...args]);
      };
      const listed = (await inspect('tools/list')) as { tools: { name: string }[] };
      const names = listed.tools.map(({ name }) => name);
      // It can be asked for its roots, and mcp-remote's client can't.
      expect(names.filter((name) => !name.endsWith('__get-roots-list'))).toEqual(await namesOf(clients.remote));
      const args = ['--tool-arg', 'message=hi'];
      const echoed = await inspect('tools/call', '--tool-name', 'stdio__echo', ...args);
      expect(textOfResult(echoed)).toBe('Echo: hi');
    });

    test('mcporter lists and calls [mcp-real-programs]', async () => {
      const config = join(world.home, 'mcporter.json');
      const mcpServers = { metamcp: endpoint() };
      await writeFile(config, JSON.stringify({ mcpServers, imports: [] }));
      const port = (...args: string[]) => runClient(world.home, CLIENTS.mcporter, ['--config', config, ...args]);
      const listed = (await port('list', 'metamcp', '--json')) as { tools: { name: string }[] };
      expect(listed.tools.map(({ name }) => name)).toEqual(await namesOf(clients.remote));
      const greeted = await port('call', 'metamcp.tmcp__greet', 'name=Ada', '--output', 'json');
      expect(textOfResult(greeted)).toBe('Hello, Ada!');
    });
  });

  test('all who are connected hear of a server that comes and of one that goes [mcp-real-programs] [aggregate-list-changed]', async () => {
    await clients.modern.watch('test://nothing');
    const connected = Object.entries(clients);
    const counts = () =>
      Object.fromEntries(
        connected.map(([name, { notifications }]) => [
          name,
          notifications.filter(({ method }) => method === CHANGED).length,
        ]),
      );
    async function hearOf(change: () => Promise<unknown>): Promise<void> {
      const before = counts();
      await change();
      await expect.poll(() => Object.entries(counts()).filter(([name, count]) => count === before[name])).toEqual([]);
    }
    await hearOf(() => world.addLate());
    for (const [name, client] of connected) {
      await expect.poll(() => namesOf(client), { message: name }).toContain('late__greet');
      expect(textOfResult(await client.callTool('late__greet', { name })), name).toBe(`Hello, ${name}!`);
    }
    await hearOf(() => world.disable('late'));
    for (const [name, client] of connected) {
      await expect.poll(() => namesOf(client), { message: name }).not.toContain('late__greet');
      await expect(client.callTool('late__greet', { name }), name).rejects.toThrow('late__greet');
    }
  });

  test('nothing of them is left when the gateway has ended [mcp-real-programs] [ops-stdio-nothing-left]', async () => {
    // A client that never says that it is gone.
    const abandoned = new EndpointClient(world.gateway, 'files', world.apiKey);
    await abandoned.initialize();
    expect((await world.processes()).length).toBeGreaterThan(ALL_SERVERS.length);
    await stack.disposeAsync();
    expect(await world.processes()).toEqual([]);
  });
});
