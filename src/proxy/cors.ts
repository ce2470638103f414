import type { IncomingMessage, ServerResponse } from 'node:http';
import { ALLOWED_HEADERS, EXPOSED_HEADERS, PREFLIGHT_MAX_AGE_S } from '../front/crossOrigin.ts';
import { NO_STORE } from './noStore.ts';

const EXPOSED = EXPOSED_HEADERS.join(', ');

/** Adds the headers that let the page of an allowed origin read the answer. */
export function pushCorsHeaders(headers: string[], origin: string): void {
  headers.push('Access-Control-Allow-Origin', origin, 'Vary', 'Origin');
  headers.push('Access-Control-Expose-Headers', EXPOSED);
}

/** Answers a preflight of an allowed origin (Fetch, "CORS-preflight request"), or a plain OPTIONS. */
export function answerOptions(req: IncomingMessage, res: ServerResponse, origin: string | undefined): void {
  const headers = ['Allow', 'GET, POST, DELETE, OPTIONS', ...NO_STORE];
  if (origin !== undefined) {
    pushCorsHeaders(headers, origin);
    headers.push(
      'Access-Control-Allow-Methods',
      'GET, POST, DELETE',
      'Access-Control-Max-Age',
      `${PREFLIGHT_MAX_AGE_S}`,
    );
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
