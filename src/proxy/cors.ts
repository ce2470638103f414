import type { IncomingMessage, ServerResponse } from 'node:http';
import { NO_STORE } from './noStore.ts';

/** Request headers that a web page may send; `mcp-param-*` besides. */
const ALLOWED_HEADERS = new Set([
  'accept',
  'authorization',
  'baggage',
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'traceparent',
  'tracestate',
  'x-api-key',
]);

const EXPOSED_HEADERS = 'Mcp-Session-Id, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate';

/** How long a browser may remember the answer to a preflight, in seconds; two hours is the longest that browsers honour. */
const MAX_AGE_S = '7200';

/** Adds the headers that let the page of an allowed origin read the answer. */
export function pushCorsHeaders(headers: string[], origin: string): void {
  headers.push('Access-Control-Allow-Origin', origin, 'Vary', 'Origin');
  headers.push('Access-Control-Expose-Headers', EXPOSED_HEADERS);
}

/** Answers a preflight of an allowed origin (Fetch, "CORS-preflight request"), or a plain OPTIONS. */
export function answerOptions(req: IncomingMessage, res: ServerResponse, origin: string | undefined): void {
  const headers = ['Allow', 'GET, POST, DELETE, OPTIONS', ...NO_STORE];
  if (origin !== undefined) {
    pushCorsHeaders(headers, origin);
    headers.push('Access-Control-Allow-Methods', 'GET, POST, DELETE', 'Access-Control-Max-Age', MAX_AGE_S);
    headers.push('Access-Control-Allow-Headers', allowedOf(req.headers['access-control-request-headers']));
  }
  res.writeHead(204, headers);
  res.end();
}

function allowedOf(requested: string | undefined): string {
  const names = (requested ?? '').split(',').map((name) => name.trim().toLowerCase());
  const params = names.filter((name) => /^mcp-param-[a-z0-9_.-]+$/.test(name));
  return [...ALLOWED_HEADERS, ...params].join(', ');
}
