import type { JsonRpcResponse } from '../mcp/jsonRpc.ts';
import type { UpstreamRequest } from './upstream.ts';
import { UriRoom } from './uriRoom.ts';

/** A longer text is no level of logging, whatever the server says to it. */
const MAX_LEVEL = 32;

/**
 * What a legacy server was asked to keep for its session: a session in place of a lost one is asked for the same (MCP 2025-11-25,
 * server/resources, Subscriptions, and server/utilities/logging).
 */
export class SessionState {
  readonly #uris = new Set<string>();
  /** Subscriptions beyond it end with the session. */
  readonly #room = new UriRoom();
  #level: string | undefined;

  /** Notes a request that was answered. */
  note({ method, params }: UpstreamRequest, response: JsonRpcResponse): void {
    if ('error' in response) return;
    const { uri, level } = params ?? {};
    if (method === 'logging/setLevel' && typeof level === 'string' && level.length <= MAX_LEVEL) this.#level = level;
    else if (typeof uri !== 'string') return;
    else if (method === 'resources/unsubscribe' && this.#uris.delete(uri)) this.#room.giveBack(uri);
    else if (method === 'resources/subscribe' && !this.#uris.has(uri) && this.#room.take(uri)) this.#uris.add(uri);
  }

  get isEmpty(): boolean {
    return this.#level === undefined && this.#uris.size === 0;
  }

  /** What a new session is to be asked. */
  get requests(): readonly UpstreamRequest[] {
    const level = this.#level === undefined ? [] : [{ method: 'logging/setLevel', params: { level: this.#level } }];
    return [...level, ...[...this.#uris].map((uri) => ({ method: 'resources/subscribe', params: { uri } }))];
  }
}
