import { wrongExpectedRevision } from '../events/appendConflict.ts';
import { encodeEvents } from '../events/encodeEvents.ts';
import type { AppendResult, EventStore, RecordedEvent } from '../events/eventStore.ts';

/** What commands need of the event store. */
export type CommandStore = Pick<EventStore, 'append' | 'readStream' | 'visibility'>;

/** A store whose appends go nowhere: they stand over what is stored, for its own readers alone. */
export interface PendingStore extends CommandStore {
  /** What was appended so far, in order. */
  readonly events: readonly RecordedEvent[];
}

/**
 * Lays pending events over a store: what a dry run appends is checked as every adapter checks it, is read by the commands
 * after it, and is thrown away with this. A stream stays as it was when the first pending event was put on it, so that
 * a dry run is about the one state that it saw.
 */
export function createPendingStore(store: CommandStore): PendingStore {
  const events: RecordedEvent[] = [];
  const pendingOf = (stream: string) => events.filter((event) => event.stream === stream);

  return {
    events,
    // async: what is thrown becomes a rejection.
    // eslint-disable-next-line @typescript-eslint/require-await
    async append(stream, expected, added): Promise<AppendResult> {
      encodeEvents(stream, added);
      const actual = pendingOf(stream).at(-1)?.revision;
      if (actual !== undefined && actual !== expected) throw wrongExpectedRevision({ stream, expected, actual });
      const first = expected === 'no-stream' ? 0 : expected + 1;
      for (const [i, event] of added.entries()) {
        events.push({ ...event, stream, revision: first + i, position: positionAt(events.length) });
      }
      return { revision: first + added.length - 1, position: positionAt(events.length - 1) };
    },
    async *readStream(stream, { direction = 'forwards', from, limit = Infinity } = {}) {
      if (direction === 'backwards') throw new TypeError('commands read streams forwards');
      const pending = pendingOf(stream);
      const end = pending[0]?.revision ?? Infinity;
      let left = limit;
      for await (const event of store.readStream(stream, { from: from ?? 0, limit })) {
        if (event.revision >= end) break;
        yield event;
        left -= 1;
      }
      yield* pending.filter(({ revision }) => revision >= (from ?? 0)).slice(0, left);
    },
    visibility: (stream) => store.visibility(stream),
  };
}

/** Beyond whatever is stored. */
function positionAt(index: number): bigint {
  return BigInt(Number.MAX_SAFE_INTEGER) + BigInt(index);
}
