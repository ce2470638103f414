import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { createFixtureMcpServer } from './fixture/mcpServer.ts';
import { FixtureState } from './fixture/state.ts';
import type { FixtureServer } from './fixtureServer.ts';

/* eslint-disable @typescript-eslint/no-deprecated -- the transport is deprecated, and servers still use it */

/** Starts the fixture over the HTTP+SSE transport (MCP 2024-11-05): a session per stream. */
export async function startFixtureSseServer(): Promise<FixtureServer> {
  const state = new FixtureState();
  const sessions = new Map<string, SSEServerTransport>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'GET' && pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', response);
      const { sessionId } = transport;
      sessions.set(sessionId, transport);
      const mcp = createFixtureMcpServer(state);
      response.on('close', () => {
        sessions.delete(sessionId);
        void mcp.close();
      });
      // The transport of one major version serves the other: what they ask of one is the same.
      void mcp.connect(transport);
      return;
    }
    const session = sessions.get(searchParams.get('sessionId') ?? '');
    if (request.method === 'POST' && session !== undefined) void session.handlePostMessage(request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/sse`,
    state,
    async [Symbol.asyncDispose]() {
      await Promise.all([...sessions.values()].map((session) => session.close()));
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
