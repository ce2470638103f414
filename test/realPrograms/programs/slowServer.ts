import { existsSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

// A server that takes long to start, such as one that opens a browser first: it reads nothing until the file exists that its
// first argument names.

const file = process.argv[2]!;
const watcher = watch(dirname(file));
while (!existsSync(file)) await new Promise((resolve) => watcher.once('change', resolve));
watcher.close();

const server = new McpServer({ name: 'slow', version: '1.0.0' });
server.registerTool('open', { description: 'Tells that it is open' }, () => ({
  content: [{ type: 'text', text: 'open at last' }],
}));
await server.connect(new StdioServerTransport());
