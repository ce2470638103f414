import type { EventStore } from '../events/eventStore.ts';
import type { ProjectionRunner } from './runner.ts';

/**
 * Makes the event store that commands append to: it takes nothing while it is not the one that the read tables were
 * built from, because nobody would ever see what is appended there.
 */
export function verifiedStore(store: EventStore, { verifyStore }: Pick<ProjectionRunner, 'verifyStore'>): EventStore {
  return {
    get connection() {
      return store.connection;
    },
    async append(stream, expected, events) {
      await verifyStore();
      return store.append(stream, expected, events);
    },
    readStream: (stream, options) => store.readStream(stream, options),
    visibility: (stream) => store.visibility(stream),
    eventAt: (position) => store.eventAt(position),
    scan: (options) => store.scan(options),
    readAll: (options) => store.readAll(options),
    subscribe: (options) => store.subscribe(options),
    end: () => store.end(),
    identity: () => store.identity(),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
