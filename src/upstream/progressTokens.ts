import { isJsonObject, plainNumber, type JsonObject } from '../mcp/jsonRpc.ts';
import type { SideMessage } from './upstream.ts';

/** The progress tokens of requests under way: on the wire a request's token is its id, which is unique. */
export class ProgressTokens {
  /** By id: the token that the request came with. */
  readonly #tokens = new Map<number, unknown>();

  /** Exchanges the token in a request's params, where it has one. */
  issue(id: number, params: JsonObject | undefined): JsonObject | undefined {
    const meta = params?.['_meta'];
    if (!isJsonObject(meta) || meta['progressToken'] === undefined || meta['progressToken'] === null) return params;
    this.#tokens.set(id, meta['progressToken']);
    return { ...params, _meta: { ...meta, progressToken: id } };
  }

  /** Restores the token in a progress notification. Undefined: no request waits for it. */
  restore(message: SideMessage): SideMessage | undefined {
    if (message.kind !== 'notification') return message;
    const { notification } = message;
    if (notification.method !== 'notifications/progress') return message;
    const id = plainNumber(notification.params?.['progressToken']);
    if (typeof id !== 'number' || !this.#tokens.has(id)) return undefined;
    const params = { ...notification.params, progressToken: this.#tokens.get(id) };
    return { kind: 'notification', notification: { ...notification, params } };
  }

  /** The request is over. */
  release(id: number): void {
    this.#tokens.delete(id);
  }
}
