import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { openUpstream, type Upstream } from '../proxy/upstream.ts';

/** What servers here are sent for their clients. */
export const TOKEN_HEADER = 'x-token';

interface Message {
  readonly id?: unknown;
  readonly method?: string;
}

/** Answers as the client that the token names: its list has one tool, called after the token, and so does each result. */
function answerFor(headers: IncomingHttpHeaders, { id, method }: Message): object | undefined {
  const token = String(headers[TOKEN_HEADER] ?? 'none');
  if (id === undefined) return undefined;
  const result = {
    initialize: {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: token, version: '1' },
    },
    'tools/list': { tools: [{ name: `of-${token}`, inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: token }] },
    ping: {},
  }[method ?? ''];
  if (result !== undefined) return { jsonrpc: '2.0', id, result };
  return { jsonrpc: '2.0', id, error: { code: -32_601, message: 'Method not found' } };
}

const read = (body: Buffer): Message => (body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Message));

/** A legacy server over Streamable HTTP; its streams stay open. */
export function startHttpTokenServer(): Promise<Upstream> {
  let sessions = 0;
  return openUpstream((res, { method, headers, body }) => {
    const message = read(body);
    const answer = answerFor(headers, message);
    if (method === 'GET') res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    else if (method === 'DELETE') res.writeHead(204).end();
    else if (answer === undefined) res.writeHead(202).end();
    else {
      const session = message.method === 'initialize' ? { 'mcp-session-id': `s${String(++sessions)}` } : {};
      // A modern request is refused as legacy servers do.
      const status = message.method === 'server/discover' ? 400 : 200;
      res.writeHead(status, { 'content-type': 'application/json', ...session });
      res.end(JSON.stringify(answer));
    }
  });
}

/** A server over HTTP+SSE. */
export async function startSseTokenServer(): Promise<Upstream & { readonly sseUrl: string }> {
  const streams = new Map<string, ServerResponse>();
  const server = await openUpstream((res, { method, url, headers, body }) => {
    if (method === 'GET') {
      const id = String(streams.size);
      streams.set(id, res);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`event: endpoint\ndata: /messages?id=${id}\n\n`);
      return;
    }
    const answer = answerFor(headers, read(body));
    res.writeHead(202).end();
    const stream = streams.get(new URL(url, 'http://localhost').searchParams.get('id') ?? '');
    if (answer !== undefined) stream?.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
  });
  return Object.assign(server, { sseUrl: server.url.replace(/mcp$/, 'sse') });
}
