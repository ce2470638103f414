import { Refused } from '../errors.ts';
import { UnreadableEvent } from '../events/catalogue.ts';
import type { RecordedEvent } from '../events/eventStore.ts';
import { decodeKnown, type KnownEvent } from '../events/knownEvent.ts';

/** Decodes an event for people. @returns undefined for an unknown type @throws Refused `history-unreadable` */
export function readable(recorded: RecordedEvent): KnownEvent | undefined {
  try {
    return decodeKnown(recorded);
  } catch (cause) {
    if (!(cause instanceof UnreadableEvent)) throw cause;
    const { stream, revision } = recorded;
    throw new Refused(
      'history-unreadable',
      `The event ${stream}@${revision} can’t be read: the history is damaged, or written by a newer version. See: metamcp-cli audit verify`,
      { data: { stream, revision }, cause },
    );
  }
}
