import { setTimeout as delay } from 'node:timers/promises';
import type { SideMessage } from '../../upstream/upstream.ts';

/** How long a server may take to say that it offers no stream, in milliseconds, before the client gets the head of one. */
const STREAM_HEAD_MS = 500;

/** Gives what comes on a stream that stands. @param onOpen called when nothing has come for a while: the stream counts as open then */
export async function* standingMessages(
  messages: AsyncIterable<SideMessage>,
  onOpen: () => void,
): AsyncGenerator<SideMessage, void, void> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    const first = iterator.next();
    const isQuick = await Promise.race([first.then(() => true), delay(STREAM_HEAD_MS, false, { ref: false })]);
    if (!isQuick) onOpen();
    for (let next = await first; next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
