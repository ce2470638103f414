import { Conflict, Refused } from '../errors.ts';
import { appendUntilKnown } from './appendOutcome.ts';
import { canonicalJson } from './canonicalJson.ts';
import type { EventStore, RecordedEvent } from './eventStore.ts';

/** How often progress is told, in events. */
const PROGRESS_EVERY = 200;

export interface CopyEventsOptions {
  readonly from: EventStore;
  readonly to: EventStore;
  /** Told how many events are known to be the same in both. */
  readonly onProgress?: (events: number) => void;
}

export interface CopyReport {
  /** In both stores now. */
  readonly events: number;
  /** Appended by this run; the others were there. */
  readonly copied: number;
}

/**
 * Makes `to` hold exactly the history of `from`: every id, revision, hash and the order of all events. What `to` holds
 * already must be the beginning of that history, so a copy that was interrupted goes on where it stopped. One event at a
 * time, because only then nothing that fails can change the order. At the end both are read again and compared.
 * @throws Refused `copy-to-itself`, `copy-target-differs` (names the first difference); Unavailable
 */
export async function copyEvents({ from, to, onProgress }: CopyEventsOptions): Promise<CopyReport> {
  if ((await from.identity()) === (await to.identity())) {
    throw new Refused('copy-to-itself', 'Both are the same event store.');
  }
  let copied = 0;
  for (;;) {
    const { events, after, complete } = await compare(from, to, onProgress);
    // What was appended to `from` meanwhile is copied in another round.
    if (complete) return { events, copied };
    for await (const event of from.readAll(after === undefined ? {} : { after })) {
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
  /** `from` has no more. */
  readonly complete: boolean;
}

/** Reads both histories side by side. @throws Refused when `to` is not the beginning of `from` */
async function compare(from: EventStore, to: EventStore, onProgress?: (events: number) => void): Promise<Comparison> {
  const source = from.readAll()[Symbol.asyncIterator]();
  let events = 0;
  let after: bigint | undefined;
  try {
    for await (const copy of to.readAll()) {
      const original = await source.next();
      if (original.done === true) throw differs(copy, undefined);
      if (!isCopy(original.value, copy)) throw differs(copy, original.value);
      events += 1;
      after = original.value.position;
      if (events % PROGRESS_EVERY === 0) onProgress?.(events);
    }
    return { events, after, complete: (await source.next()).done === true };
  } finally {
    await source.return?.();
  }
}

async function appendCopy(to: EventStore, event: RecordedEvent): Promise<void> {
  const { stream, revision, id, type, data, metadata } = event;
  try {
    await appendUntilKnown(to, stream, revision === 0 ? 'no-stream' : revision - 1, [{ id, type, data, metadata }]);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw new Refused('copy-target-differs', `Somebody else has written to ${stream} in the target meanwhile.`, {
      data: { stream, revision },
      cause: error,
    });
  }
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
