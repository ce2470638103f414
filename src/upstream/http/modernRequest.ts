import { mirroredHeaders } from '../../mcp/mirroredHeaders.ts';
import { post, type Answer } from './jsonRpcHttp.ts';
import { progressListener, progressMeta } from './progress.ts';
import type { Call } from './call.ts';
import type { Endpoint } from './endpoint.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { isJsonObject } from '../../mcp/jsonRpc.ts';
import type { ClientInfo, RequestOptions } from '../session.ts';

/** What the requests of a modern conversation have in common. */
export interface ModernPeer {
  readonly endpoint: Endpoint;
  readonly clientInfo: ClientInfo;
  readonly version: string;
}

/** Sends one modern request: everything that the server must know travels with it (MCP 2026-07-28, basic: `_meta`). */
export async function sendModern(
  { endpoint, clientInfo, version }: ModernPeer,
  request: {
    method: string;
    params: JsonObject;
    call: Call;
    paramHeaders?: Readonly<Record<string, string>>;
    onProgress?: RequestOptions['onProgress'];
    /** The server may get it twice, whatever its method. */
    isRepeatable?: boolean;
  },
): Promise<Answer> {
  const { method, call, paramHeaders, onProgress, isRepeatable } = request;
  const id = endpoint.nextId();
  const given = request.params['_meta'];
  const params = {
    ...request.params,
    _meta: {
      ...(isJsonObject(given) && given),
      ...progressMeta(id, onProgress),
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': clientInfo,
      // None: nobody behind this client could answer.
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const noteProgress = progressListener(id, onProgress);
  return await post({
    endpoint,
    call,
    headers: { ...mirroredHeaders(version, method, params), ...paramHeaders },
    message: { jsonrpc: '2.0', id, method, params },
    repeatable: isRepeatable,
    // Modern servers send no requests (MCP 2026-07-28, basic/transports, Receiving Messages): one is ignored.
    onMessage: (message) => {
      if (message.kind === 'notification') noteProgress(message.notification);
    },
  });
}
