import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../../backoff.ts';
import { Conflict, Refused, Unavailable } from '../../errors/appError.ts';
import { appendUntilKnown } from '../appendOutcome.ts';
import type { EventStore, NewEvent } from '../eventStore.ts';

/** The id of its first event is the store's identity. Not one of the streams that readers see. */
const STREAM = 'metamcp-store';

/** How long another process's event, which a refusal has shown, may take until it can be read: a replication and an election. */
const SHOWN_WITHIN_MS = 15_000;

type Store = Pick<EventStore, 'append' | 'readStream' | 'visibility'>;

/** Where the identity stands. */
export interface Identity {
  readonly stream: string;
  readonly id: string;
}

/**
 * Finds the store's identity, or makes it. Once its stream was deleted for good, the store has a new one, in a stream of
 * the next name: who trusted the old one must look again (`db rebuild`).
 * @throws Unavailable `event-store-identity-hidden`
 */
export async function findOrMakeIdentity(store: Store): Promise<Identity> {
  for (let n = 0; ; n += 1) {
    const stream = streamOf(n);
    const id = await identityIn(store, stream);
    if (id !== undefined) return { stream, id };
  }
}

/** Finds the store's identity; undefined: nobody has made it. @throws Unavailable `event-store-identity-hidden` */
export async function findIdentity(store: Store): Promise<string | undefined> {
  for (let n = 0; ; n += 1) {
    const stream = streamOf(n);
    const visibility = await store.visibility(stream);
    if (visibility === 'absent') return undefined;
    if (visibility === 'hidden') throw hidden(stream);
    if (visibility !== 'removed') return firstEvent(store, stream);
  }
}

function streamOf(n: number): string {
  return n === 0 ? STREAM : `${STREAM}-${n}`;
}

/** An event that is the identity; appending it again changes nothing. */
export function identityEvent(id: string): NewEvent {
  return { id, type: 'StoreIdentified', data: {}, metadata: {} };
}

/** @returns undefined when the stream is removed */
async function identityIn(store: Store, stream: string): Promise<string | undefined> {
  const visibility = await store.visibility(stream);
  if (visibility === 'removed') return undefined;
  if (visibility === 'hidden') throw hidden(stream);
  if (visibility === 'absent') {
    const id = randomUUID();
    try {
      const { revision } = await appendUntilKnown(store, stream, 'no-stream', [identityEvent(id)]);
      if (revision === 0) return id;
      throw hidden(stream);
    } catch (error) {
      if (error instanceof Refused && error.code === 'stream-removed') return undefined;
      // Another process was faster. Its event may take a moment to be shown; ours was never stored.
      if (!(error instanceof Conflict)) throw error;
    }
  }
  return firstEvent(store, stream);
}

/** Waits until the stream shows the event that is known to be there. */
async function firstEvent(store: Store, stream: string): Promise<string> {
  const start = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    for await (const { id, revision } of store.readStream(stream, { limit: 1 })) {
      if (revision === 0) return id;
      throw hidden(stream);
    }
    if (performance.now() - start > SHOWN_WITHIN_MS) throw hidden(stream);
    await delay(Math.min(500, backoffMs(attempt)));
  }
}

function hidden(stream: string): Unavailable {
  return new Unavailable(
    'event-store-identity-hidden',
    `EventStoreDB hides the beginning of the stream ${stream}, which tells this history from others: somebody has deleted ` +
      'it or limited it. Undo that: set the stream’s metadata to {} (after a deletion twice: the first time sets a limit again).',
    { data: { stream } },
  );
}
