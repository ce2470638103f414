import { isListChange } from '../../mcp/listChanges.ts';
import type { Upstream, UpstreamMessage } from '../upstream.ts';

/** Makes an Upstream that calls back when the server sends that a list of its has changed, to whomever it sends that. */
export function withListChanges(upstream: Upstream, onListChanged: (server: string) => void): Upstream {
  async function* watched<Message extends UpstreamMessage>(
    messages: AsyncGenerator<Message, void, void>,
  ): AsyncGenerator<Message, void, void> {
    for await (const message of messages) {
      if (message.kind === 'notification' && isListChange(message.notification.method)) onListChanged(upstream.server);
      yield message;
    }
  }

  const join = upstream.join?.bind(upstream);
  // What is resumed calls back again by itself.
  const park = upstream.park?.bind(upstream);
  return {
    server: upstream.server,
    secrets: upstream.secrets,
    get facts() {
      return upstream.facts;
    },
    ask: (request, options) => watched(upstream.ask(request, options)),
    listen: (options) => watched(upstream.listen(options)),
    tell: (notification, options) => upstream.tell(notification, options),
    reply: (id, outcome) => upstream.reply(id, outcome),
    ...(join !== undefined && { join }),
    ...(park !== undefined && { park }),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
