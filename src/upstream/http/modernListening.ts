import { METHOD_NOT_FOUND } from '../../mcp/errorCodes.ts';
import { boundRequest } from '../requestBounds.ts';
import { listFilterOf, withoutSubscription } from '../subscriptions.ts';
import type { ListenOptions, ServerFacts, SideMessage } from '../upstream.ts';
import { UpstreamError } from '../upstreamError.ts';
import type { Answer } from './answer.ts';
import { sendModern, type ModernPeer } from './modernExchange.ts';

/**
 * Gives what a modern server tells of by itself: `subscriptions/listen` (MCP 2026-07-28, basic/utilities/subscriptions), its
 * acknowledgement first, without the id of the subscription. A server that does not know the method ends it at once.
 * @throws UpstreamError, Unavailable, the reason of the target's end
 */
export async function* listenModern(
  peer: ModernPeer,
  facts: ServerFacts,
  { signal, filter = listFilterOf(facts.capabilities) }: ListenOptions,
): AsyncGenerator<SideMessage, void, void> {
  if (signal.aborted) return;
  const { target } = peer;
  const { server, timeouts } = target;
  using bounds = boundRequest({ server, signals: [signal, target.closed], timeouts });
  let answer: Answer;
  try {
    const request = { id: target.nextId(), method: 'subscriptions/listen', params: { notifications: filter }, bounds };
    answer = yield* await sendModern(peer, { ...request, admit: withoutSubscription, isStanding: true });
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
