import { plainNumber } from '../../mcp/jsonRpc.ts';
import type { SideMessage } from '../upstream.ts';

/**
 * The progress of one request of a legacy client, which a modern server sees as several: it grows from one round to the next, too
 * (MCP 2025-11-25, basic/utilities/progress: a value must be greater than the one before).
 */
export class RoundProgress {
  #last = 0;
  /** What is added in this round; undefined: nothing has come in it. */
  #base: number | undefined;

  beginRound(): void {
    this.#base = undefined;
  }

  /** Makes a notification of progress go on where the round before ended; any other message stays. */
  pass(message: SideMessage): SideMessage {
    if (message.kind !== 'notification' || message.notification.method !== 'notifications/progress') return message;
    const { notification } = message;
    const progress = plainNumber(notification.params?.['progress']);
    if (typeof progress !== 'number') return message;
    // A server that counts on by itself is left to do so.
    this.#base ??= progress > this.#last ? 0 : this.#last;
    const base = this.#base;
    this.#last = Math.max(this.#last, base + progress);
    if (base === 0) return message;
    const total = plainNumber(notification.params?.['total']);
    const params = {
      ...notification.params,
      progress: base + progress,
      ...(typeof total === 'number' && { total: base + total }),
    };
    return { kind: 'notification', notification: { ...notification, params } };
  }
}
