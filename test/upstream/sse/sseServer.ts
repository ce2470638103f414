import type { ServerResponse } from 'node:http';
import type { Upstream } from '../../../src/upstream/upstream.ts';
import { connect } from '../support/connect.ts';
import { startScriptedServer, stream, type ScriptedServer, type Seen } from '../support/scriptedServer.ts';

/** The stream of one session. */
export interface SseStream {
  readonly session: number;
  readonly response: ServerResponse;
  /** Sends a message; false when the transport takes no more for now. */
  send(message: object): boolean;
  sendText(text: string): boolean;
}

export interface SseScript {
  /** What a POST gets whose session is open. (Default: a server with one tool) */
  readonly message?: (seen: Seen, stream: SseStream, response: ServerResponse) => void;
  /** The first events of a stream. (Default: `endpoint`, relative) */
  readonly begin?: (stream: SseStream) => void;
  /** Answers the GET otherwise than by a stream. */
  readonly get?: (seen: Seen, response: ServerResponse) => boolean;
}

export interface SseServer extends ScriptedServer {
  /** The open streams, by session. */
  readonly streams: ReadonlyMap<number, SseStream>;
}

/** Starts a server of the HTTP+SSE transport whose every byte the test decides. */
export async function startSseServer({ message = answerAsServer, begin = nameEndpoint, get }: SseScript = {}) {
  const streams = new Map<number, SseStream>();
  let sessions = 0;
  const server = await startScriptedServer((seen, response) => {
    if (seen.verb === 'GET') {
      if (get?.(seen, response) === true) return;
      const opened = openStream(++sessions, response);
      streams.set(opened.session, opened);
      response.on('close', () => streams.delete(opened.session));
      begin(opened);
      return;
    }
    const opened = streams.get(Number(new URL(seen.path, 'http://here').searchParams.get('session')));
    if (opened === undefined) response.writeHead(404).end('no such session');
    else message(seen, opened, response);
  });
  return Object.assign(server, { streams }) as SseServer;
}

export function nameEndpoint({ session, response }: SseStream): void {
  response.write(`event: endpoint\ndata: /messages?session=${session}\n\n`);
}

/** Takes the message, and answers what opens a conversation, lists one tool, and calls it. */
export function answerAsServer({ message: { id, method } }: Seen, { send }: SseStream, response: ServerResponse): void {
  response.writeHead(202).end('Accepted');
  if (id === undefined || method === undefined) return;
  const results: Record<string, object> = {
    initialize: {
      protocolVersion: '2024-11-05',
      capabilities: { tools: {}, resources: { subscribe: true }, logging: {} },
      serverInfo: { name: 'sse', version: '1' },
    },
    'tools/list': { tools: [{ name: 'greet', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [] },
  };
  const result = results[method] ?? {};
  send({ jsonrpc: '2.0', id, result });
}

/** Answers as a server does, but for one method. */
export const butFor =
  (method: string, script: (...args: Parameters<typeof answerAsServer>) => void): typeof answerAsServer =>
  (seen, stream, response) => {
    (seen.message.method === method ? script : answerAsServer)(seen, stream, response);
  };

/** Connects to such a server. */
export function openSseServer(url: URL, options: Parameters<typeof connect>[1] = {}): Promise<Upstream> {
  return connect(url, { transport: 'sse', ...options });
}

function openStream(session: number, response: ServerResponse): SseStream {
  stream(response).flushHeaders();
  const sendText = (text: string) => !response.destroyed && response.write(`event: message\ndata: ${text}\n\n`);
  return { session, response, sendText, send: (message) => sendText(JSON.stringify(message)) };
}
