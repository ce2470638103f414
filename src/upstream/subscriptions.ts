import { isJsonObject, type JsonObject } from '../mcp/jsonRpc.ts';
import type { SideMessage, SubscriptionFilter } from './upstream.ts';

/** By which a modern server's notifications name the request that they belong to (MCP 2026-07-28, basic/patterns/subscriptions). */
export const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/** Every change of a list that a server declares. */
export function listFilterOf(capabilities: JsonObject): SubscriptionFilter {
  const declares = (group: string): boolean => {
    const declared = capabilities[group];
    return isJsonObject(declared) && declared['listChanged'] === true;
  };
  return {
    ...(declares('tools') && { toolsListChanged: true }),
    ...(declares('prompts') && { promptsListChanged: true }),
    ...(declares('resources') && { resourcesListChanged: true }),
  };
}

/** Takes the id of the subscription, which is the gateway's, out of a notification. Modern servers send no requests. */
export function withoutSubscription(message: SideMessage): SideMessage | undefined {
  if (message.kind !== 'notification') return undefined;
  const { notification } = message;
  const meta = notification.params?.['_meta'];
  if (!isJsonObject(meta) || !(SUBSCRIPTION_ID in meta)) return message;
  const kept = Object.fromEntries(Object.entries(meta).filter(([name]) => name !== SUBSCRIPTION_ID));
  return { kind: 'notification', notification: { ...notification, params: { ...notification.params, _meta: kept } } };
}
