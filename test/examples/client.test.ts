import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listen } from '../../examples/listen.ts';
import { startBackendServer1 } from '../../examples/backendServer1/server.ts';
import { startBackendServer2 } from '../../examples/backendServer2/server.ts';
import { check } from '../../examples/client/check.ts';
import { renewingToken } from '../../examples/client/gatewayToken.ts';
import { visitServer } from '../../examples/client/visitServer.ts';

async function connect(url: string, mode: VersionNegotiationMode): Promise<Client> {
  const client = new Client({ name: 'examples-test', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return client;
}

describe.each([
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
] as const)('visiting a server directly, mode %s', (mode, protocolVersion) => {
  test('backendServer1 passes every check', async () => {
    await using server = await startBackendServer1();
    const client = await connect(server.url, mode);
    const lines: string[] = [];
    const visit = await visitServer(client, (line) => lines.push(line));
    await client.close();
    expect(visit).toEqual({
      implementation: 'backendServer1',
      protocolVersion,
      tools: ['echo', 'add', 'subtract', 'multiply', 'divide'],
      resources: [],
      resourceTemplates: [],
      prompts: [],
      checked: true,
    });
    expect(lines[0]).toBe(`  backendServer1, MCP ${protocolVersion}`);
    expect(lines).toContain('  ✓ add(19, 23) is 42');
    expect(lines).toHaveLength(8);
  });

  test('backendServer2 passes every check', async () => {
    await using server = await startBackendServer2();
    const client = await connect(server.url, mode);
    const lines: string[] = [];
    const visit = await visitServer(client, (line) => lines.push(line));
    await client.close();
    expect(visit).toMatchObject({ implementation: 'backendServer2', protocolVersion, checked: true });
    expect(visit.resources).toHaveLength(11);
    expect(lines.filter((line) => line.startsWith('    '))).toHaveLength(8);
    expect(lines.filter((line) => line.includes('✓'))).toHaveLength(7);
  });
});

describe('the checks', () => {
  test('show what was expected and what came', () => {
    expect(() => check('add', { result: 1 }, { result: 2 })).toThrow('add: expected { result: 2 }, got { result: 1 }');
  });

  test('fail when a server answers something else', async () => {
    const loud = createMcpHandler(() => {
      const server = new McpServer({ name: 'backendServer1', version: '1.0.0' });
      const schema = z.object({ message: z.string() });
      server.registerTool('echo', { inputSchema: schema, outputSchema: schema }, ({ message }) => ({
        content: [],
        structuredContent: { message: message.toUpperCase() },
      }));
      return server;
    });
    await using server = await listen({ handler: loud, port: 0 });
    const client = await connect(server.url, 'auto');
    await expect(visitServer(client, () => undefined)).rejects.toThrow(/^echo: expected .*'Hello.*, got .*'HELLO/);
    await client.close();
  });
});

describe('renewing a token', () => {
  function tokens() {
    let nowMs = 5_000;
    let obtained = 0;
    const provider = renewingToken(
      () => Promise.resolve({ value: `token-${++obtained}`, expiresInSeconds: 900 }),
      () => nowMs,
    );
    return { provider, pass: (seconds: number) => (nowMs += seconds * 1_000) };
  }

  test('keeps a token while it is fresh and gets another before it expires', async () => {
    const { provider, pass } = tokens();
    expect(await provider.token()).toBe('token-1');
    pass(719);
    expect(await provider.token()).toBe('token-1');
    pass(1);
    expect(await provider.token()).toBe('token-2');
    expect(await provider.token()).toBe('token-2');
  });

  test('gets one token for requests that come at the same time', async () => {
    const { provider } = tokens();
    expect(await Promise.all([provider.token(), provider.token(), provider.token()])).toEqual(Array(3).fill('token-1'));
  });

  test('drops a token that the gateway refused', async () => {
    const { provider } = tokens();
    await provider.token();
    // The parameters describe the refused request; this provider has no use for them.
    await provider.onUnauthorized?.({
      response: new Response(null, { status: 401 }),
      serverUrl: new URL('http://127.0.0.1/mcp/x'),
      fetchFn: fetch,
    });
    expect(await provider.token()).toBe('token-2');
  });

  test('tries again after it failed', async () => {
    let attempts = 0;
    const provider = renewingToken(() =>
      ++attempts === 1 ? Promise.reject(new Error('down')) : Promise.resolve({ value: 'late', expiresInSeconds: 900 }),
    );
    await expect(provider.token()).rejects.toThrow('down');
    expect(await provider.token()).toBe('late');
  });
});
