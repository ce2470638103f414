import { isRepeatable } from '../../mcp/resending.ts';
import type { ClientMessage } from '../../mcp/jsonRpc.ts';
import type { AnswerStream } from './answer.ts';
import { sendHttp } from './httpRequest.ts';
import { readAnswer } from './readAnswer.ts';
import type { Reading } from './reading.ts';

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream';

/** What every exchange needs. */
export interface Exchange extends Omit<Reading, 'awaited'> {
  readonly headers: Readonly<Record<string, string>>;
}

interface Posting extends Exchange {
  readonly message: ClientMessage;
  /** The server may get it twice, whatever its method. */
  readonly repeatable?: boolean | undefined;
}

/**
 * Posts one message, for what comes back to be read (MCP basic/transports, Streamable HTTP, of every revision): it gives what
 * precedes the response, and returns the answer. Leaving it early closes the connection.
 * @throws Unavailable; the reason of the bounds' signal
 */
export async function post(exchange: Posting): Promise<AnswerStream> {
  // What is read keeps nothing of what was sent.
  const { message, headers: own, repeatable: asked, ...reading } = exchange;
  const { target, bounds } = reading;
  const sendable = 'method' in message ? { method: message.method } : ({ kind: 'response' } as const);
  const headers = { ...own, 'content-type': JSON_TYPE, accept: `${JSON_TYPE}, ${SSE_TYPE}` };
  const awaited = 'method' in message && 'id' in message ? message.id : undefined;
  const body = JSON.stringify(message);
  const repeatable = asked === true || isRepeatable({ httpMethod: 'POST', ...sendable });
  const judged = await sendHttp(target, bounds, { method: 'POST', headers, body, awaited, repeatable });
  return readAnswer({ ...reading, awaited }, judged);
}

/**
 * Opens a legacy server's event stream: after the event last seen, to go on waiting for a response (MCP 2025-11-25,
 * basic/transports, Resumability and Redelivery), or the one for messages outside of requests (Listening for Messages).
 * @throws Unavailable; the reason of the bounds' signal
 */
export async function getStream(
  exchange: Exchange & { lastEventId?: string | undefined; awaited?: number | undefined },
): Promise<AnswerStream> {
  const { headers: own, lastEventId, ...reading } = exchange;
  const { target, bounds, awaited } = reading;
  const resumption = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const headers = { ...own, accept: SSE_TYPE, ...resumption };
  const judged = await sendHttp(target, bounds, { method: 'GET', headers, awaited });
  return readAnswer({ ...reading, awaited }, judged);
}
