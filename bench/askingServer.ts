import { createServer, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { serveMeasured } from './measuredProcess.ts';

// A legacy server whose tools ask the client for something and wait for it, for as long as the client likes: over Streamable HTTP
// at `/mcp`, over HTTP+SSE at `/sse`.

const ABOUT_ITSELF = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: {} },
  serverInfo: { name: 'asking', version: '1' },
};
const FORM = {
  message: 'Who are you?',
  requestedSchema: {
    type: 'object',
    properties: { name: { type: 'string', description: 'How the user wants to be called.' } },
    required: ['name'],
  },
};

/** The event streams of `/sse`, by the number in their endpoints. */
const streams: ServerResponse[] = [];

/** What the server sends for a message; undefined: nothing. */
function replyTo({ id, method }: { readonly id?: unknown; readonly method?: string }): object | undefined {
  if (method === 'initialize') return { jsonrpc: '2.0', id, result: ABOUT_ITSELF };
  if (method !== 'tools/call') return undefined;
  return { jsonrpc: '2.0', id: `ask-${String(id)}`, method: 'elicitation/create', params: FORM };
}

const server = createServer((request, response) => {
  const { method, url = '' } = request;
  if (method === 'GET' && url === '/sse') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: endpoint\ndata: /sse/${streams.push(response) - 1}\n\n`);
  } else if (method !== 'POST') response.writeHead(method === 'DELETE' ? 200 : 405).end();
  else {
    void json(request).then((message) => {
      const reply = replyTo(message as { id?: unknown; method?: string });
      const event = `event: message\ndata: ${JSON.stringify(reply)}\n\n`;
      if (url.startsWith('/sse/')) {
        response.writeHead(202).end();
        if (reply !== undefined) streams[Number(url.slice('/sse/'.length))]?.write(event);
      } else if (reply === undefined) response.writeHead(202).end();
      else {
        response.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 'one' });
        if ('result' in reply) response.end(event);
        else response.write(event);
      }
    });
  }
});
serveMeasured(server);
