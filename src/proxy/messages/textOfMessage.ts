import { stringifyLossless } from '../../mcp/losslessJson.ts';
import type { SideMessage } from '../../upstream/upstream.ts';
import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { SUBSCRIPTION_ID } from '../../upstream/subscriptions.ts';

/** Names the subscription as its client does: by the id of its request (MCP 2026-07-28, basic/utilities/subscriptions). */
function withSubscription(params: JsonObject | undefined, id: unknown): JsonObject {
  const meta = params?.['_meta'];
  return { ...params, _meta: { ...(typeof meta === 'object' ? meta : {}), [SUBSCRIPTION_ID]: id } };
}

/** Writes what a server sends beside answers as JSON text. @param subscription of the client that it is sent for */
export function textOfMessage(message: SideMessage, subscription: unknown): string {
  const { method, params } = message.kind === 'request' ? message.request : message.notification;
  const id = message.kind === 'request' ? { id: message.request.id } : {};
  const tagged = subscription === undefined ? params : withSubscription(params, subscription);
  return stringifyLossless({ jsonrpc: '2.0', ...id, method, ...(tagged !== undefined && { params: tagged }) });
}
