import { randomUUID } from 'node:crypto';
import type { ServerRequestId } from '../../mcp/jsonRpc.ts';
import type { ReplyOutcome } from '../upstream.ts';

/**
 * The requests that a bridge has made of what a modern server wants to know, and that wait for the client's replies. No other
 * request ever has the id of one: a reply that comes late answers nothing.
 */
export class AwaitedReplies {
  readonly #waiting = new Map<ServerRequestId, (outcome: ReplyOutcome) => void>();

  /** Makes the id of a request, whose reply is taken once. */
  expect(onReply: (outcome: ReplyOutcome) => void): string {
    const id = randomUUID();
    this.#waiting.set(id, onReply);
    return id;
  }

  forget(id: ServerRequestId): void {
    this.#waiting.delete(id);
  }

  /** Takes a reply; one that nobody waits for is dropped. */
  settle(id: ServerRequestId, outcome: ReplyOutcome): void {
    const onReply = this.#waiting.get(id);
    this.#waiting.delete(id);
    onReply?.(outcome);
  }
}
