import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textOfResult } from '../clients/results.ts';
import { addProgram } from '../gateway/stdio/world.ts';
import { startFixtureServer } from '../support/fixtureServer.ts';
import { startRecorder, type Recorder } from '../support/recorder.ts';
import { startTestGateway, type TestGateway } from '../support/testGateway.ts';
import { connectAiSdk } from './aiSdk.ts';
import { connectByMcpRemote } from './mcpRemote.ts';
import { areInstalled, CLIENTS, SERVERS } from './packages.ts';
import { startLiteServer } from './programs/liteServer.ts';
import { runClient } from './runClient.ts';

/** A client of an era: lists the tools of `/mcp`, and calls them. */
interface EraClient extends AsyncDisposable {
  namesOfTools(): Promise<string[]>;
  call(tool: string, args?: Record<string, string>): Promise<string>;
}

/** Tools of servers of each era, that ask nothing, and what they answer. */
const CALLS = [
  // mcp-lite and fastmcp have no way to be modern, the fixture here no way to be legacy, and tmcp speaks both eras.
  { tool: 'lite__echo', args: { value: 'one' }, text: 'one' },
  { tool: 'fast__echo', args: { value: 'two' }, text: 'two' },
  { tool: 'modern__test_simple_text', args: {}, text: 'This is a simple text response for testing.' },
  { tool: 'program__test_simple_text', args: {}, text: 'This is a simple text response for testing.' },
  { tool: 'tmcp__greet', args: { name: 'Ada' }, text: 'Hello, Ada!' },
] as const;

