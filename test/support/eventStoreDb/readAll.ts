import { PAGE_EVENTS, pageBackwards, pageForwards, type Allows } from './allPage.ts';
import { eventFrame } from './frames.ts';
import type { History } from './history.ts';
import type { LogPosition } from './logPosition.ts';
import type { Outbox } from './outbox.ts';
import { rpcErrors } from './rpcErrors.ts';

export interface ReadAll {
  /** The name that its result has in errors. */
  readonly kind: string;
  readonly direction: 'forwards' | 'backwards';
  readonly from: LogPosition;
  readonly count: number;
  readonly allows: Allows;
  readonly searchWindow: number;
  readonly resolveLinks: boolean;
  readonly assertMayRead: () => void;
}

/** Sends events of the whole log. What is appended meanwhile is read as well. @throws RpcError */
export async function readAll(history: History, read: ReadAll, outbox: Outbox): Promise<void> {
  if (read.direction === 'backwards' && read.from.commit > history.log.end) {
    throw rpcErrors.unexpectedResult(read.kind, 'Error');
  }
  const readPage = read.direction === 'forwards' ? pageForwards : pageBackwards;
  const bounds = { events: Math.min(PAGE_EVENTS, read.count), searchWindow: read.searchWindow };
  let from = read.from;
  let sent = 0;
  while (outbox.isOpen) {
    read.assertMayRead();
    const page = readPage(history.log, from, read.allows, bounds);
    if (page === undefined) throw rpcErrors.unexpectedResult(read.kind, 'InvalidPosition');
    for (const number of page.events) {
      if (sent++ >= read.count) return;
      await outbox.event(eventFrame(history, number, read.resolveLinks));
    }
    if (page.isEnd || sent >= read.count) return;
    from = page.next;
  }
}
