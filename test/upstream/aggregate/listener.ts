import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../../../src/mcp/jsonRpc.ts';
import type { SideMessage } from '../../../src/upstream/upstream.ts';
import { event, stream, type Script } from '../support/scriptedServer.ts';
import type { ManyServers } from './manyServers.ts';

/** Listens, and notes the methods of what comes. */
export function listen({ aggregate }: ManyServers, filter?: JsonObject, onOpen?: () => void) {
  const ending = new AbortController();
  const messages: SideMessage[] = [];
  const ended = (async () => {
    const options = { signal: ending.signal, ...(filter && { filter }), ...(onOpen && { onOpen }) };
    for await (const message of aggregate.listen(options)) {
      messages.push(message);
    }
  })();
  return {
    messages,
    ended,
    get methods() {
      return messages.map((message) => (message.kind === 'request' ? message.request : message.notification).method);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await ended;
    },
  };
}

export const ALL_LISTS = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };

export const CHANGED = 'notifications/tools/list_changed';

/** A stream that stands, for what a test sends outside of requests. */
export function standing(): { open: Script; send(message: object): void; readonly isOpen: boolean } {
  let current: ServerResponse | undefined;
  return {
    open(seen, response) {
      current = response;
      const acknowledged = {
        jsonrpc: '2.0',
        method: 'notifications/subscriptions/acknowledged',
        params: { notifications: {}, _meta: { 'io.modelcontextprotocol/subscriptionId': seen.message.id } },
      };
      stream(response, ...(seen.verb === 'POST' ? [event(acknowledged)] : [])).flushHeaders();
    },
    send(message) {
      current?.write(event({ jsonrpc: '2.0', ...message }));
    },
    get isOpen() {
      return current !== undefined;
    },
  };
}
