import type { JsonObject } from '../../mcp/jsonRpc.ts';
import { SUBSCRIPTION_ID } from '../../upstream/subscriptions.ts';

/** Names the subscription as its client does: by the id of its request (MCP 2026-07-28, basic/utilities/subscriptions). */
export function withSubscription(params: JsonObject | undefined, id: unknown): JsonObject {
  const meta = params?.['_meta'];
  return { ...params, _meta: { ...(typeof meta === 'object' ? meta : {}), [SUBSCRIPTION_ID]: id } };
}
