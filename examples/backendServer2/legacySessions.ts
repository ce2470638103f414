import { randomUUID } from 'node:crypto';
import { type McpServer, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { McpEndpoint } from '../listen.ts';

/** Few clients end their session, so the one unused for longest makes room for a new one. */
const MAX_SESSIONS = 200;

/**
 * Serves MCP up to 2025-11-25 with a server for each session: `notifications/cancelled` comes in an HTTP request
 * of its own, and only a session can tell which call it means.
 */
export function legacySessions(createServer: () => McpServer): McpEndpoint {
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async function openSession(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: async (id) => {
        sessions.set(id, transport);
        const [oldest] = sessions;
        if (sessions.size <= MAX_SESSIONS || !oldest) return;
        sessions.delete(oldest[0]);
        await oldest[1].close();
      },
      onsessionclosed: (id) => void sessions.delete(id),
    });
    await createServer().connect(transport);
    return transport;
  }

  return {
    async fetch(request) {
      const id = request.headers.get('mcp-session-id');
      if (id === null) return (await openSession()).handleRequest(request);

      const session = sessions.get(id);
      if (!session) {
        // 404 tells the client to open a new session (MCP 2025-11-25, basic/transports).
        const error = { code: -32001, message: 'Session not found' };
        return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 404 });
      }
      // A map keeps the order of insertion: the most recently used session moves to its end.
      sessions.delete(id);
      sessions.set(id, session);
      return session.handleRequest(request);
    },

    async close() {
      await Promise.all(Array.from(sessions.values(), (session) => session.close()));
      sessions.clear();
    },
  };
}
