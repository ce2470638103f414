import { Conflict, Invalid, Refused } from '../errors/appError.ts';
import { appendUntilKnown } from './appendOutcome.ts';
import { canonicalJson } from './canonicalJson.ts';
import { refuseIncomplete } from './copySource.ts';
import type { EventStore, RecordedEvent } from './eventStore.ts';
import { OwnStreams } from './ownStreams.ts';

/** Events between two reports of progress. */
const PROGRESS_EVERY = 200;

export interface CopyEventsOptions {
  readonly from: EventStore;
  readonly to: EventStore;
  /** Checks whether an operator has accepted the loss of a stream's beginning. (Default: none) */
  readonly isGivenUp?: (stream: string) => Promise<boolean>;
  /** Called with the number of events that are known to be the same in both. */
  readonly onProgress?: (events: number) => void;
  /** Ends the copying, which then throws its reason; run again, it goes on. */
  readonly signal?: AbortSignal | undefined;
}

export interface CopyReport {
  /** In both stores now. */
  readonly events: number;
  /** Appended by this run; the others were there. */
  readonly copied: number;
}

/**
 * Makes `to` hold exactly our history in `from`: every id, revision, hash and the order of all events, those that can't be
 * read included; what others keep in `from` stays there. What `to` holds of ours already must be the beginning of that
 * history, so a copy that was interrupted goes on where it stopped. One event at a time, because only then nothing that
 * fails can change the order. At the end both are read again and compared.
 * @throws Refused `copy-to-itself`, `copy-source-incomplete`, `copy-target-differs` (names the first difference),
 *   `copy-event-unfit`; Unavailable; what the signal is aborted with
 */
export async function copyEvents(options: CopyEventsOptions): Promise<CopyReport> {
  const { from, to, isGivenUp = () => Promise.resolve(false), onProgress, signal } = options;
  if ((await from.identity()) === (await to.identity())) {
    throw new Refused('copy-to-itself', 'Both are the same event store.');
  }
  await refuseIncomplete(from, isGivenUp, signal);
  let copied = 0;
  for (;;) {
    const { events, after, own, complete } = await compare(options);
    // What was appended to `from` meanwhile is copied in another round.
    if (complete) return { events, copied };
    for await (const entry of from.scan({ after, signal })) {
      const event = own.see(entry);
      if (event === undefined) continue;
      await appendCopy(to, event);
      copied += 1;
      if (copied % PROGRESS_EVERY === 0) onProgress?.(events + copied);
    }
  }
}

interface Comparison {
  /** The same in both. */
  readonly events: number;
  /** The position in `from` of the last of these. */
  readonly after: bigint | undefined;
  /** What is ours in `from`, as far as that. */
  readonly own: OwnStreams;
  /** `from` has no more. */
  readonly complete: boolean;
}

/** Reads both histories side by side. @throws Refused when `to` is not the beginning of `from` */
async function compare({ from, to, onProgress, signal }: CopyEventsOptions): Promise<Comparison> {
  const own = new OwnStreams();
  const source = ownEvents(from, own, signal);
  let events = 0;
  let after: bigint | undefined;
  try {
    for await (const copy of ownEvents(to, new OwnStreams(), signal)) {
      const original = await source.next();
      if (original.done === true) throw differs(copy, undefined);
      if (!isCopy(original.value, copy)) throw differs(copy, original.value);
      events += 1;
      after = original.value.position;
      if (events % PROGRESS_EVERY === 0) onProgress?.(events);
    }
    // What is read beyond the last common event, to see whether there is more, is seen again without harm.
    return { events, after, own, complete: (await source.next()).done === true };
  } finally {
    await source.return();
  }
}

async function* ownEvents(
  store: EventStore,
  own: OwnStreams,
  signal: AbortSignal | undefined,
): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const entry of store.scan({ signal })) {
    const event = own.see(entry);
    if (event !== undefined) yield event;
  }
}

async function appendCopy(to: EventStore, event: RecordedEvent): Promise<void> {
  const { stream, revision, id, type, data, metadata } = event;
  try {
    await appendUntilKnown(to, stream, revision === 0 ? 'no-stream' : revision - 1, [{ id, type, data, metadata }]);
  } catch (error) {
    if (error instanceof Conflict) {
      throw new Refused('copy-target-differs', `Somebody else has written to ${stream} in the target meanwhile.`, {
        data: { stream, revision },
        cause: error,
      });
    }
    if (error instanceof Invalid) throw unfit(event, error);
    throw error;
  }
}

/** Makes the error for an event of another program in one of our streams that not every store can hold. */
function unfit({ stream, revision }: RecordedEvent, cause: Invalid): Refused {
  return new Refused(
    'copy-event-unfit',
    `The target can’t hold the event ${stream}@${revision} as it is: ${cause.message} MetaMCP did not write it; ` +
      'metamcp-cli audit verify tells about it. What was copied before it stays.',
    { data: { stream, revision }, cause },
  );
}

/** Everything but the position, which each store counts in its own way. */
function isCopy(a: RecordedEvent, b: RecordedEvent): boolean {
  return comparable(a) === comparable(b);
}

function comparable({ stream, revision, id, type, data, metadata }: RecordedEvent): string {
  return canonicalJson({ stream, revision, id, type, data, metadata });
}

function differs(copy: RecordedEvent, original: RecordedEvent | undefined): Refused {
  const { stream, revision } = copy;
  return new Refused(
    'copy-target-differs',
    `The target holds another history: its event ${stream}@${revision} ` +
      (original === undefined
        ? 'is not in the source.'
        : `stands where the source has ${original.stream}@${original.revision}, or says something else.`),
    { data: { stream, revision } },
  );
}
