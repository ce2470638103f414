import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { ProgressTools, type Message } from './progressTools.ts';

export interface ProgressServer extends AsyncDisposable {
  readonly url: string;
  readonly tools: ProgressTools;
}

async function start(
  path: string,
  tools: ProgressTools,
  serve: (req: IncomingMessage, res: ServerResponse) => void,
): Promise<ProgressServer> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  tools.crash = () => server.closeAllConnections();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}${path}`,
    tools,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The tools over Streamable HTTP: each call is answered with an event stream. */
export function startProgressHttp(): Promise<ProgressServer> {
  const tools = new ProgressTools();
  return start('/mcp', tools, (req, res) => {
    if (req.method !== 'POST') {
      res.writeHead(405).end();
      return;
    }
    void text(req).then((body) => {
      const message = JSON.parse(body) as Message;
      if (message.id === undefined) {
        tools.take(message, () => undefined);
        res.writeHead(202).end();
        return;
      }
      const isCall = message.method === 'tools/call';
      res.writeHead(200, { 'content-type': isCall ? 'text/event-stream' : 'application/json' });
      tools.take(message, (sent) => {
        const json = JSON.stringify(sent);
        if (!isCall) res.end(json);
        else if ('id' in sent) res.end(`data: ${json}\n\n`);
        else if (!res.write(`data: ${json}\n\n`)) return new Promise<void>((resolve) => res.once('drain', resolve));
        return undefined;
      });
    });
  });
}

/** The tools over HTTP+SSE. */
export function startProgressSse(): Promise<ProgressServer> {
  const tools = new ProgressTools();
  const streams = new Map<string, ServerResponse>();
  return start('/sse', tools, (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', 'http://localhost');
    if (req.method === 'GET' && pathname === '/sse') {
      const session = String(streams.size + 1);
      streams.set(session, res);
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(`event: endpoint\ndata: /messages?session=${session}\n\n`);
      return;
    }
    const stream = streams.get(searchParams.get('session') ?? '');
    if (req.method !== 'POST' || stream === undefined) {
      res.writeHead(404).end();
      return;
    }
    void text(req).then((body) => {
      res.writeHead(202).end();
      tools.take(JSON.parse(body) as Message, (sent) => void stream.write(`data: ${JSON.stringify(sent)}\n\n`));
    });
  });
}
