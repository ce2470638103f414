import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { z } from 'zod';

const messageSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** A request that reached the server. */
export interface Seen {
  readonly verb: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  /** Empty for GET and DELETE. */
  readonly message: z.infer<typeof messageSchema>;
}

export type Script = (seen: Seen, response: ServerResponse) => void;

/** A server whose every byte the test decides, on a real socket. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: URL;
  readonly seen: readonly Seen[];
  /** The JSON-RPC methods that arrived, and other verbs as they are. */
  readonly methods: readonly string[];
  /** Connections that are open. */
  readonly connections: ReadonlySet<Socket>;
  /** Connections that were ever opened. */
  readonly accepted: number;
  /** Exchanges that have not ended. */
  readonly open: number;
}

/** Starts a server that runs a script for each request. */
export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const connections = new Set<Socket>();
  let accepted = 0;
  let open = 0;
  const server = createServer((request, response) => {
    open++;
    response.on('close', () => open--);
    void (async () => {
      const text = await readText(request);
      const message = messageSchema.parse(request.method === 'POST' ? JSON.parse(text) : {});
      const { method: verb = '', url: path = '', headers } = request;
      const arrived = { verb, path, headers, message, text };
      seen.push(arrived);
      script(arrived, response);
    })();
  });
  server.on('connection', (socket) => {
    accepted++;
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    seen,
    get methods() {
      return seen.map(({ verb, message }) => (verb === 'POST' ? (message.method ?? 'response') : verb));
    },
    connections,
    get accepted() {
      return accepted;
    },
    get open() {
      return open;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers with a JSON-RPC result. */
export function result(
  seen: Seen,
  response: ServerResponse,
  value: object,
  headers: Record<string, string> = {},
): void {
  send(response, 200, { jsonrpc: '2.0', id: seen.message.id, result: value }, headers);
}

/** Answers with a JSON-RPC error. */
export function rpcError(
  seen: Seen,
  response: ServerResponse,
  status: number,
  error: { code: number; message: string; data?: unknown },
): void {
  send(response, status, { jsonrpc: '2.0', id: seen.message.id ?? null, error });
}

/** Opens a stream of server-sent events and sends what is given. */
export function stream(response: ServerResponse, ...chunks: string[]): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunks) response.write(chunk);
  return response;
}

/** Writes a message as a server-sent event. */
export function event(message: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${JSON.stringify(message)}\n\n`;
}

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** A server of the modern era with one tool; `methods` replaces or adds what it answers. */
export function modernScript(methods: Record<string, Script> = {}): Script {
  const known: Record<string, Script> = {
    'server/discover': (seen, response) =>
      result(seen, response, {
        resultType: 'complete',
        supportedVersions: ['2026-07-28'],
        capabilities: { tools: {}, resources: {}, prompts: {} },
        ttlMs: 0,
        cacheScope: 'private',
      }),
    'tools/list': (seen, response) => result(seen, response, { resultType: 'complete', tools: [TOOL] }),
    'tools/call': (seen, response) => result(seen, response, { resultType: 'complete', content: [] }),
    ...methods,
  };
  return byMethod(known);
}

/** A server of the legacy era with one tool and numbered sessions; `methods` replaces or adds what it answers. */
export function legacyScript(methods: Record<string, Script> = {}): Script {
  let sessions = 0;
  return byMethod({
    initialize: (seen, response) =>
      result(
        seen,
        response,
        {
          protocolVersion: '2025-11-25',
          capabilities: { tools: {}, resources: {}, prompts: {} },
          serverInfo: { name: 'legacy', version: '1' },
        },
        { 'mcp-session-id': `session-${++sessions}` },
      ),
    'notifications/initialized': (_seen, response) => response.writeHead(202).end(),
    'notifications/cancelled': (_seen, response) => response.writeHead(202).end(),
    response: (_seen, response) => response.writeHead(202).end(),
    DELETE: (_seen, response) => response.writeHead(200).end(),
    'tools/list': (seen, response) => result(seen, response, { tools: [TOOL] }),
    'tools/call': (seen, response) => result(seen, response, { content: [] }),
    ...methods,
  });
}

export const TOOL = { name: 'greet', inputSchema: { type: 'object' } };

function byMethod(methods: Record<string, Script>): Script {
  return (seen, response) => {
    const script = methods[seen.verb === 'POST' ? (seen.message.method ?? 'response') : seen.verb];
    if (script !== undefined) script(seen, response);
    else rpcError(seen, response, 400, { code: -32000, message: 'Bad Request: Server not initialized' });
  };
}
