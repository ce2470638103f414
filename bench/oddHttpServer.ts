import { createServer, type ServerResponse } from 'node:http';
import { serveMeasured } from './measuredProcess.ts';

// Legacy MCP servers that are a nuisance, by path: `/list` has a list of 10 MB, `/floods` sends notifications for ever, `/hangs`
// answers no call, and `/sse` does all that over HTTP+SSE.

const LIST = JSON.stringify(
  Array.from({ length: 10_000 }, (_, at) => ({
    name: `tool-${String(at)}`,
    description: 'x'.repeat(1_000),
    inputSchema: { type: 'object' },
  })),
);
const NOISE = `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${'x'.repeat(100)}"}}\n\n`;
const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' };

function flood(res: ServerResponse): void {
  const many = NOISE.repeat(100);
  const more = (): void => {
    while (!res.destroyed && res.write(many));
    if (!res.destroyed) res.once('drain', more);
  };
  more();
}

function resultOf(method: unknown, path: string): string | undefined {
  if (method === 'initialize') {
    const serverInfo = { name: 'odd', version: '1' };
    return JSON.stringify({ protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {} }, serverInfo });
  }
  if (method === 'tools/list') return `{"tools":${path.includes('list') ? LIST : '[]'}}`;
  return path.includes('hangs') ? undefined : '{"content":[]}';
}

/** The open stream of HTTP+SSE sessions, by number. */
const streams = new Map<string, ServerResponse>();
let sessions = 0;

const server = createServer((req, res) => {
  const { pathname, search } = new URL(req.url ?? '/', 'http://here');
  if (req.method === 'GET') {
    res.writeHead(200, HEAD);
    if (pathname.startsWith('/sse')) {
      const session = String(++sessions);
      streams.set(session, res);
      res.on('close', () => streams.delete(session));
      res.write(`event: endpoint\ndata: ${pathname}?${session}\n\n`);
    } else res.write(': open\n\n');
    return;
  }
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    if (req.method !== 'POST') return void res.writeHead(204).end();
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString()) as { id?: unknown; method?: unknown };
    const result = id === undefined ? undefined : resultOf(method, pathname);
    const answer = result && `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
    const stream = streams.get(search.slice(1));
    const floods = pathname.includes('floods') && method === 'tools/call';
    if (stream !== undefined) {
      res.writeHead(202).end();
      if (floods) flood(stream);
      else if (answer !== undefined) stream.write(`data: ${answer}\n\n`);
    } else if (id === undefined) res.writeHead(202).end();
    else if (floods) flood(res.writeHead(200, HEAD));
    else if (answer !== undefined) res.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
});
serveMeasured(server);
