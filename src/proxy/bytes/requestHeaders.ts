import type { IncomingHttpHeaders } from 'node:http';
import type { UpstreamAgent } from '../../upstream/http/agents.ts';
import { encodeHeaderValue } from '../../mcp/headerValue.ts';
import type { Call } from '../call.ts';

/** Headers of either era that pass to the server as they are. */
const PASSED = ['mcp-protocol-version', 'traceparent', 'tracestate', 'baggage'] as const;

/**
 * Makes the headers of the request to the server, as name, value, name, value…: those that MCP and trace context name, then
 * the configured ones, which win. Nothing else of the client's gets there, its credentials least of all.
 */
export function requestHeaders(client: IncomingHttpHeaders, call: Call, agent: UpstreamAgent): string[] {
  const headers: string[] = [];
  const add = (name: string, value: string | string[] | undefined): void => {
    if (typeof value === 'string' && !agent.headerNames.has(name)) headers.push(name, value);
  };
  if (call.httpMethod === 'POST') {
    add('content-type', 'application/json');
    add('accept', 'application/json, text/event-stream');
  } else if (call.httpMethod === 'GET') {
    add('accept', 'text/event-stream');
    add('last-event-id', call.member?.lastEventId ?? client['last-event-id']);
  }
  // An encoded stream could not be watched for its end, and compressing events delays them.
  add('accept-encoding', 'identity');
  add('user-agent', 'metamcp');
  headers.push('via', call.via);
  for (const name of PASSED) add(name, client[name]);
  if (call.era === 'modern') {
    add('mcp-method', client['mcp-method']);
    const name = call.tasks?.subject ?? call.member?.name;
    add('mcp-name', name === undefined ? client['mcp-name'] : encodeHeaderValue(name));
    for (const name in client) {
      if (name.startsWith('mcp-param-')) add(name, client[name]);
    }
  } else {
    add('mcp-session-id', call.session?.upstreamId);
  }
  for (const header of agent.headers) headers.push(header);
  return headers;
}
