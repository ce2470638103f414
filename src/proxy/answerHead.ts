import type { IncomingHttpHeaders } from 'node:http';
import { NotFound, Unavailable, type AppError } from '../errors.ts';
import { excerpt, secretsOf } from '../mcp/excerpt.ts';
import type { Call } from './call.ts';
import { essence } from '../mcp/mediaTypes.ts';

/** What is to be done with a server's answer, judged by its head. */
export type AnswerPlan =
  /** A JSON document, or an event stream, that passes. */
  | { readonly as: 'json' | 'sse' }
  /** Passes without a body. */
  | { readonly as: 'empty' }
  /** A JSON error that may mean that the session is lost; its body tells. */
  | { readonly as: 'session-error' }
  /** Goes again to another path of the same server. */
  | { readonly as: 'redirect'; readonly path: string }
  | { readonly as: 'error'; readonly error: AppError; readonly status?: number };

const JSON_PLAN: AnswerPlan = { as: 'json' };
const SSE_PLAN: AnswerPlan = { as: 'sse' };
const EMPTY_PLAN: AnswerPlan = { as: 'empty' };

/** Judges the head of a server's answer. What an MCP server may say passes; what its client can't make sense of does not. */
export function planAnswer(call: Call, status: number, headers: IncomingHttpHeaders, origin: string): AnswerPlan {
  const { name } = call.server;
  if (status >= 300 && status < 400) return planRedirect(call, status, headers.location, origin);
  if (status === 401 || status === 403) {
    const message = `The server "${name}" refuses the credentials configured for it (${String(status)}).`;
    return { as: 'error', error: new Unavailable('upstream-unauthorized', message, { data: { status } }) };
  }
  if (status === 404 && call.session !== undefined && call.era === 'legacy') {
    return { as: 'error', error: sessionNotFound() };
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return { as: 'error', error: notMcp(call, status, `content-encoding ${encoding}, which was not asked for`) };
  }
  const type = essence(headers['content-type'] ?? '');
  if (type === 'text/event-stream' && status === 200) return SSE_PLAN;
  if (status < 300) {
    if (isBodiless(call, status, headers)) return EMPTY_PLAN;
    return type === 'application/json' ? JSON_PLAN : { as: 'error', error: notMcp(call, status, type) };
  }
  if (type === 'application/json')
    return status === 400 && call.session !== undefined ? { as: 'session-error' } : JSON_PLAN;
  if (status >= 500) {
    const error = new Unavailable('upstream-error', `The server "${name}" failed (${String(status)}).`, {
      data: { status },
    });
    return { as: 'error', error };
  }
  // A client finds the era and the abilities of a server by such a status (405, 404, 400): it passes, its page does not.
  return { as: 'error', error: notMcp(call, status, type), status };
}

/** The answer to a session that is gone (MCP 2025-11-25, basic/transports, "Session Management"). */
export function sessionNotFound(): AppError {
  return new NotFound('session-not-found', 'Session not found');
}

function isBodiless(call: Call, status: number, headers: IncomingHttpHeaders): boolean {
  if (status === 202 || status === 204 || call.httpMethod === 'DELETE') return true;
  return call.kind === 'notification' || call.kind === 'response' || headers['content-length'] === '0';
}

function notMcp(call: Call, status: number, what: string): AppError {
  const message = `The server "${call.server.name}" does not answer as an MCP server: ${String(status)} with ${shown(call, what) || 'no content type'}.`;
  return new Unavailable('upstream-not-mcp', message, { data: { status } });
}

/** Makes what the server says fit to be shown. */
function shown({ server }: Call, text: string): string {
  return excerpt(text, secretsOf(server.url, server.headers));
}

/** 307 and 308 keep method and body, and so may be followed; across origins our credentials would leak. DESIGN 7. */
function planRedirect(call: Call, status: number, location: string | undefined, origin: string): AnswerPlan {
  const base = call.server.url?.href;
  const target = location !== undefined && URL.canParse(location, base) ? new URL(location, base) : undefined;
  const mayFollow = status === 307 || status === 308;
  if (mayFollow && target?.origin === origin) return { as: 'redirect', path: target.pathname + target.search };
  const where = target === undefined ? 'nowhere' : target.origin === origin ? target.pathname : target.origin;
  const message = `The server "${call.server.name}" redirects (${String(status)}) to ${shown(call, where)}; configure the URL that it should be reached at.`;
  return { as: 'error', error: new Unavailable('upstream-redirect', message, { data: { status } }) };
}
