import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { UpstreamAgent } from '../../upstream/http/agents.ts';
import type { Call } from '../call.ts';
import { requestHeaders } from './requestHeaders.ts';
import { ServerExchange } from './serverExchange.ts';

/** How long the server may take to accept it, in milliseconds. */
const TIMEOUT_MS = 5_000;

/**
 * Cancels a request at a legacy server, for which a closed connection alone does not cancel
 * (MCP 2025-11-25, basic/utilities/cancellation). Best effort; `initialize` may not be cancelled.
 * @param url where the request went last, after redirects
 */
export function sendCancelled(
  client: IncomingHttpHeaders,
  call: Call,
  agent: UpstreamAgent,
  url: URL | undefined,
  reason: string,
): void {
  if (call.era !== 'legacy' || call.kind !== 'request' || call.method === 'initialize') return;
  const params = { requestId: call.id, reason };
  const body = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/cancelled', params });
  const headers = requestHeaders(client, call, agent);
  const timeouts = { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS };
  const path = url === undefined ? agent.path : url.pathname + url.search;
  agent.connections.dispatch({ path, method: 'POST', headers, body, idempotent: true, ...timeouts }, ignoreAnswer());
}

/** Reads a short answer to its end: 202, or a refusal that changes nothing. A longer one is cut: no call stands behind it. */
function ignoreAnswer(): Dispatcher.DispatchHandler {
  const server = new ServerExchange();
  const end = (): void => {
    server.end();
  };
  return {
    onRequestStart(controller) {
      server.begin(controller);
    },
    onResponseStart(_controller, status) {
      if (status >= 200) server.readRest(0);
    },
    onResponseData(_controller, chunk) {
      server.readRest(chunk.length);
    },
    onResponseEnd: end,
    onResponseError: end,
  };
}
