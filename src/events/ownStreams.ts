import type { LogEntry, RecordedEvent } from './eventStore.ts';
import { beginsStream } from './knownEvent.ts';
import { subjectOf } from './streamName.ts';

/** What a reading of a whole store has found out about the streams that are ours, by their first events. */
export class OwnStreams {
  /** By name: the revision of the last event. */
  readonly #last = new Map<string, number>();
  /** Named like ours, but without a beginning: another program's, or one of ours that was cut. */
  readonly headless = new Map<string, RecordedEvent>();
  /** Ours, with a hole. */
  readonly broken = new Set<string>();
  /** Streams whose visibility an operator of the store has changed. */
  readonly touched = new Set<string>();

  has(stream: string): boolean {
    return this.#last.has(stream);
  }

  /** Looks at the next entry. @returns its event, when that is of a stream of ours */
  see(entry: LogEntry): RecordedEvent | undefined {
    if (entry.kind === 'visibility') this.touched.add(entry.stream);
    if (entry.kind !== 'event' || subjectOf(entry.event.stream) === undefined) return undefined;
    const { event } = entry;
    const { stream, revision } = event;
    const last = this.#last.get(stream);
    if (last === undefined && !beginsStream(event)) {
      if (revision > 0 && !this.headless.has(stream)) this.headless.set(stream, event);
      return undefined;
    }
    if (last !== undefined && revision > last + 1) this.broken.add(stream);
    this.#last.set(stream, revision);
    return event;
  }
}
