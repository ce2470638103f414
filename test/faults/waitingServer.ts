import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { listen, type RunningServer } from '../../examples/listen.ts';

/** Starts an MCP server whose only tool, `wait`, answers when its caller has gone away. */
export async function startWaitingServer(): Promise<RunningServer> {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'waiting', version: '1' });
    server.registerTool('wait', { description: 'Waits for its caller to go away' }, async ({ mcpReq: { signal } }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return { content: [] };
    });
    return server;
  });
  return await listen({ handler, port: 0 });
}
