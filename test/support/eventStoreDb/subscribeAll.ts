import { randomUUID } from 'node:crypto';

import { PAGE_EVENTS, pageForwards, type Allows } from './allPage.ts';
import { caughtUpFrame, checkpointFrame, confirmationFrame, eventFrame } from './frames.ts';
import type { History } from './history.ts';
import { at, BEFORE_START, compare, START, type LogPosition } from './logPosition.ts';
import type { Outbox } from './outbox.ts';
import { rpcErrors } from './rpcErrors.ts';

// A real server keeps so many live events for a reader who is slow; one more, and the reader has to catch up again.
const LIVE_BUFFER_EVENTS = 32;

export interface SubscribeAll {
  /** The position of the last event the client has, or 'end'. */
  readonly after: LogPosition | 'end';
  readonly allows: Allows;
  readonly searchWindow: number;
  /** Undefined without a filter: then there are no checkpoints. */
  readonly checkpointInterval: number | undefined;
  readonly resolveLinks: boolean;
  readonly assertMayRead: () => void;
}

/** Sends what is there, then what comes, until the client leaves. @throws RpcError */
export async function subscribeAll(history: History, options: SubscribeAll, outbox: Outbox): Promise<void> {
  const { log } = history;
  const base = log.count;
  const { checkpointInterval: interval } = options;
  const confirmed = at(log.lastPosition);
  let checkpoint = options.after === 'end' ? confirmed : options.after;
  let lastCheckpointSent: LogPosition | undefined;
  let live = base;

  async function sendEvent(number: number): Promise<void> {
    checkpoint = at(log.positionOf(number));
    await outbox.event(eventFrame(history, number, options.resolveLinks));
  }

  async function sendCheckpoint(): Promise<void> {
    if (interval === undefined || checkpoint.commit < 0) return;
    if (lastCheckpointSent !== undefined && compare(checkpoint, lastCheckpointSent) <= 0) return;
    lastCheckpointSent = checkpoint;
    await outbox.control(checkpointFrame(checkpoint));
  }

  async function catchUp(): Promise<void> {
    let considered = 0;
    let from = compare(checkpoint, BEFORE_START) === 0 ? START : checkpoint;
    while (outbox.isOpen) {
      options.assertMayRead();
      const bounds = { events: PAGE_EVENTS, searchWindow: options.searchWindow };
      const page = pageForwards(log, from, options.allows, bounds);
      if (page === undefined) throw rpcErrors.invalidPosition();
      for (const number of page.events)
        if (compare(at(log.positionOf(number)), checkpoint) > 0) await sendEvent(number);
      considered += page.considered;
      if (page.isEnd || (interval !== undefined && considered >= interval)) {
        if (interval !== undefined) considered %= interval;
        // The start of the page, not its end: an event at exactly this place may not have been sent yet.
        if (compare(checkpoint, from) < 0) checkpoint = from;
        await sendCheckpoint();
      }
      if (page.isEnd) return;
      from = page.next;
    }
  }

  /** Follows the log until the reader falls behind. */
  async function follow(): Promise<void> {
    await outbox.control(caughtUpFrame());
    while (outbox.isOpen) {
      let buffered = 0;
      for (let number = live; number < log.count; number++) {
        if (options.allows(number) && compare(at(log.positionOf(number)), checkpoint) > 0) buffered++;
      }
      if (buffered > LIVE_BUFFER_EVENTS) return sendCheckpoint();
      for (const end = log.count; live < end; live++) {
        const position = at(log.positionOf(live));
        if (log.isRemoved(live)) continue;
        if (options.allows(live) && compare(position, checkpoint) > 0) await sendEvent(live);
        if (interval === undefined || (live - base + 1) % interval !== 0 || compare(position, checkpoint) < 0) continue;
        checkpoint = position;
        await sendCheckpoint();
      }
      if (live >= log.count) await outbox.bell.wait();
    }
  }

  history.bells.add(outbox.bell);
  try {
    await outbox.control(confirmationFrame(randomUUID()));
    if (compare(checkpoint, confirmed) >= 0) await follow();
    while (outbox.isOpen) {
      await catchUp();
      live = Math.max(live, log.numberAt(Math.max(0, checkpoint.commit)));
      await follow();
    }
  } finally {
    history.bells.delete(outbox.bell);
  }
}
