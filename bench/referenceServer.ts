import { createServer, type ServerResponse } from 'node:http';
import { serveMeasured } from './measuredProcess.ts';

// A legacy MCP server that does as little as possible: what is measured is what stands in front of it.
// `/json` answers with one JSON object, `/sse` with one event; a GET, or the method `bench/open`, opens a stream and leaves it open.

const TEXT = 'x'.repeat(200);
/** Twenty tools, as large as those of real servers. */
const TOOLS = Array.from({ length: 20 }, (_, at) => ({
  name: `tool_${String(at)}`,
  description: TEXT,
  inputSchema: { type: 'object', properties: { a: { type: 'string', description: TEXT }, b: { type: 'number' } } },
}));

function answer(path: string, id: unknown, method: unknown, res: ServerResponse): void {
  const initialize = method === 'initialize';
  const result = initialize
    ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'reference', version: '1' } }
    : method === 'tools/list'
      ? { tools: TOOLS }
      : { content: [{ type: 'text', text: TEXT }] };
  const body = JSON.stringify({ jsonrpc: '2.0', id, result });
  const session = initialize ? { 'mcp-session-id': crypto.randomUUID() } : {};
  if (path.startsWith('/sse')) {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', ...session });
    res.end(`event: message\ndata: ${body}\n\n`);
  } else {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...session });
    res.end(body);
  }
}

const server = createServer((req, res) => {
  if (req.method === 'GET') {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    res.write(': open\n\n');
    return;
  }
  if (req.method === 'DELETE') {
    res.writeHead(204).end();
    return;
  }
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: unknown; method?: unknown };
    if (id === undefined) res.writeHead(202).end();
    // A call that never ends, for the benchmark of revocation.
    else if (method === 'bench/open') res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    else answer(req.url ?? '', id, method, res);
  });
});
server.keepAliveTimeout = 60_000;
serveMeasured(server);
