import type { KeyObject } from 'node:crypto';
import type { EventStore, LogEntry, RecordedEvent } from './eventStore.ts';
import { markForged } from './forgery.ts';
import { isGenuine } from './hashChain.ts';
import { repairedStream, subjectOf } from './streamName.ts';

/** Streams whose first event is remembered as genuine or not. */
const REMEMBERED = 1_000;

/**
 * Makes an event store that recognises events which other programs have put into our streams: a user who may append to
 * a store that is shared could otherwise activate a revoked key, or have a server's credentials sent elsewhere. A stream that
 * we have begun holds nothing that we have not written, and repairs are always ours. A stream that was begun with other
 * keys is taken as it is: its keys were lost, and an operator has accepted that.
 */
export function authenticStore(store: EventStore, chainKey: KeyObject): EventStore {
  const begunByUs = new Map<string, boolean>();
  let connection: number | undefined;

  async function isBegunByUs(stream: string): Promise<boolean> {
    // Another copy of the store may answer otherwise.
    if (connection !== store.connection || begunByUs.size >= REMEMBERED) begunByUs.clear();
    ({ connection } = store);
    const known = begunByUs.get(stream);
    if (known !== undefined) return known;
    const [first] = await Array.fromAsync(store.readStream(stream, { limit: 1 }));
    if (first === undefined) return false;
    const answer = isGenuine(chainKey, first);
    begunByUs.set(stream, answer);
    return answer;
  }

  async function examine(event: RecordedEvent): Promise<RecordedEvent> {
    const { stream, revision } = event;
    if (subjectOf(stream) === undefined || isGenuine(chainKey, event)) return event;
    if (repairedStream(stream) !== undefined || (revision > 0 && (await isBegunByUs(stream)))) markForged(event);
    return event;
  }

  async function* events(source: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent, void, undefined> {
    for await (const event of source) yield await examine(event);
  }

  async function* entries(source: AsyncIterable<LogEntry>): AsyncGenerator<LogEntry, void, undefined> {
    for await (const entry of source) {
      if (entry.kind === 'event') await examine(entry.event);
      yield entry;
    }
  }

  return {
    get connection() {
      return store.connection;
    },
    append: (stream, expected, some, options) => store.append(stream, expected, some, options),
    readStream: (stream, options) => events(store.readStream(stream, options)),
    visibility: (stream) => store.visibility(stream),
    async eventAt(position) {
      const event = await store.eventAt(position);
      return event && examine(event);
    },
    readAll: (options) => events(store.readAll(options)),
    scan: (options) => entries(store.scan(options)),
    subscribe: (options) => entries(store.subscribe(options)),
    end: () => store.end(),
    identity: () => store.identity(),
    findIdentity: () => store.findIdentity(),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
