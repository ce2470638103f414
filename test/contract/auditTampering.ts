import type { JsonObject, RecordedEvent } from '../../src/events/eventStore.ts';

/** What stands at one place is put at the place of another. */
export function inPlaceOf(event: RecordedEvent, { stream, revision, position }: RecordedEvent): RecordedEvent {
  return { ...event, stream, revision, position };
}

/** Exchanges two events of a history, each put into the other's place by `place`. */
export function swapped(
  history: readonly RecordedEvent[],
  a: RecordedEvent,
  b: RecordedEvent,
  place: (event: RecordedEvent, place: RecordedEvent) => RecordedEvent,
): RecordedEvent[] {
  return history
    .map((event) => (event === a ? place(a, b) : event === b ? place(b, a) : event))
    .toSorted((x, y) => (x.position < y.position ? -1 : 1));
}

/** Metadata as another program would write it. */
export function withoutHash({ hash: _hash, ...metadata }: JsonObject): JsonObject {
  return metadata;
}