describe.skipIf(!areInstalled)('servers of one era, and clients that others have made', () => {
  let gateway: TestGateway;
  let apiKey: string;
  let home: string;
  let recorder: Recorder;
  let stack: AsyncDisposableStack;
  /** Before the gateway, so that what a client really speaks is seen. */
  const endpoint = () => ({ url: recorder.url, headers: { authorization: `Bearer ${apiKey}` } });
  beforeAll(async () => {
    if (!areInstalled) return;
    await using opened = new AsyncDisposableStack();
    home = await mkdtemp(join(tmpdir(), 'metamcp-eras-'));
    opened.defer(() => rm(home, { recursive: true, force: true }));
    const [lite, modern] = await Promise.all([startLiteServer(), startFixtureServer({ era: 'modern' })]);
    opened.use(lite);
    opened.use(modern);
    gateway = opened.use(await startTestGateway());
    await gateway.addServer('lite', lite.url);
    await gateway.addServer('modern', modern.url);
    const node = { command: process.execPath, isolation: 'key' } as const;
    await addProgram(gateway, 'fast', { ...node, args: [SERVERS.fast] });
    await addProgram(gateway, 'tmcp', { ...node, args: [SERVERS.tmcp] });
    const fixture = join(import.meta.dirname, '../support/fixtureServer.ts');
    await addProgram(gateway, 'program', { ...node, args: [fixture, '--transport', 'stdio', '--era', 'modern'] });
    ({ apiKey } = await gateway.createKey());
    recorder = opened.use(await startRecorder(`${gateway.url}/mcp`));
    stack = opened.move();
  });
  afterAll(() => stack?.disposeAsync());

  /** The eras in which clients have spoken with the gateway. */
  const erasSpoken = () => [
    ...new Set(
      recorder.requests.flatMap(({ message, headers }) => {
        if (message?.method === 'initialize') return ['legacy'];
        return headers['mcp-protocol-version'] === '2026-07-28' ? ['modern'] : [];
      }),
    ),
  ];

  const inspector = (era: string) => async (): Promise<EraClient> => {
    const run = (...args: string[]) => {
      const { url, headers } = endpoint();
      const header = `Authorization: ${headers.authorization}`;
      const how = ['--cli', url, '--transport', 'http', '--header', header, '--protocol-era', era];
      return runClient(home, CLIENTS.inspector, [...how, '--method', ...args]);
    };
    return {
      async namesOfTools() {
        const { tools } = (await run('tools/list')) as { tools: { name: string }[] };
        return tools.map(({ name }) => name);
      },
      async call(tool, args = {}) {
        const pairs = Object.entries(args).flatMap(([name, value]) => ['--tool-arg', `${name}=${value}`]);
        return textOfResult(await run('tools/call', '--tool-name', tool, ...pairs));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };

  const mcporter = async (): Promise<EraClient> => {
    const config = join(home, 'mcporter.json');
    await writeFile(config, JSON.stringify({ mcpServers: { metamcp: endpoint() }, imports: [] }));
    const port = (...args: string[]) => runClient(home, CLIENTS.mcporter, ['--config', config, ...args]);
    return {
      async namesOfTools() {
        const { tools } = (await port('list', 'metamcp', '--json')) as { tools: { name: string }[] };
        return tools.map(({ name }) => name);
      },
      async call(tool, args = {}) {
        const pairs = Object.entries(args).map(([name, value]) => `${name}=${value}`);
        return textOfResult(await port('call', `metamcp.${tool}`, ...pairs, '--output', 'json'));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  };

  const mcpRemote = (protocol: 'legacy' | 'auto') => async (): Promise<EraClient> => {
    const client = await connectByMcpRemote(home, endpoint(), protocol);
    return {
      namesOfTools: async () => (await client.listTools()).map(({ name }) => name),
      call: async (tool, args = {}) => textOfResult(await client.callTool(tool, args)),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  };

  const aiSdk = (era: 'legacy' | 'modern') => async (): Promise<EraClient> => {
    const client = await connectAiSdk(endpoint(), era);
    expect(client.protocolEra).toBe(era);
    return {
      namesOfTools: async () => (await client.listTools()).tools.map(({ name }) => name),
      call: async (tool, args = {}) => textOfResult(await client.callTool({ name: tool, arguments: args })),
      [Symbol.asyncDispose]: () => client.close(),
    };
  };

  describe.each([
    { name: '@ai-sdk/mcp, legacy', era: 'legacy', connect: aiSdk('legacy'), answers: true },
    { name: '@ai-sdk/mcp', era: 'modern', connect: aiSdk('modern'), answers: true },
    { name: 'the inspector, legacy', era: 'legacy', connect: inspector('legacy'), answers: false },
    { name: 'the inspector, auto', era: 'modern', connect: inspector('auto'), answers: false },
    { name: 'the inspector, modern', era: 'modern', connect: inspector('modern'), answers: false },
    { name: 'mcp-remote', era: 'legacy', connect: mcpRemote('legacy'), answers: false },
    { name: 'mcp-remote, auto', era: 'modern', connect: mcpRemote('auto'), answers: false },
    // It is built on @modelcontextprotocol/sdk, which has no way to be modern.
    { name: 'mcporter', era: 'legacy', connect: mcporter, answers: false },
  ])('$name', ({ era, connect, answers }) => {
    test('lists and calls the tools of all of them [mcp-real-programs] [bridge-square]', async () => {
      recorder.clear();
      await using client = await connect();
      await expect
        .poll(() => client.namesOfTools(), { timeout: 60_000 })
        .toEqual(expect.arrayContaining(CALLS.map(({ tool }) => tool)));
      for (const { tool, args, text } of CALLS) expect(await client.call(tool, args), tool).toBe(text);
      expect(erasSpoken()).toEqual([era]);
    });

    test.runIf(answers)(
      'is asked by them in the middle of a call [mcp-real-programs] [mcp-server-asks-client]',
      async () => {
        await using client = await connect();
        expect(await client.call('lite__greet')).toBe('Hello, Ada!');
        expect(await client.call('modern__test_input_required_result_elicitation')).toBe('Hello, Ada!');
        expect(await client.call('program__test_input_required_result_elicitation')).toBe('Hello, Ada!');
      },
    );
  });
});
