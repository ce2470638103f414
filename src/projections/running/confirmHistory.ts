import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../../errors/appError.ts';
import type { EventStore } from '../../events/eventStore.ts';
import { LAG_DELAY_MS, LAG_TRIES } from '../../events/lag.ts';
import type { Database } from '../../postgres/database.ts';
import { bookmarkOf, newestBookmark, type Bookmark, type Checkpoint } from '../tables/checkpoints.ts';
import { listNewestHeads } from '../tables/streamHeads.ts';

/** Heads looked at when the newest event was deleted together with its stream. */
const HEADS = 200;

export interface HistorySources {
  readonly db: Database;
  readonly store: EventStore;
}

/**
 * Finds out whether the event store still holds the event that the read tables applied last, at its very place: then it holds
 * this history, and not an older copy of it. A position alone would prove nothing: an older copy grows past it.
 * @returns the bookmarks of projections whose checkpoints an older version has written, which noted a position only
 * @throws Unavailable `event-store-behind`; and when a store can't be reached
 */
export async function confirmHistory(
  sources: HistorySources,
  checkpoints: readonly Checkpoint[],
): Promise<ReadonlyMap<string, Bookmark>> {
  const { store } = sources;
  const marks = new Map<string, Bookmark>();
  for (const { projection, unmarked } of checkpoints) {
    if (unmarked === undefined) continue;
    const event = await store.eventAt(unmarked);
    if (event === undefined) throw eventStoreBehind();
    marks.set(projection, bookmarkOf(event));
  }
  const newest = newestBookmark(checkpoints);
  if (newest === undefined) return marks;
  for (let attempt = 1; !(await isThere(store, newest)); attempt += 1) {
    if (await isDeleted(store, newest.stream)) {
      await confirmByHeads(sources, newest.position);
      break;
    }
    if (attempt === LAG_TRIES) throw eventStoreBehind();
    await delay(LAG_DELAY_MS);
  }
  return marks;
}

/** Confirms by the newest event that was not deleted with its stream: a deletion is no older copy. */
async function confirmByHeads({ db, store }: HistorySources, before: bigint): Promise<void> {
  for (const { stream, position, hash } of await listNewestHeads(db, { before, limit: HEADS })) {
    const event = await store.eventAt(BigInt(position));
    if (event?.stream === stream && bookmarkOf(event).hash === hash) return;
    if (!(await isDeleted(store, stream))) break;
  }
  throw eventStoreBehind();
}

async function isThere(store: EventStore, { position, id, hash }: Bookmark): Promise<boolean> {
  const event = await store.eventAt(position);
  return event?.id === id && bookmarkOf(event).hash === hash;
}

async function isDeleted(store: EventStore, stream: string): Promise<boolean> {
  const visibility = await store.visibility(stream);
  return visibility === 'hidden' || visibility === 'removed';
}

function eventStoreBehind(): Unavailable {
  return new Unavailable(
    'event-store-behind',
    'The event store lacks events that the read tables contain: it was restored from an older backup. Restore the ' +
      'newest one; to go on without the lost events, run: metamcp-cli db rebuild --accept-loss',
  );
}
