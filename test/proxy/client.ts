import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { TestGateway } from './gateway.ts';

export interface WholeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The answer ended as HTTP says that it should. */
  readonly complete: boolean;
}

export interface AskOptions {
  readonly method?: string;
  /** Merged over those that every MCP client sends; undefined takes one away. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
  /** One of the loopback addresses. */
  readonly from?: string | undefined;
}

const MCP_HEADERS: NonNullable<AskOptions['headers']> = {
  authorization: 'Bearer good',
  accept: 'application/json, text/event-stream',
  'content-type': 'application/json',
};

/** Sends one request and reads the whole answer. */
export async function ask(
  gateway: Pick<TestGateway, 'url'>,
  path: string,
  asked: AskOptions = {},
): Promise<WholeAnswer> {
  const stream = await open(gateway, path, asked);
  await stream.ended;
  const body = Buffer.concat(stream.chunks);
  const { status, headers, complete } = stream;
  return { status, headers, body, text: body.toString('utf8'), complete };
}

/** Sends a JSON-RPC message. */
export async function call(
  gateway: Pick<TestGateway, 'url'>,
  server: string,
  message: unknown,
  headers: AskOptions['headers'] = {},
): Promise<WholeAnswer> {
  return ask(gateway, `/mcp/${server}`, { headers, body: JSON.stringify(message) });
}

/** An answer that is still under way. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly chunks: Buffer[];
  readonly text: string;
  readonly complete: boolean;
  readonly response: IncomingMessage;
  /** Settles when nothing more comes, whole or cut. */
  readonly ended: Promise<void>;
  abort(): void;
}

/** Sends one request and settles as soon as the answer's head is there. */
export function open(
  gateway: Pick<TestGateway, 'url'>,
  path: string,
  asked: AskOptions = {},
  { read = true } = {},
): Promise<OpenAnswer> {
  const { method = asked.body === undefined ? 'GET' : 'POST', body, agent, from } = asked;
  const headers = Object.entries({ ...MCP_HEADERS, ...asked.headers }).filter(([, value]) => value !== undefined);
  return new Promise((resolve, reject) => {
    const req = request(`${gateway.url}${path}`, {
      method,
      agent: agent ?? false,
      localAddress: from,
      headers: Object.fromEntries(headers),
    });
    req.on('error', reject);
    req.on('response', (response) => {
      const chunks: Buffer[] = [];
      if (read) response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => undefined);
      const ended = new Promise<void>((end) => response.on('close', end));
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        chunks,
        get text() {
          return Buffer.concat(chunks).toString('utf8');
        },
        get complete() {
          return response.complete;
        },
        response,
        ended,
        abort() {
          req.destroy();
        },
      });
    });
    req.end(body);
  });
}

/** Reads the JSON-RPC error of an answer. */
export function errorOf(answered: { readonly text: string }): {
  id: unknown;
  code: number;
  message: string;
  data: { code?: string; [key: string]: unknown } | undefined;
} {
  const { id, error } = JSON.parse(answered.text) as { id: unknown; error: Omit<ReturnType<typeof errorOf>, 'id'> };
  return { id, code: error.code, message: error.message, data: error.data };
}

/** Reads the messages of an event stream; an event without data is none. */
export function messagesOf(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((event) => !event.includes('event: truncated'))
    .map((event) => event.split('\n').filter((line) => line.startsWith('data: ') && line !== 'data: '))
    .filter((lines) => lines.length > 0)
    .map((lines): unknown => JSON.parse(lines.map((line) => line.slice('data: '.length)).join('\n')));
}

/** Waits until a condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** A modern request with the headers that mirror it. */
export function modern(
  method: string,
  params: Record<string, unknown> = {},
  id: string | number = 1,
  meta: Record<string, unknown> = {},
): { message: Record<string, unknown>; headers: Record<string, string> } {
  const name = params['name'] ?? params['uri'] ?? params['taskId'];
  return {
    message: { jsonrpc: '2.0', id, method, params: { ...params, _meta: { ...META, ...meta } } },
    headers: {
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    },
  };
}
