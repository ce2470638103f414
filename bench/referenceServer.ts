import { createServer, type ServerResponse } from 'node:http';
import { isModernRevision } from '../src/mcp/eras.ts';
import { serveMeasured } from './measuredProcess.ts';
import { referenceAnswer } from './referenceAnswers.ts';

// A legacy MCP server that does as little as possible: what is measured is what stands in front of it.
// `/json` answers with one JSON object, `/sse` with one event; a GET, or the method `bench/open`, opens a stream and leaves it open.
// `/legacy` and `/modern` are as `/json`, and refuse requests of the other era.

function answer(path: string, id: unknown, method: unknown, res: ServerResponse): void {
  const body = referenceAnswer(id, method);
  const session = method === 'initialize' ? { 'mcp-session-id': crypto.randomUUID() } : {};
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
    const era = isModernRevision(String(req.headers['mcp-protocol-version'])) ? 'modern' : 'legacy';
    if (/^\/(?:legacy|modern)/.test(req.url ?? '') && req.url !== `/${era}`) res.writeHead(400).end();
    else if (id === undefined) res.writeHead(202).end();
    // A call that never ends, for the benchmark of revocation.
    else if (method === 'bench/open') res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': open\n\n');
    else answer(req.url ?? '', id, method, res);
  });
});
server.keepAliveTimeout = 60_000;
serveMeasured(server);
