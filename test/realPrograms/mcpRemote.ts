import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Endpoint, Received, TestClient } from '../clients/testClient.ts';
import { PROGRAM_ENVIRONMENT } from '../support/programEnvironment.ts';
import { CLIENTS } from './packages.ts';

/** What the tests here do with a client that stays connected. */
export type ConnectedClient = AsyncDisposable & Pick<TestClient, 'notifications' | 'listTools' | 'callTool'>;

/** Connects a client that knows stdio only, by mcp-remote. @param protocol `auto`: it speaks the modern era where it can */
export async function connectByMcpRemote(
  home: string,
  { url, headers }: Endpoint,
  protocol: 'legacy' | 'auto' = 'legacy',
): Promise<ConnectedClient> {
  const notifications: Received[] = [];
  const client = new Client({ name: 'metamcp-test-stdio', version: '1.0.0' });
  client.fallbackNotificationHandler = (notification) => {
    notifications.push(notification);
    return Promise.resolve();
  };
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [
        CLIENTS.mcpRemote,
        url,
        '--allow-http',
        '--transport',
        'http-only',
        '--protocol',
        protocol,
        '--header',
        'Authorization:${AUTHORIZATION}',
      ],
      env: { ...PROGRAM_ENVIRONMENT, HOME: home, AUTHORIZATION: headers['authorization'] ?? '' },
      stderr: 'ignore',
    }),
  );
  return {
    notifications,
    listTools: async () => (await client.listTools()).tools,
    callTool: (name, args = {}) => client.callTool({ name, arguments: args }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}
