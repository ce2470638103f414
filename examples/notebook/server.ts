import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { z } from 'zod';

// A server that is a program: it speaks MCP on stdin and stdout, and ends with its input. Its notes last as long as it runs.

const notes: string[] = [];

function createServer(): McpServer {
  const server = new McpServer({ name: 'notebook', version: '1.0.0' });
  server.registerTool(
    'write_note',
    {
      description: 'Writes a note, and says how many there are.',
      inputSchema: z.object({ text: z.string().min(1).max(1_000) }),
      outputSchema: z.object({ count: z.number().int() }),
      annotations: { destructiveHint: false, openWorldHint: false },
    },
    ({ text }) => {
      notes.push(text);
      const count = notes.length;
      return { content: [{ type: 'text', text: `Notes: ${count}` }], structuredContent: { count } };
    },
  );
  server.registerTool(
    'read_notes',
    {
      description: 'Reads all notes.',
      outputSchema: z.object({ notes: z.array(z.string()) }),
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () => ({ content: notes.map((text) => ({ type: 'text', text })), structuredContent: { notes } }),
  );
  return server;
}

// One process for whoever the gateway lets share it, in either era of MCP.
serveStdio(createServer);
