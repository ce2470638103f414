import { eventFrame, streamNotFoundFrame } from './frames.ts';
import type { History } from './history.ts';
import type { Outbox } from './outbox.ts';
import { isMissing, streamBackwards, streamForwards } from './streamPage.ts';

export interface ReadStream {
  readonly stream: string;
  readonly direction: 'forwards' | 'backwards';
  readonly from: number;
  readonly count: number;
  readonly resolveLinks: boolean;
  readonly assertMayRead: () => void;
}

/** Sends events of one stream. @throws RpcError */
export async function readStream(history: History, read: ReadStream, outbox: Outbox): Promise<void> {
  const readPage = read.direction === 'forwards' ? streamForwards : streamBackwards;
  let from = read.from;
  let sent = 0;
  while (outbox.isOpen) {
    read.assertMayRead();
    if (isMissing(history, read.stream)) return outbox.control(streamNotFoundFrame(read.stream));
    const page = readPage(history, read.stream, from);
    for (const number of page.events) {
      if (sent++ >= read.count) return;
      await outbox.event(eventFrame(history, number, read.resolveLinks));
    }
    if (page.isEnd || sent >= read.count) return;
    from = page.nextRevision;
  }
}
