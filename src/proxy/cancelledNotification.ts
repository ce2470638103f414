import type { IncomingHttpHeaders } from 'node:http';
import type { UpstreamAgent } from '../upstream/agents.ts';
import type { Call } from './call.ts';
import { requestHeaders } from './requestHeaders.ts';

/** How long the server may take to accept it, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Tells a legacy server that nobody waits for a request any more: there, a closed connection alone does not cancel
 * (MCP 2025-11-25, basic/utilities/cancellation). Best effort; `initialize` may not be cancelled.
 */
export function sendCancelled(client: IncomingHttpHeaders, call: Call, agent: UpstreamAgent, reason: string): void {
  if (call.era !== 'legacy' || call.kind !== 'request' || call.method === 'initialize') return;
  const params = { requestId: call.id, reason };
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  const headers = requestHeaders(client, call, agent);
  const timeouts = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
  const request = { path: agent.path, method: 'POST', headers, body, idempotent: true, ...timeouts } as const;
  agent.connections.dispatch(request, ignoreAnswer);
}

const ignoreAnswer = {
  onRequestStart(): void {
    // Nothing can abort it.
  },
  onResponseStart(): void {
    // 202, or a refusal that changes nothing.
  },
  onResponseData(): void {
    // There should be none.
  },
  onResponseEnd(): void {
    // It is done.
  },
  onResponseError(): void {
    // The server did not hear it; the call has been answered all the same.
  },
};
