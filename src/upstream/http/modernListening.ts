import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { isJsonObject, type JsonObject } from '../../mcp/jsonRpc.ts';
import { boundRequest } from '../requestBounds.ts';
import type { ListenOptions, ServerFacts, SideMessage, SubscriptionFilter } from '../upstream.ts';
import { UpstreamError } from '../upstreamError.ts';
import type { Answer } from './answer.ts';
import { sendModern, type ModernPeer } from './modernExchange.ts';

const SUBSCRIPTION_ID = 'io.modelcontextprotocol/subscriptionId';

/**
 * Gives what a modern server tells of by itself: `subscriptions/listen` (MCP 2026-07-28, basic/utilities/subscriptions), its
 * acknowledgement first, without the id of the subscription. A server that does not know the method ends it at once.
 * @throws UpstreamError, Unavailable, the reason of the target's end
 */
export async function* listenModern(
  peer: ModernPeer,
  facts: ServerFacts,
  { signal, filter = changesOf(facts.capabilities) }: ListenOptions,
): AsyncGenerator<SideMessage, void, void> {
  if (signal.aborted) return;
  const { target } = peer;
  const { server, timeouts } = target;
  using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts });
  let answer: Answer;
  try {
    const request = { id: target.nextId(), method: 'subscriptions/listen', params: { notifications: filter }, bounds };
    answer = yield* sendModern(peer, { ...request, admit: withoutSubscription, isStanding: true });
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const { response, failure } = answer;
  if (response !== undefined && 'error' in response && response.error.code !== METHOD_NOT_FOUND) {
    throw new UpstreamError(target, response.error);
  }
  if (response === undefined && failure !== undefined) throw failure.error;
}

/** Every change of a list that a server declares. */
function changesOf(capabilities: JsonObject): SubscriptionFilter {
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

function withoutSubscription(message: SideMessage): SideMessage | undefined {
  if (message.kind !== 'notification') return undefined;
  const { notification } = message;
  const meta = notification.params?.['_meta'];
  if (!isJsonObject(meta) || !(SUBSCRIPTION_ID in meta)) return message;
  const kept = Object.fromEntries(Object.entries(meta).filter(([name]) => name !== SUBSCRIPTION_ID));
  return { kind: 'notification', notification: { ...notification, params: { ...notification.params, _meta: kept } } };
}
