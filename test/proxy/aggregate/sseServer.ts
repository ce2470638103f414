import type { ServerResponse } from 'node:http';
import { parseCall, type Answer } from '../upstream.ts';

/** A server of HTTP+SSE with one tool, and its streams that are open. */
export function sseServer(tool = 'x'): { readonly answer: Answer; readonly streams: Map<string, ServerResponse> } {
  const streams = new Map<string, ServerResponse>();
  let opened = 0;
  const results: Record<string, object> = {
    initialize: { protocolVersion: '2024-11-05', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: tool, inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'x' }] },
  };
  return {
    streams,
    answer(res, { method, url, body }) {
      if (method === 'GET') {
        const name = String(++opened);
        streams.set(name, res);
        res.on('close', () => streams.delete(name));
        res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        res.write(`event: endpoint\ndata: /messages?session=${name}\n\n`);
        return;
      }
      const { id, method: asked = '' } = parseCall(body);
      res.writeHead(202).end();
      if (id === undefined || asked === 'hang') return;
      const outcome =
        results[asked] === undefined ? { error: { code: -32_601, message: 'no' } } : { result: results[asked] };
      const stream = streams.get(new URL(url, 'http://test').searchParams.get('session') ?? '');
      stream?.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n\n`);
    },
  };
}
