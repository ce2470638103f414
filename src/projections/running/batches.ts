import type { LogEntry, RecordedEvent } from '../../events/eventStore.ts';

/** How long a reading may pass records that are not ours before the checkpoint moves, in ms: at most so much is read again after a crash. */
const NOTE_EVERY_MS = 2_000;

/** A part of the store that is taken in at once. */
export interface Batch {
  /** The position right before it; undefined: it is the first. */
  readonly after: bigint | undefined;
  /** The last position considered. */
  readonly upTo: bigint;
  readonly events: readonly RecordedEvent[];
  /** Streams whose visibility was changed in it. */
  readonly touched: ReadonlySet<string>;
}

/** Cuts a reading that began behind `after` into batches of at most `batchSize` events. */
export async function* batchesOf(
  entries: AsyncIterable<LogEntry>,
  after: bigint | undefined,
  batchSize: number,
): AsyncGenerator<Batch, void, undefined> {
  let begin = after;
  let upTo: bigint | undefined;
  let events: RecordedEvent[] = [];
  let touched = new Set<string>();
  let notedAt = performance.now();
  for await (const entry of entries) {
    upTo = entry.position;
    if (entry.kind === 'event') events.push(entry.event);
    else if (entry.kind === 'visibility') touched.add(entry.stream);
    const isDue = entry.kind === 'passed' && performance.now() - notedAt > NOTE_EVERY_MS;
    if (events.length + touched.size < batchSize && !isDue) continue;
    yield { after: begin, upTo, events, touched };
    begin = upTo;
    upTo = undefined;
    events = [];
    touched = new Set();
    notedAt = performance.now();
  }
  if (upTo !== undefined) yield { after: begin, upTo, events, touched };
}
