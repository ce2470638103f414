import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { listen, runAsProgram, type RunningServer } from '../listen.ts';

const operations = {
  add: { symbol: '+', apply: (a: number, b: number) => a + b },
  subtract: { symbol: '-', apply: (a: number, b: number) => a - b },
  multiply: { symbol: '×', apply: (a: number, b: number) => a * b },
  divide: {
    symbol: '÷',
    apply: (a: number, b: number) => {
      if (b === 0) throw new Error('Division by zero: b must not be 0.');
      return a / b;
    },
  },
};

// Hints for the client's user interface: nothing is changed, so nothing needs to be confirmed.
const annotations = { readOnlyHint: true, idempotentHint: true, openWorldHint: false };

/** Clients and forms that show an example have one; `metamcp-cli init` calls a tool with it. */
const example = (value: number) => z.number().meta({ examples: [value] });

function createServer(): McpServer {
  const server = new McpServer({ name: 'backendServer1', version: '1.0.0' });

  server.registerTool(
    'echo',
    {
      description: 'Answers with the message it gets.',
      inputSchema: z.object({ message: z.string().meta({ examples: ['Hello'] }) }),
      outputSchema: z.object({ message: z.string() }),
      annotations,
    },
    ({ message }) => ({ content: [{ type: 'text', text: message }], structuredContent: { message } }),
  );

  for (const [name, { symbol, apply }] of Object.entries(operations)) {
    server.registerTool(
      name,
      {
        description: `Calculates a ${symbol} b.`,
        inputSchema: z.object({ a: example(2), b: example(3) }),
        outputSchema: z.object({ result: z.number() }),
        annotations,
      },
      // What a handler throws reaches the caller as a result with `isError`, so that a model can read it and try again.
      ({ a, b }) => {
        const result = apply(a, b);
        if (!Number.isFinite(result)) throw new Error(`${a} ${symbol} ${b} is too large for a number.`);
        return {
          content: [{ type: 'text', text: `${a} ${symbol} ${b} = ${result}` }],
          structuredContent: { result },
        };
      },
    );
  }

  return server;
}

/** Starts the server on 127.0.0.1. One handler serves both eras of MCP, each request on its own. */
export async function startBackendServer1({ port = 0 }: { port?: number } = {}): Promise<RunningServer> {
  return await listen({ handler: createMcpHandler(createServer), port });
}

if (import.meta.main) await runAsProgram('backendServer1', startBackendServer1);
