import { stringifyLossless } from '../../mcp/losslessJson.ts';
import type { Call } from '../call.ts';
import { LineResponse, type CallResponse } from '../lineResponse.ts';

/** A request under way, which its client can cancel. */
export interface Cancellable {
  cancelByClient(): void;
}

/** The requests under way that their clients can cancel by their ids, which are each client's own. */
export class Cancellables {
  readonly #requests = new Map<string, Cancellable>();

  /** Takes a request in; returns what ends that. @param scope whose id it is */
  enter(scope: string, id: unknown, request: Cancellable): () => void {
    const name = nameOf(scope, id);
    this.#requests.set(name, request);
    return () => {
      if (this.#requests.get(name) === request) this.#requests.delete(name);
    };
  }

  find(scope: string, id: unknown): Cancellable | undefined {
    return this.#requests.get(nameOf(scope, id));
  }

  cancelAll(scope: string): void {
    for (const [name, request] of this.#requests) if (name.startsWith(`${scope} `)) request.cancelByClient();
  }
}

/** Whose ids of requests they are: a session's, or an exchange's. */
export function scopeOf(session: { readonly id: string }, res: CallResponse): string {
  return res instanceof LineResponse ? res.channel.id : session.id;
}

/** A modern client cancels by a notification only where its requests have no streams of their own (MCP 2026-07-28, basic/transports/stdio). */
export function mayCancel({ era }: Pick<Call, 'era'>, res: CallResponse): boolean {
  return era === 'legacy' || res instanceof LineResponse;
}

function nameOf(scope: string, id: unknown): string {
  return `${scope} ${stringifyLossless(id)}`;
}
