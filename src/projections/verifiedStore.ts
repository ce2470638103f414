import { Unavailable } from '../errors.ts';
import type { AppendResult, EventStore } from '../events/eventStore.ts';
import type { ProjectionRunner } from './runner.ts';

/** How often an append looks again because the connection it was to go over is gone: it flaps, more than that is an outage. */
const TRIES = 10;

/**
 * Makes the event store that commands append to: it takes nothing while it is not the one that the read tables were
 * built from, because nobody would ever see what is appended there. What is found out about the store holds for one
 * connection, and the append goes over that very one. Nor does it say what became of a stream before that.
 */
export function verifiedStore(store: EventStore, { verifyStore }: Pick<ProjectionRunner, 'verifyStore'>): EventStore {
  return {
    get connection() {
      return store.connection;
    },
    async append(stream, expected, events): Promise<AppendResult> {
      for (let attempt = 1; ; attempt += 1) {
        const { connection } = await verifyStore();
        try {
          return await store.append(stream, expected, events, { over: connection });
        } catch (error) {
          const isGone = error instanceof Unavailable && error.code === 'connection-changed';
          if (!isGone || attempt === TRIES) throw error;
        }
      }
    },
    readStream: (stream, options) => store.readStream(stream, options),
    async visibility(stream) {
      // Another store, or an older copy, lacks streams that nobody has hidden.
      await verifyStore();
      return store.visibility(stream);
    },
    eventAt: (position) => store.eventAt(position),
    readAll: (options) => store.readAll(options),
    scan: (options) => store.scan(options),
    subscribe: (options) => store.subscribe(options),
    end: () => store.end(),
    identity: () => store.identity(),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
