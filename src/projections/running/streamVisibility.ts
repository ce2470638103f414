import { Unavailable } from '../../errors/appError.ts';
import type { EventStore, RecordedEvent, Visibility } from '../../events/eventStore.ts';

// A stream's metadata can deny us to read it (EventStoreDB's `$acl`): that concerns this stream alone, and no other one
// waits for it. A user who may not read the store at all has failed before.

/** Finds out what the store shows us of a stream: nothing of one that we may not read. @throws Unavailable */
export async function readVisibility(store: EventStore, stream: string): Promise<Visibility> {
  return unlessDenied(() => store.visibility(stream), 'hidden');
}

/** Reads what the store shows us first of a stream. @throws Unavailable */
export async function readFirstEvent(store: EventStore, stream: string): Promise<RecordedEvent | undefined> {
  return unlessDenied(async () => {
    for await (const event of store.readStream(stream, { limit: 1 })) return event;
    return undefined;
  }, undefined);
}

async function unlessDenied<T>(read: () => Promise<T>, instead: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Unavailable && error.code === 'event-store-access-denied') return instead;
    throw error;
  }
}
