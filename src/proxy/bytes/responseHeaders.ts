import type { IncomingHttpHeaders } from 'node:http';
import { pushAnswerHeaders, type AnswerType } from '../answerHeaders.ts';
import type { Call } from '../call.ts';
import type { SessionTokens } from '../sessionTokens.ts';

/** Headers of a server's answer that pass to the client; the server's cookies and challenges are between it and us. */
const PASSED = ['allow', 'mcp-protocol-version', 'retry-after', 'traceparent', 'tracestate'] as const;

/** What these hold is short and visible; anything else is not what they are for, and could not be sent. */
const SENDABLE = /^[\x20-\x7e]{1,512}$/;

/** Makes the headers of the answer to the client, without its length, as name, value, name, value…. */
export function responseHeaders(
  server: IncomingHttpHeaders,
  call: Call,
  tokens: SessionTokens,
  contentType: AnswerType,
): string[] {
  const headers = passedHeaders(server, call, tokens);
  pushAnswerHeaders(headers, call, contentType);
  return headers;
}

/** Makes those that come from the server, and the session's. */
export function passedHeaders(server: IncomingHttpHeaders, call: Call, tokens: SessionTokens): string[] {
  const headers: string[] = [];
  for (const name of PASSED) {
    const value = server[name];
    if (typeof value === 'string' && SENDABLE.test(value)) headers.push(name, value);
  }
  const upstreamId = server['mcp-session-id'];
  if (typeof upstreamId === 'string' && call.era === 'legacy') {
    const known = call.session?.upstreamId === upstreamId ? call.session : undefined;
    // The session of the aggregate is the gateway's own, whatever a server of it says.
    const session = known ?? (call.member ? call.session : tokens.seal(call.principal.keyId, call.place, upstreamId));
    if (session !== undefined) headers.push('Mcp-Session-Id', session.token);
  }
  return headers;
}
