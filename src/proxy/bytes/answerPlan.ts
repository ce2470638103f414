import type { IncomingHttpHeaders } from 'node:http';
import { judgeAnswer } from '../../mcp/answerVerdict.ts';
import { secretsOf } from '../../mcp/excerpt.ts';
import { answerFailure, notOffered, type AnswerFailure, type ServerLabel } from '../../mcp/failures.ts';
import { sessionNotFound } from '../../mcp/lostSession.ts';
import type { Call } from '../call.ts';
import type { Refusal } from '../refusal.ts';

/** What is to be done with a server's answer, judged by its head. */
export type AnswerPlan =
  /** A JSON document, or an event stream, that passes. */
  | { readonly as: 'json' | 'sse' }
  /** Passes without a body. */
  | { readonly as: 'empty' }
  /** An error that passes, unless its body means that the session is lost, or can't be read. */
  | { readonly as: 'error-body'; readonly mayMeanLostSession: boolean }
  /** Goes again to another address of the same server. */
  | { readonly as: 'redirect'; readonly url: URL }
  | { readonly as: 'refusal'; readonly refusal: Refusal };

const JSON_PLAN: AnswerPlan = { as: 'json' };
const SSE_PLAN: AnswerPlan = { as: 'sse' };
const EMPTY_PLAN: AnswerPlan = { as: 'empty' };

/**
 * Plans what the client gets for the head of a server's answer.
 * @param from the URL that answered
 * @param redirects how many the request went through already
 */
export function planAnswer(
  call: Call,
  status: number,
  headers: IncomingHttpHeaders,
  from: URL | undefined,
  redirects: number,
): AnswerPlan {
  const refusal = (error: Refusal['error'], own?: number): AnswerPlan => ({
    as: 'refusal',
    refusal: { error, id: call.id, status: own },
  });
  const verdict = judgeAnswer(call, status, headers, from, redirects);
  switch (verdict.as) {
    case 'accepted':
      return EMPTY_PLAN;
    case 'json':
      return JSON_PLAN;
    case 'event-stream':
      return SSE_PLAN;
    case 'error-body':
    case 'redirect':
      return verdict;
    case 'not-offered':
      return refusal(notOffered(labelOf(call), call.httpMethod));
    case 'session-lost':
      return refusal(sessionNotFound());
    case 'failure': {
      const error = answerFailure(labelOf(call), verdict.failure);
      return refusal(error, passesStatus(verdict.failure) ? status : undefined);
    }
  }
}

/** Tells whether the client gets the server's own status with our error: it finds the era and the abilities of a server by it (404, 400), and how long to wait (429). */
export function passesStatus({ about, status }: AnswerFailure): boolean {
  return status >= 400 && status < 500 && about !== 'credentials';
}

/** The server of a call, for messages about it. */
export function labelOf({ server }: Call): ServerLabel {
  return { server: server.name, secrets: secretsOf(server.url, server.headers) };
}
