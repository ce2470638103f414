import type { LogEntry, RecordedEvent } from '../../src/events/eventStore.ts';

/** Leaves of a reading only the events. */
export async function* eventsOf(entries: AsyncIterable<LogEntry>): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const entry of entries) if (entry.kind === 'event') yield entry.event;
}
