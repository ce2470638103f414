import { isLost, type AnswerCase } from './answerCase.ts';
import type { Fate } from './outcome.ts';

/** Where a client gets something better through the gateway than directly, and why. */
export interface DocumentedDifference {
  readonly reason: string;
  readonly source: string;
  /** Tells whether it explains what became of one request. */
  explains(of: AnswerCase, direct: Fate, gateway: Fate): boolean;
}

export const documentedDifferences: readonly DocumentedDifference[] = [
  {
    reason: 'A redirect to another origin would take the credentials of the server there.',
    source: 'RFC 9110, 15.4; SECURITY.md',
    explains: ({ redirects }, _direct, gateway) =>
      redirects.some(({ to }) => to === 'other-origin') &&
      gateway.is === 'error' &&
      gateway.reason === 'upstream-redirect',
  },
  {
    reason:
      'A refusal of the credentials is about those that are configured, and must not look like one of the client’s.',
    source: 'RFC 9110, 11.6',
    explains: ({ status }, _direct, gateway) =>
      [401, 403, 407].includes(status) && gateway.is === 'error' && gateway.reason === 'upstream-unauthorized',
  },
  {
    reason: 'A batch of requests that may be repeated is sent again when the server closed the connection under it.',
    source: 'RFC 9110, 9.2.2',
    explains: ({ before, kind }, direct, gateway) =>
      isLost(before) && kind === 'batch' && direct.is !== 'result' && gateway.is !== 'failure',
  },
  {
    reason: 'A server that says with 400 that the session is gone is understood, so that the client begins a new one.',
    source: 'MCP 2025-11-25, basic/transports, Session Management',
    explains: ({ status, session, payload }, _direct, gateway) =>
      status === 400 && session && payload === 'lost-session' && gateway.is === 'session-lost',
  },
  {
    reason:
      'An answer that lacks only the blank line after it is whole, and its request was processed: it is handed on.',
    source: 'WHATWG HTML, 9.2.6 (which drops it); JSON-RPC 2.0, 5',
    explains: ({ cut, body }, direct, gateway) =>
      cut === 'before-blank-line' &&
      body === 'sse' &&
      (direct.is === 'failure' || direct.is === 'resumable') &&
      (gateway.is === 'result' || (gateway.is === 'error' && gateway.reason === undefined)),
  },
  {
    reason: 'After the CR that ends a stream clients wait for an LF: directly the last event may be lost on them.',
    source: 'WHATWG HTML, 9.2.5',
    explains: ({ cut, body, style }, direct, gateway) =>
      cut === 'after-body' &&
      body === 'sse' &&
      style.lineEnd === '\r' &&
      direct.is === 'failure' &&
      (gateway.is === 'result' || gateway.is === 'resumable'),
  },
];
