import { connectionFailure } from './connectionFailure.ts';
import { readCodings } from '../../mcp/contentCodings.ts';
import { readErrorBody } from '../../mcp/errorBody.ts';
import { answerFailure, isTimedOut, notMcp, otherAnswer, tooLarge, truncated } from '../../mcp/failures.ts';
import { meaningOf, type StatusMeaning } from '../../mcp/httpStatus.ts';
import { firstOf } from '../../mcp/headerField.ts';
import { findExcess } from '../../mcp/jsonCost.ts';
import { essence, isPage } from '../../mcp/mediaTypes.ts';
import { UndecodableContent } from './decoder.ts';
import { isAnswerTo } from '../../mcp/awaitedAnswers.ts';
import { drain, MAX_MESSAGE_BYTES, parseJson, readEvents, readText, type StreamCursor } from './answerBody.ts';
import { isRepeatable } from '../../mcp/resending.ts';
import { discard, sendHttp, type HttpResponse, type Judged } from './httpRequest.ts';
import {
  faultOfMessage,
  readServerMessage,
  type ClientMessage,
  type JsonRpcResponse,
  type ServerMessage,
} from '../../mcp/jsonRpc.ts';
import type { Call } from './call.ts';
import type { Endpoint, Room } from './endpoint.ts';
import { AppError, type Unavailable } from '../../errors/appError.ts';

/** Read of the body of an HTTP error: room for the data of a JSON-RPC error. */
const MAX_ERROR_BYTES = 1024 * 1024;

/** How long a page may take that is shown in an error, in milliseconds: what is wrong is known without it. */
const MAX_PAGE_MS = 1_000;

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

/** What came back for one request. */
export interface Answer {
  readonly status: number;
  readonly sessionId: string | undefined;
  /** The JSON-RPC response; with an HTTP error status always an error. */
  readonly response?: JsonRpcResponse;
  /** Set with an HTTP error, and where there is nothing: what that means, and the error to report if there is no response. */
  readonly failure?: { readonly about: StatusMeaning | 'nothing'; readonly error: Unavailable };
  /** The server does not know the session of the request any more. */
  readonly isSessionLost?: boolean;
  /** Set when a stream ended without the response. */
  readonly interrupted?: StreamCursor;
  /** What was wrong with an event of that stream. */
  readonly fault?: string | undefined;
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
  const awaited = 'method' in message && 'id' in message ? message.id : undefined;
  const body = JSON.stringify(message);
  const repeatable = exchange.repeatable === true || isRepeatable({ httpMethod: 'POST', ...sendable });
  const judged = await sendHttp(endpoint, call, { method: 'POST', headers, body, awaited, repeatable });
  return await readAnswer(exchange, judged, awaited);
}

/**
 * Opens a stream again after the event last seen, and goes on waiting for the response (MCP 2025-11-25, basic/transports,
 * Resumability and Redelivery).
 * @throws Unavailable; the call's abort reason
 */
export async function resume(exchange: Exchange & { lastEventId: string; awaited: number }): Promise<Answer> {
  const { endpoint, call, lastEventId, awaited } = exchange;
  const headers = { ...exchange.headers, accept: SSE_TYPE, 'last-event-id': lastEventId };
  const judged = await sendHttp(endpoint, call, { method: 'GET', headers, awaited: exchange.awaited });
  return await readAnswer(exchange, judged, awaited);
}

async function readAnswer(
  exchange: Exchange,
  { response, verdict }: Judged,
  awaited: number | undefined,
): Promise<Answer> {
  const { endpoint, call } = exchange;
  const { statusCode: status, headers, body } = response;
  const session = headers['mcp-session-id'];
  const answer = { status, sessionId: typeof session === 'string' ? session : undefined };
  const room = endpoint.leaseRoom?.();
  try {
    switch (verdict.as) {
      case 'accepted':
        drain(endpoint, body);
        return answer;
      case 'session-lost':
        drain(endpoint, body);
        return { ...answer, isSessionLost: true };
      case 'not-offered':
        drain(endpoint, body);
        // A stream that can't be taken up again has broken.
        return { ...answer, failure: { about: 'refusal', error: truncated(endpoint) } };
      case 'error-body':
        return { ...answer, ...(await readError(exchange, response, { ...verdict, awaited, room })) };
      case 'event-stream':
        return { ...answer, ...(await readStream(exchange, body, { awaited, room })) };
      case 'json': {
        const { text, complete } = await readText(body, call, { limit: MAX_MESSAGE_BYTES, room });
        if (!complete) throw tooLarge(endpoint, 'an answer of more than 16 MiB');
        const messages = readMessages(parseJson(endpoint, text));
        if (typeof messages === 'string') throw notMcp(endpoint, `sent something that is not JSON-RPC: ${messages}`);
        const found = takeMessages(exchange, messages, awaited);
        if (found === undefined) throw otherAnswer(endpoint);
        return { ...answer, response: found };
      }
      case 'failure': {
        // A page says what went wrong; anything else may hold a part of a result, which is nobody's but the caller's.
        const isShown = status >= 400 || isPage(essence(firstOf(headers['content-type']) ?? ''));
        const isReadable = isShown && readCodings(headers['content-encoding']) !== undefined;
        const text = isReadable ? await readErrorText(exchange, body, room, MAX_PAGE_MS) : '';
        const error = answerFailure(endpoint, verdict.failure, text);
        const { about } = verdict.failure;
        if (about === 'content' || about === 'redirect') throw error;
        return { ...answer, failure: { about, error } };
      }
    }
  } catch (error) {
    room?.release();
    discard(response);
    const isOurs = error instanceof AppError && body.errored !== error;
    if (call.signal.aborted && !isOurs) throw call.signal.reason;
    throw fromBody(endpoint, body, error);
  }
}

