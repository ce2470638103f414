import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listen, type RunningServer } from '../../examples/listen.ts';

/** An MCP server whose only tool, `wait`, answers when its caller has gone away. */
export interface WaitingServer extends RunningServer {
  /** The calls that have been let through and whose caller has not gone away. */
  readonly underWay: ReadonlySet<string>;
}

export async function startWaitingServer(): Promise<WaitingServer> {
  const underWay = new Set<string>();
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'waiting', version: '1' });
    const description = 'Waits for its caller to go away';
    server.registerTool(
      'wait',
      { description, inputSchema: z.object({ call: z.string() }) },
      async ({ call }, { mcpReq: { signal } }) => {
        underWay.add(call);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        underWay.delete(call);
        return { content: [] };
      },
    );
    return server;
  });
  const { url, [Symbol.asyncDispose]: dispose } = await listen({ handler, port: 0 });
  return { url, underWay, [Symbol.asyncDispose]: dispose };
}
