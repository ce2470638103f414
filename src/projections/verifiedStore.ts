import { Unavailable } from '../errors/appError.ts';
import type { AppendResult, EventStore, RecordedEvent } from '../events/eventStore.ts';
import type { ProjectionRunner } from './runner.ts';

/** How often a call begins anew because the connection it was to go over is gone: it flaps, more than that is an outage. */
const TRIES = 10;

/**
 * Makes the event store that commands append to: it takes nothing while it is not the one that the read tables were
 * built from, because no table would ever show what is appended there. A check of the store holds for one connection, and the
 * append goes over that very one. Streams are read after the check, too: an older copy holds a state that is over, and a
 * command would report “already so” and do nothing.
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
    async *readStream(stream, options) {
      // A command decides on all of it or nothing.
      for (let attempt = 1; ; attempt += 1) {
        const { connection } = await verifyStore();
        const events: RecordedEvent[] = await Array.fromAsync(store.readStream(stream, options));
        if (store.connection === connection) return yield* events;
        if (attempt === TRIES) throw connectionFlaps();
      }
    },
    async visibility(stream) {
      // Another store, or an older copy, lacks streams that no operator has hidden.
      await verifyStore();
      return store.visibility(stream);
    },
    eventAt: (position) => store.eventAt(position),
    readAll: (options) => store.readAll(options),
    scan: (options) => store.scan(options),
    subscribe: (options) => store.subscribe(options),
    end: () => store.end(),
    identity: () => store.identity(),
    findIdentity: () => store.findIdentity(),
    check: () => store.check(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

function connectionFlaps(): Unavailable {
  return new Unavailable('event-store-unavailable', 'The connection to the event store is lost again and again.');
}
