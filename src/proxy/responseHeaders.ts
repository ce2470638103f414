import type { IncomingHttpHeaders } from 'node:http';
import { pushCorsHeaders } from './cors.ts';
import type { Call } from './call.ts';
import type { SessionTokens } from './sessionTokens.ts';

/** Headers of a server's answer that pass to the client; the server's cookies and challenges are between it and us. */
const PASSED = ['allow', 'cache-control', 'mcp-protocol-version', 'retry-after', 'traceparent', 'tracestate'] as const;

/** Makes the headers of the answer to the client, without its length, as name, value, name, value…. DESIGN 7. */
export function responseHeaders(
  server: IncomingHttpHeaders,
  call: Call,
  tokens: SessionTokens,
  contentType: 'application/json' | 'text/event-stream' | undefined,
): string[] {
  const headers: string[] = [];
  if (contentType !== undefined) headers.push('Content-Type', contentType);
  const isStream = contentType === 'text/event-stream';
  for (const name of PASSED) {
    const value = server[name];
    if (typeof value === 'string' && !(isStream && name === 'cache-control')) headers.push(name, value);
  }
  // Intermediaries must neither hold nor change events (MCP 2026-07-28, basic/transports).
  if (isStream) headers.push('Cache-Control', 'no-cache, no-transform', 'X-Accel-Buffering', 'no');
  const upstreamId = server['mcp-session-id'];
  if (typeof upstreamId === 'string' && call.era === 'legacy') {
    const known = call.session?.upstreamId === upstreamId ? call.session : undefined;
    const session = known ?? tokens.seal(call.principal.keyId, call.place, upstreamId);
    headers.push('Mcp-Session-Id', session.token);
  }
  if (call.corsOrigin !== undefined) pushCorsHeaders(headers, call.corsOrigin);
  return headers;
}