/** Tells errors of the connection, which the body carries, from our own. */
function fromBody(endpoint: Endpoint, body: HttpResponse['body'], error: unknown): unknown {
  return body.errored === error ? connectionFailure(endpoint, error, true) : error;
}

/**
 * Reads what there is of the body of an error: the head has said what it is.
 * @param ms so long it may take; undefined: as long as any answer
 */
async function readErrorText(
  { call }: Exchange,
  body: HttpResponse['body'],
  room: Room | undefined,
  ms?: number,
): Promise<string> {
  const enough = ms === undefined ? undefined : setTimeout(() => body.destroy(new Error('it takes too long')), ms);
  try {
    return (await readText(body, call, { limit: MAX_ERROR_BYTES, room })).text;
  } catch (error) {
    if (!isTimedOut(call.signal.reason) && (call.signal.aborted || body.errored !== error)) throw error;
    return '';
  } finally {
    clearTimeout(enough);
  }
}

async function readError(
  exchange: Exchange,
  { statusCode: status, body }: HttpResponse,
  options: { mayMeanLostSession: boolean; awaited: number | undefined; room: Room | undefined },
): Promise<Pick<Answer, 'response' | 'failure' | 'isSessionLost'>> {
  const { endpoint } = exchange;
  const { mayMeanLostSession, awaited, room } = options;
  const text = await readErrorText(exchange, body, room);
  const about = meaningOf(status);
  const failureWith = (shown: string) => ({ about, error: answerFailure(endpoint, { about, status }, shown) });
  // What costs too much to parse is no error: the status alone says what there is to say.
  if (findExcess(text) !== undefined) return { failure: failureWith('') };
  const read = readErrorBody(status, text, mayMeanLostSession);
  if (read.is === 'lost-session') return { isSessionLost: true };
  if (read.is === 'other') return { failure: failureWith(read.words) };
  const failure = failureWith(text);
  const message = readServerMessage(read.value);
  if (message?.kind !== 'response') return { failure };
  const { response } = message;
  return isAnswerTo(response.id, awaited) ? { failure, response } : { failure };
}

async function readStream(
  exchange: Exchange,
  body: HttpResponse['body'],
  { awaited, room }: { awaited: number | undefined; room: Room | undefined },
): Promise<Pick<Answer, 'response' | 'interrupted' | 'fault'>> {
  const { endpoint, call } = exchange;
  const cursor: StreamCursor = { lastEventId: undefined, retryMs: undefined };
  let fault: string | undefined;
  try {
    for await (const { event, data } of readEvents(endpoint, body, call, { cursor, room })) {
      if (event !== 'message') continue;
      const messages = readEvent(endpoint, data);
      // Clients pass over an event that they can't read.
      if (typeof messages === 'string') fault = messages;
      const response = typeof messages === 'string' ? undefined : takeMessages(exchange, messages, awaited);
      if (response === undefined) continue;
      drain(endpoint, body);
      return { response };
    }
  } catch (error) {
    if (call.signal.aborted || body.errored !== error || error instanceof UndecodableContent) throw error;
  }
  return { interrupted: cursor, fault };
}

/** Reads the messages of one JSON document. Arrays are batches (MCP 2025-03-26). Returns what is wrong when one is no message. */
function readMessages(value: unknown): ServerMessage[] | string {
  const messages: ServerMessage[] = [];
  for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) {
    const message = readServerMessage(item);
    if (message === undefined) return faultOfMessage(item);
    messages.push(message);
  }
  return messages;
}

/** The same of an event. */
function readEvent(endpoint: Endpoint, data: string): ServerMessage[] | string {
  try {
    return readMessages(parseJson(endpoint, data));
  } catch (error) {
    if (error instanceof AppError && error.code === 'upstream-too-large') throw error;
    return 'it is not JSON';
  }
}

/** Hands on what precedes the response, and returns the response when it is there. */
function takeMessages(
  exchange: Exchange,
  messages: readonly ServerMessage[],
  awaited: number | undefined,
): JsonRpcResponse | undefined {
  let found: JsonRpcResponse | undefined;
  for (const message of messages) {
    if (message.kind !== 'response') exchange.onMessage?.(message);
    // The answer to another request may be a replay (some servers replay all streams): it is not ours to use.
    else if (isAnswerTo(message.response.id, awaited)) found ??= message.response;
  }
  return found;
}
