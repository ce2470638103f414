import { isListChange } from '../../mcp/listChanges.ts';
import { aroundUpstream } from '../aroundUpstream.ts';
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

  // What is resumed calls back again by itself.
  return aroundUpstream(upstream, {
    ask: (request, options) => watched(upstream.ask(request, options)),
    listen: (options) => watched(upstream.listen(options)),
  });
}
