import { modern } from '../proxy/client.ts';
import type { AnswerCase } from './answerCase.ts';
import { AFTER, BEFORE } from './answerServer.ts';
import type { Id } from './wire.ts';

/** What a client sends for a case. */
export interface Sent {
  readonly verb: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Of the requests that want an answer. */
  readonly ids: readonly Id[];
}

const POST_HEADERS = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
const LEGACY = { 'mcp-protocol-version': '2025-11-25' };

/** The method and parameters of the request that a case is about. */
export function questionOf({ method }: AnswerCase): { method: string; params: Record<string, unknown> } {
  return { method, params: method === 'tools/call' ? { name: 'probe', arguments: {} } : {} };
}

/** Makes the message of a case. */
export function questionFor(of: AnswerCase): Sent {
  const { method, params } = questionOf(of);
  const request = (id: Id) => ({ jsonrpc: '2.0', id, method, params });
  switch (of.kind) {
    case 'request':
      return post(of, request(1), [1]);
    case 'batch':
      return post(
        of,
        [request(1), request('two'), { jsonrpc: '2.0', method: 'notifications/roots/list_changed' }],
        [1, 'two'],
      );
    case 'notification':
      return post(of, { jsonrpc: '2.0', method: 'notifications/roots/list_changed' }, []);
    case 'response':
      return post(of, { jsonrpc: '2.0', id: 7, result: {} }, []);
    case 'get':
      return { verb: 'GET', headers: { ...LEGACY, accept: 'text/event-stream' }, body: undefined, ids: [] };
    case 'delete':
      return { verb: 'DELETE', headers: LEGACY, body: undefined, ids: [] };
  }
}

/** Makes the request that precedes the question on the same connection. */
export function precedingQuestion(of: AnswerCase): Sent {
  if (!of.session) return post(of, { jsonrpc: '2.0', id: BEFORE, method: 'tools/list', params: {} }, [BEFORE]);
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'strict', version: '1' } };
  return post(of, { jsonrpc: '2.0', id: BEFORE, method: 'initialize', params }, [BEFORE]);
}

/** Makes a request that follows the question, and may be repeated. */
export function followingQuestion(of: AnswerCase): Sent {
  return post(of, { jsonrpc: '2.0', id: AFTER, method: 'tools/list', params: {} }, [AFTER]);
}

function post(of: AnswerCase, message: object, ids: readonly Id[]): Sent {
  if (of.era === 'legacy')
    return { verb: 'POST', headers: { ...POST_HEADERS, ...LEGACY }, body: JSON.stringify(message), ids };
  const { method, params } = message as { method: string; params?: Record<string, unknown> };
  const { message: envelope, headers } = modern(method, params);
  // The members of the message itself, and the parameters with the envelope of the era.
  const body = JSON.stringify({ ...message, params: envelope['params'] });
  return { verb: 'POST', headers: { ...POST_HEADERS, ...headers }, body, ids };
}
