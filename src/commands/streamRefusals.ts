import { AppError, Refused } from '../errors/appError.ts';

// Why no command decides on a stream.

const UNDO =
  'To undo that, remove $maxCount, $maxAge and $tb from its metadata; after a deletion, write {} as its metadata, twice. ' +
  'See docs/eventstoredb.md.';

/** The event store does not show all of a stream that is ours. */
export function streamHidden(stream: string, lacks: string): Refused {
  return new Refused(
    'stream-hidden',
    `The event store does not show the whole history of ${stream}: ${lacks}. Somebody has deleted the stream or limited it. ${UNDO}`,
    { data: { stream } },
  );
}

/** The event store has deleted a stream for good. */
export function streamRemoved(stream: string): Refused {
  return new Refused(
    'stream-removed',
    `Somebody has deleted ${stream} in the event store for good: nothing can be stored in it any more. See docs/eventstoredb.md.`,
    { data: { stream } },
  );
}

/** Nothing of ours began it. */
export function streamForeign(stream: string): Refused {
  return new Refused(
    'stream-foreign',
    `In the event store a stream of somebody else’s is called ${stream}. Take another name, or set EVENT_STORE_PREFIX so that ` +
      'the names of MetaMCP’s streams are its own.',
    { data: { stream } },
  );
}

/** One of its events can't be read. `reason`: a phrase. */
export function streamUnreadable(stream: string, revision: number, type: string, reason: string): Refused {
  return new Refused(
    'stream-unreadable',
    `The event ${type} at ${stream}@${revision} can’t be read (${reason}). If a newer version of MetaMCP has written it, run ` +
      `that version; to go on without it: metamcp-cli db skip ${stream}@${revision} --reason …`,
    { data: { stream, revision, type, reason } },
  );
}

const UNUSABLE: ReadonlySet<string> = new Set([
  'stream-hidden',
  'stream-removed',
  'stream-foreign',
  'stream-unreadable',
  // Of this stream ($acl), or of the whole store: then nothing can be stored beside it either.
  'event-store-access-denied',
]);

/**
 * Says whether a command failed because a history can’t be read to its end. One of somebody else’s may stand where the
 * tables know one of ours that is gone.
 */
export function isUnusableHistory(error: unknown): error is AppError {
  return error instanceof AppError && UNUSABLE.has(error.code);
}
