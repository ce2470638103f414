import type { Unavailable } from '../../errors/appError.ts';
import { answerFailure, truncated, type ServerLabel } from '../../mcp/failures.ts';
import type { StatusMeaning } from '../../mcp/httpStatus.ts';
import type { JsonObject, JsonRpcResponse } from '../../mcp/jsonRpc.ts';
import type { SideMessage, UpstreamAnswer } from '../upstream.ts';
import { UpstreamError } from '../upstreamError.ts';
import type { HttpResponse } from './httpResponse.ts';
import type { StreamCursor } from './eventReader.ts';

/** A result that is there as bytes, and has not been parsed. */
type LargeResult = Pick<UpstreamAnswer, 'resultBytes' | 'readResult'>;

/** What came back for one exchange. */
export interface Answer {
  readonly status: number;
  readonly sessionId: string | undefined;
  /** The JSON-RPC response; with an HTTP error status always an error. */
  readonly response?: JsonRpcResponse;
  /** Of a response whose result is large. */
  readonly large?: LargeResult;
  /** Set with an HTTP error, and where there is nothing: what that means, and the error to report if there is no response. */
  readonly failure?: { readonly about: StatusMeaning | 'nothing' | 'not-offered'; readonly error: Unavailable };
  /** The server does not know the session of the request any more. */
  readonly isSessionLost?: boolean;
  /** Set when a stream ended without the response. */
  readonly interrupted?: StreamCursor;
  /** What was wrong with an event of that stream. */
  readonly fault?: string | undefined;
}

/** What is read of an answer: what precedes the response, in order, and then all else. */
export type AnswerStream = AsyncGenerator<SideMessage, Answer, void>;

/** Reads an exchange to its end, for those who want nothing of what precedes the answer. */
export async function answerOf(exchange: AnswerStream | Promise<AnswerStream>): Promise<Answer> {
  const answer = await exchange;
  for (;;) {
    const next = await answer.next();
    if (next.done === true) return next.value;
  }
}

/**
 * Takes the response out of an answer.
 * @throws Unavailable when there is none
 */
export function responseOf(server: ServerLabel, answer: Answer): JsonRpcResponse {
  if (answer.response === undefined) throw unanswered(server, answer);
  return answer.response;
}

/** Makes the message of an answer that whoever has asked gets. @throws Unavailable when there is no response */
export function messageOf(server: ServerLabel, answer: Answer): UpstreamAnswer {
  return { kind: 'response', response: responseOf(server, answer), ...answer.large };
}

/** What the head of a response makes of an answer. */
export function headOf({ statusCode: status, headers }: HttpResponse): Pick<Answer, 'status' | 'sessionId'> {
  const session = headers['mcp-session-id'];
  return { status, sessionId: typeof session === 'string' ? session : undefined };
}

/** What a message with the response makes an answer. */
export function answeredBy({ response, resultBytes, readResult }: UpstreamAnswer): Pick<Answer, 'response' | 'large'> {
  const isLarge = resultBytes !== undefined && readResult !== undefined;
  return { response, ...(isLarge && { large: { resultBytes, readResult } }) };
}

/**
 * Takes the result out of an answer.
 * @throws UpstreamError for a JSON-RPC error; Unavailable when there is no response
 */
export function resultOf(server: ServerLabel, answer: Answer): JsonObject {
  const response = responseOf(server, answer);
  if ('error' in response) throw new UpstreamError(server, response.error);
  return response.result;
}

/** Throws what says nothing about the era of a server: refused credentials, and outages. */
export function throwUnlessEvidence({ failure }: Answer): void {
  if (failure?.about === 'credentials' || failure?.about === 'outage') throw failure.error;
}

/** Says why an answer holds no response. */
export function unanswered(server: ServerLabel, { status, failure, interrupted, fault }: Answer): Unavailable {
  if (failure !== undefined) return failure.error;
  if (interrupted !== undefined) {
    return truncated(
      server,
      fault === undefined ? undefined : `no response, but an event that is not JSON-RPC: ${fault}`,
    );
  }
  return answerFailure(server, { about: 'nothing', status });
}
