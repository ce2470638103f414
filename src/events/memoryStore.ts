import { randomUUID } from 'node:crypto';
import { eventIdTaken, wrongExpectedRevision } from './appendConflict.ts';
import { Notifier } from './notifier.ts';
import { encodeEvents, type EncodedEvent } from './encodeEvents.ts';
import { Unavailable } from '../errors/appError.ts';
import { requireConnection } from './requireConnection.ts';
import type { AppendResult, EventStore, ExpectedRevision, JsonObject, LogEntry, RecordedEvent } from './eventStore.ts';

interface Entry extends EncodedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: bigint;
}

/** A history in memory. Several stores on one history see the same events, as several processes on one database do. */
export class MemoryHistory {
  readonly identity = randomUUID();
  /** Raised by whoever puts another history in its place. */
  connection = 0;
  /** In position order; the position is the index + 1. */
  readonly events: Entry[] = [];
  readonly streams = new Map<string, Entry[]>();
  readonly ids = new Set<string>();
  readonly appended = new Notifier();

  /** Appends all events or none. @throws Conflict */
  append(stream: string, expected: ExpectedRevision, encoded: readonly EncodedEvent[]): AppendResult {
    const before = this.streams.get(stream) ?? [];
    const actual = before.length === 0 ? 'no-stream' : before.length - 1;
    const first = expected === 'no-stream' ? 0 : expected + 1;
    if (actual !== expected) {
      const last = before[first + encoded.length - 1];
      const same = encoded.every(({ id }, i) => before[first + i]?.id === id);
      if (last === undefined || !same) throw wrongExpectedRevision({ stream, expected, actual });
      return { revision: last.revision, position: last.position };
    }
    if (encoded.some(({ id }) => this.ids.has(id))) throw eventIdTaken({ stream, expected, actual });
    for (const [i, event] of encoded.entries()) {
      const entry = { ...event, stream, revision: first + i, position: BigInt(this.events.length + 1) };
      this.events.push(entry);
      before.push(entry);
      this.ids.add(event.id);
    }
    this.streams.set(stream, before);
    this.appended.notify();
    return { revision: before.length - 1, position: BigInt(this.events.length) };
  }
}

/** Opens an event store that keeps its events in memory and loses them with the process. */
export function openMemoryStore(history = new MemoryHistory()): EventStore {
  const disposed = new AbortController();

  function alive(): MemoryHistory {
    if (disposed.signal.aborted) throw new Unavailable('event-store-closed', 'The event store is closed.');
    return history;
  }

  return {
    get connection() {
      return history.connection;
    },

    // async: what is thrown becomes a rejection.
    // eslint-disable-next-line @typescript-eslint/require-await
    async append(stream, expected, events, { over } = {}) {
      requireConnection(over, 0);
      return alive().append(stream, expected, encodeEvents(stream, events));
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async *readStream(stream, { direction = 'forwards', from, limit = Infinity } = {}) {
      const events = alive().streams.get(stream) ?? [];
      const chosen =
        direction === 'forwards' ? events.slice(from ?? 0) : events.slice(0, (from ?? events.length) + 1).reverse();
      yield* decoded(chosen.slice(0, limit));
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async visibility(stream) {
      const first = alive().streams.get(stream)?.[0];
      return first === undefined ? 'absent' : first.revision === 0 ? 'whole' : 'hidden';
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async eventAt(position) {
      const entry = alive().events[Number(position) - 1];
      return entry && decode(entry);
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async *readAll({ direction = 'forwards', after, limit = Infinity, signal } = {}) {
      const { events } = alive();
      const chosen =
        direction === 'forwards'
          ? events.slice(Number(after ?? 0n))
          : events.slice(0, after === undefined ? events.length : Math.max(0, Number(after) - 1)).reverse();
      for (const event of decoded(chosen.slice(0, limit))) {
        signal?.throwIfAborted();
        yield event;
      }
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async *scan({ after, signal } = {}) {
      for (const entry of alive().events.slice(Number(after ?? 0n))) {
        signal?.throwIfAborted();
        yield asLogEntry(entry);
      }
    },

    async *subscribe({ after = 0n, signal }) {
      const ended = AbortSignal.any([signal, disposed.signal]);
      for (let next = Number(after); !ended.aborted;) {
        const { count } = history.appended;
        const entry = history.events[next];
        if (entry === undefined) {
          await history.appended.waitBeyond(count, ended);
        } else {
          yield asLogEntry(entry);
          next += 1;
        }
      }
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async end() {
      return alive().events.at(-1)?.position;
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async identity() {
      return alive().identity;
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async findIdentity() {
      return alive().identity;
    },

    // eslint-disable-next-line @typescript-eslint/require-await
    async check() {
      alive();
    },

    [Symbol.asyncDispose]() {
      disposed.abort();
      return Promise.resolve();
    },
  };
}

function* decoded(entries: readonly Entry[]): Generator<RecordedEvent> {
  for (const entry of entries) yield decode(entry);
}

function asLogEntry(entry: Entry): LogEntry {
  return { kind: 'event', position: entry.position, event: decode(entry) };
}

/** Parses anew for every reader, so that none can change history. */
function decode({ id, type, data, metadata, stream, revision, position }: Entry): RecordedEvent {
  // Casts: encodeEvents has written both from JSON objects.
  return {
    id,
    type,
    data: JSON.parse(data) as JsonObject,
    metadata: JSON.parse(metadata) as JsonObject,
    stream,
    revision,
    position,
  };
}
