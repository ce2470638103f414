import { randomUUID } from 'node:crypto';

import { caughtUpFrame, confirmationFrame, eventFrame } from './frames.ts';
import type { History } from './history.ts';
import type { Outbox } from './outbox.ts';
import { rpcErrors } from './rpcErrors.ts';
import { isMissing, streamForwards } from './streamPage.ts';

const LIVE_BUFFER_EVENTS = 32;

export interface SubscribeStream {
  readonly stream: string;
  /** The revision of the last event the client has, -1 from the start. */
  readonly after: number | 'end';
  readonly resolveLinks: boolean;
  readonly assertMayRead: () => void;
}

/** Sends a stream's events, then what comes, until the client leaves or the stream is tombstoned. @throws RpcError */
export async function subscribeStream(history: History, options: SubscribeStream, outbox: Outbox): Promise<void> {
  const { stream } = options;
  const confirmed = history.lastRevision(stream);
  let sent = options.after === 'end' ? confirmed : options.after;
  const send = (number: number): Promise<void> => outbox.event(eventFrame(history, number, options.resolveLinks));

  async function catchUp(): Promise<void> {
    for (let from = sent + 1; outbox.isOpen;) {
      options.assertMayRead();
      if (isMissing(history, stream)) return;
      const page = streamForwards(history, stream, from);
      for (const number of page.events) {
        sent = history.revisionOf(number);
        await send(number);
      }
      if (page.isEnd) return;
      from = page.nextRevision;
    }
  }

  /** Follows the stream until the reader falls behind. */
  async function follow(): Promise<void> {
    await outbox.control(caughtUpFrame());
    let live = Math.max(sent + 1, 0);
    while (outbox.isOpen) {
      if (history.lastRevision(stream) - live >= LIVE_BUFFER_EVENTS) return;
      for (; live <= history.lastRevision(stream); live++) {
        const number = history.numberOf(stream, live);
        if (number === undefined) continue;
        sent = live;
        await send(number);
      }
      const tombstone = history.tombstoneOf(stream);
      if (tombstone !== undefined) {
        await send(tombstone);
        throw rpcErrors.streamDeleted(stream);
      }
      if (live > history.lastRevision(stream)) await outbox.bell.wait();
    }
  }

  if (history.isTombstoned(stream)) throw rpcErrors.streamDeleted(stream);
  history.bells.add(outbox.bell);
  try {
    await outbox.control(confirmationFrame(randomUUID()));
    if (sent >= confirmed) await follow();
    while (outbox.isOpen) {
      await catchUp();
      await follow();
    }
  } finally {
    history.bells.delete(outbox.bell);
  }
}
