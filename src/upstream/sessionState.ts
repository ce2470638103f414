import type { JsonRpcResponse } from '../mcp/jsonRpc.ts';
import type { UpstreamRequest } from './upstream.ts';

/** Subscriptions that are remembered; the others end with the session. */
const MAX_SUBSCRIPTIONS = 1_000;

/**
 * What a legacy server was asked to keep for its session: a session in place of a lost one is asked for the same (MCP 2025-11-25,
 * server/resources, Subscriptions, and server/utilities/logging).
 */
export class SessionState {
  readonly #uris = new Set<string>();
  #level: unknown;

  /** Notes a request that was answered. */
  note({ method, params }: UpstreamRequest, response: JsonRpcResponse): void {
    if ('error' in response) return;
    const uri = params?.['uri'];
    if (method === 'logging/setLevel') this.#level = params?.['level'];
    else if (typeof uri !== 'string') return;
    else if (method === 'resources/unsubscribe') this.#uris.delete(uri);
    else if (method === 'resources/subscribe' && this.#uris.size < MAX_SUBSCRIPTIONS) this.#uris.add(uri);
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
