import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import type { ClientMessage, ServerRequest, ServerRequestId } from '../../mcp/jsonRpc.ts';
import { notMcp } from '../../mcp/failures.ts';
import { post } from './jsonRpcHttp.ts';
import { SIDE_TIMEOUTS, startCall } from './call.ts';
import { track, type Endpoint } from './endpoint.ts';

/** Requests that a server may send us during one call; far more than any asks, few enough to stop one that floods us. */
const MAX_REQUESTS = 100;

/**
 * Makes a listener that answers what a legacy server asks during a call: `ping`, and nothing else, because we declare no
 * capabilities (MCP 2025-11-25, basic/lifecycle).
 */
export function serverRequestListener(
  endpoint: Endpoint,
  headers: Readonly<Record<string, string>>,
): (request: ServerRequest) => void {
  let count = 0;
  return ({ id, method }) => {
    if (++count > MAX_REQUESTS) throw notMcp(endpoint, `sent more than ${MAX_REQUESTS} requests during one call`);
    track(endpoint, sendAside(endpoint, headers, reply(id, method)));
  };
}

/** Posts a message whose outcome changes nothing for anybody. */
export async function sendAside(
  endpoint: Endpoint,
  headers: Readonly<Record<string, string>>,
  message: ClientMessage,
): Promise<void> {
  using call = startCall({ endpoint, signals: [], timeouts: SIDE_TIMEOUTS });
  await post({ endpoint, call, headers, message });
}

function reply(id: ServerRequestId, method: string): ClientMessage {
  if (method === 'ping') return { jsonrpc: '2.0', id, result: {} };
  return { jsonrpc: '2.0', id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } };
}
