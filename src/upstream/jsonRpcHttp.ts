import { connectionFailure } from './connectionFailure.ts';
import { notMcp, tooLarge } from '../mcp/failures.ts';
import { drain, MAX_MESSAGE_BYTES, parseJson, readEvents, readText, type StreamCursor } from './answerBody.ts';
import { isRepeatable } from '../mcp/resending.ts';
import { discard, sendHttp, type HttpResponse } from './httpRequest.ts';
import { readServerMessage, type ClientMessage, type JsonRpcResponse, type ServerMessage } from '../mcp/jsonRpc.ts';
import type { Call } from './call.ts';
import type { Endpoint, Room } from './endpoint.ts';

/** Read of the body of an HTTP error: room for the data of a JSON-RPC error. */
const MAX_ERROR_BYTES = 1024 * 1024;

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

/** What came back for one request. */
export interface Answer {
  readonly status: number;
  readonly sessionId: string | undefined;
  /** The JSON-RPC response; with an HTTP error status always an error. */
  readonly response?: JsonRpcResponse;
  /** The body of an HTTP error. The server's words: to be shown only through `excerpt`. */
  readonly text?: string;
  /** Set when a stream ended without the response. */
  readonly interrupted?: StreamCursor;
}

interface Exchange {
  readonly endpoint: Endpoint;
  readonly call: Call;
  readonly headers: Readonly<Record<string, string>>;
  /** Gets what the server sends before the response, in order. */
  readonly onMessage?: ((message: Exclude<ServerMessage, { kind: 'response' }>) => void) | undefined;
}

interface Posting extends Exchange {
  readonly message: ClientMessage;
  /** The server may get it twice, whatever its method. */
  readonly repeatable?: boolean | undefined;
}

/**
 * Posts one message and reads what comes back (MCP basic/transports, Streamable HTTP, of every revision).
 * @throws Unavailable; the call's abort reason
 */
export async function post(exchange: Posting): Promise<Answer> {
  const { endpoint, call, message } = exchange;
  const sendable = 'method' in message ? { method: message.method } : ({ kind: 'response' } as const);
  const headers = { ...exchange.headers, 'content-type': JSON_TYPE, accept: `${JSON_TYPE}, ${SSE_TYPE}` };
  const response = await sendHttp(endpoint, call, {
    method: 'POST',
    headers,
    body: JSON.stringify(message),
    repeatable: exchange.repeatable === true || isRepeatable({ httpMethod: 'POST', ...sendable }),
  });
  const awaited = 'method' in message && 'id' in message ? message.id : undefined;
  return await readAnswer(exchange, response, awaited);
}

/**
 * Opens a stream again after the event last seen, and goes on waiting for the response (MCP 2025-11-25, basic/transports,
 * Resumability and Redelivery).
 * @throws Unavailable; the call's abort reason
 */
export async function resume(exchange: Exchange & { lastEventId: string; awaited: number }): Promise<Answer> {
  const { endpoint, call, lastEventId, awaited } = exchange;
  const headers = { ...exchange.headers, accept: SSE_TYPE, 'last-event-id': lastEventId };
  const response = await sendHttp(endpoint, call, { method: 'GET', headers });
  return await readAnswer(exchange, response, awaited);
}

async function readAnswer(exchange: Exchange, response: HttpResponse, awaited: number | undefined): Promise<Answer> {
  const { endpoint, call } = exchange;
  const { statusCode: status, headers, body } = response;
  const type = mediaType(headers['content-type']);
  const session = headers['mcp-session-id'];
  const answer = { status, sessionId: typeof session === 'string' ? session : undefined };
  const room = endpoint.leaseRoom?.();
  try {
    const encoding = headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity' && status < 400) {
      throw notMcp(endpoint, 'answers compressed, which it was not asked to do', String(encoding));
    }
    if (status >= 400) return { ...answer, ...(await readError(exchange, response, type, { awaited, room })) };
    if (awaited === undefined || status === 202 || status === 204) {
      drain(endpoint, body);
      return answer;
    }
    if (type === SSE_TYPE) return { ...answer, ...(await readStream(exchange, body, { awaited, room })) };
    if (type === JSON_TYPE) {
      const { text, complete } = await readText(body, call, { limit: MAX_MESSAGE_BYTES, room });
      if (!complete) throw tooLarge(endpoint, 'an answer of more than 16 MiB');
      const found = takeMessages(exchange, parseJson(endpoint, text), awaited);
      if (found === undefined) throw notMcp(endpoint, 'answered something else than what was asked', text);
      return { ...answer, response: found };
    }
    const { text } = await readText(body, call, { limit: MAX_ERROR_BYTES, room });
    throw notMcp(endpoint, `answered with ${type === '' ? 'an untyped body' : `content of another type`}`, text);
  } catch (error) {
    room?.release();
    discard(response);
    if (call.signal.aborted) throw call.signal.reason;
    throw fromBody(endpoint, body, error);
  }
}

/** Tells errors of the connection, which the body carries, from our own. */
function fromBody(endpoint: Endpoint, body: HttpResponse['body'], error: unknown): unknown {
  return body.errored === error ? connectionFailure(endpoint, error, true) : error;
}

async function readError(
  exchange: Exchange,
  { body }: HttpResponse,
  type: string,
  { awaited, room }: { awaited: number | undefined; room: Room | undefined },
): Promise<Pick<Answer, 'response' | 'text'>> {
  const { text } = await readText(body, exchange.call, { limit: MAX_ERROR_BYTES, room });
  if (type !== JSON_TYPE) return { text };
  try {
    const message = readServerMessage(parseJson(exchange.endpoint, text));
    if (message?.kind !== 'response' || 'result' in message.response) return { text };
    const { response } = message;
    return (response.id ?? awaited) === awaited ? { text, response } : { text };
  } catch {
    // Not JSON after all: the status alone says what there is to say.
    return { text };
  }
}

async function readStream(
  exchange: Exchange,
  body: HttpResponse['body'],
  { awaited, room }: { awaited: number; room: Room | undefined },
): Promise<Pick<Answer, 'response' | 'interrupted'>> {
  const { endpoint, call } = exchange;
  const cursor: StreamCursor = { lastEventId: undefined, retryMs: undefined };
  try {
    for await (const { event, data } of readEvents(endpoint, body, call, { cursor, room })) {
      if (event !== 'message') continue;
      const response = takeMessages(exchange, parseJson(endpoint, data), awaited);
      if (response === undefined) continue;
      drain(endpoint, body);
      return { response };
    }
  } catch (error) {
    if (call.signal.aborted || body.errored !== error) throw error;
  }
  return { interrupted: cursor };
}

/** Hands on what precedes the response, and returns the response when it is there. Arrays are batches (MCP 2025-03-26). */
function takeMessages(exchange: Exchange, value: unknown, awaited: number): JsonRpcResponse | undefined {
  let found: JsonRpcResponse | undefined;
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const message = readServerMessage(item);
    if (message === undefined)
      throw notMcp(exchange.endpoint, 'sent something that is not JSON-RPC', JSON.stringify(item));
    if (message.kind !== 'response') exchange.onMessage?.(message);
    // The answer to another request may be a replay (some servers replay all streams): it is not ours to use.
    else if ((message.response.id ?? awaited) === awaited) found = message.response;
  }
  return found;
}

function mediaType(header: string | string[] | undefined): string {
  const first = typeof header === 'string' ? header : (header?.[0] ?? '');
  return first.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
