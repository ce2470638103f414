import type { Agent } from 'undici';
import { until } from '../proxy/client.ts';
import type { TestGateway } from '../proxy/gateway.ts';
import type { AnswerCase } from './answerCase.ts';
import type { AnswerServer, Seen } from './answerServer.ts';
import { precedingQuestion, type Sent } from './question.ts';
import { ask, type Observed, type Question } from './strictClient.ts';
import { PATIENCE_MS } from './waiting.ts';

/** What all cases share: a server that answers as each says, and a gateway. */
export interface World {
  readonly server: AnswerServer;
  readonly gateway: TestGateway;
}

/** Where a client sends its questions. */
export interface Place {
  readonly url: string;
  readonly dispatcher: Agent;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends what a client sends, within a session if it has one. */
export function send(
  { url, dispatcher, headers: own = {} }: Place,
  { verb, headers, body }: Sent,
  session?: string,
  more: Partial<Pick<Question, 'signal' | 'onHead' | 'onMessage'>> = {},
): Promise<Observed> {
  const named = session === undefined ? {} : { 'mcp-session-id': session };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return ask({ url, verb, body, dispatcher, signal, headers: { ...headers, ...own, ...named }, ...more });
}

/** Makes the connection what the case says of it before the question, and returns the session of the client. */
export async function precede(of: AnswerCase, place: Place, seen: Seen): Promise<string | undefined> {
  if (of.before === 'fresh' && !of.session) return undefined;
  const { sessionId } = await send(place, precedingQuestion(of));
  // Else it is a matter of luck whether the end is noticed before the question.
  if (of.before === 'closed') await until(() => seen.connections.size === 0, 'the connection is closed');
  return sessionId;
}

/** Nothing is under way in the gateway, and it holds nothing for it. */
export function isEmpty({ register }: TestGateway): boolean {
  return register.size === 0 && register.bodyBytes === 0;
}

/** Tells a response from the other messages of a server. */
export function isAnswer(message: unknown): boolean {
  return typeof message === 'object' && message !== null && ('result' in message || 'error' in message);
}
