import { pg } from '../../postgres/driver.ts';
import { Unavailable } from '../../errors/appError.ts';
import type { RecordedEvent } from '../../events/eventStore.ts';
import { carriedHash } from '../../events/carriedHash.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The table checkpoints: how far each projection has considered the event store, which one, and the last event of ours that
// it applied. Its rows are also the locks that make an event be applied once.

/** How long a process may freeze in the middle of a batch before PostgreSQL takes the locks from it. */
const IDLE_TIMEOUT_MS = 10_000;
/** How long a pump waits for the one that is under way in another process: longer than a frozen one holds out. */
const LOCK_TIMEOUT_MS = 15_000;

interface Row {
  projection: string;
  version: number;
  position: string | null;
  store: string | null;
  built: boolean;
  stoppedReason: string | null;
  bookmarkPosition: string | null;
  bookmarkStream: string | null;
  bookmarkId: string | null;
  bookmarkHash: string | null;
}

/** A place in a history that no other history has: an event of ours, and where it stands. */
export interface Bookmark {
  readonly position: bigint;
  readonly stream: string;
  readonly id: string;
  /** Its hash in the chain; empty for an event that was written without one. */
  readonly hash: string;
}

/** The place that an event marks. */
export function bookmarkOf(event: RecordedEvent): Bookmark {
  const { position, stream, id } = event;
  return { position, stream, id, hash: carriedHash(event) };
}

export interface Checkpoint {
  readonly projection: string;
  readonly version: number;
  /** The last record considered, ours or not: nothing up to there has to be looked at again. Undefined before the first. */
  readonly position: bigint | undefined;
  /** The last event applied; undefined before the first, and when an older version has written the checkpoint. */
  readonly bookmark: Bookmark | undefined;
  /** Where an older version, which noted no more of it, applied its last event. */
  readonly unmarked: bigint | undefined;
  /** The identity of the event store whose position it is; undefined when an older version has written it. */
  readonly store: string | undefined;
  /** False until it has come to the end of the event store once. */
  readonly built: boolean;
  /** Undefined while it runs. */
  readonly stoppedReason: string | undefined;
}

function asCheckpoint({ projection, version, position, store, built, stoppedReason, ...row }: Row): Checkpoint {
  const { bookmarkPosition, bookmarkStream, bookmarkId, bookmarkHash } = row;
  const isMarked = bookmarkPosition !== null && bookmarkStream !== null && bookmarkId !== null;
  return {
    projection,
    version,
    position: position === null ? undefined : BigInt(position),
    bookmark: isMarked
      ? { position: BigInt(bookmarkPosition), stream: bookmarkStream, id: bookmarkId, hash: bookmarkHash ?? '' }
      : undefined,
    unmarked: isMarked || bookmarkPosition === null ? undefined : BigInt(bookmarkPosition),
    store: store ?? undefined,
    built,
    stoppedReason: stoppedReason ?? undefined,
  };
}

/** Checks whether a checkpoint has come as far as `position`; undefined lies before every event. */
export function hasReached(checkpoint: Pick<Checkpoint, 'position'>, position: bigint | undefined): boolean {
  return position === undefined || (checkpoint.position !== undefined && checkpoint.position >= position);
}

/** Checks whether a checkpoint's position is one of this event store's. */
export function isOf(checkpoint: Checkpoint, identity: string): boolean {
  return checkpoint.store === undefined || checkpoint.store === identity;
}

/** The position up to which all have applied the events; undefined: some have applied none. */
export function lowest(checkpoints: readonly Checkpoint[]): bigint | undefined {
  return checkpoints.reduce((least, each) => (hasReached(each, least.position) ? least : each), {
    position: checkpoints[0]?.position,
  }).position;
}

/** The bookmark of the last event that any has applied. */
export function newestBookmark(checkpoints: readonly Checkpoint[]): Bookmark | undefined {
  return checkpoints.reduce<Bookmark | undefined>(
    (newest, { bookmark }) =>
      newest === undefined || (bookmark !== undefined && bookmark.position > newest.position) ? bookmark : newest,
    undefined,
  );
}

/** Reads the checkpoints of the projections named. */
export async function readCheckpoints(db: Queryable, projections: readonly string[]): Promise<Checkpoint[]> {
  const rows = await db.query<Row>(sql`
    select projection, version, position, store, built, stopped_reason as "stoppedReason",
      bookmark_position as "bookmarkPosition", bookmark_stream as "bookmarkStream", bookmark_id as "bookmarkId",
      bookmark_hash as "bookmarkHash"
    from checkpoints where projection = any(${[...projections]}::text[]) order by projection`);
  return rows.map(asCheckpoint);
}

/**
 * Reads checkpoints and locks them until the transaction ends; always in the same order, so never a deadlock.
 * @throws Unavailable `projections-busy` when another process holds them for too long
 */
export async function lockCheckpoints(tx: Queryable, projections: readonly string[]): Promise<Checkpoint[]> {
  await tx.query<{ lock: string | null; idle: string | null }>(sql`
    select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)::text as lock,
      set_config('idle_in_transaction_session_timeout', ${String(IDLE_TIMEOUT_MS)}, true)::text as idle`);
  const rows = await tx
    .query<Row>(
      sql`
        select projection, version, position, store, built, stopped_reason as "stoppedReason",
      bookmark_position as "bookmarkPosition", bookmark_stream as "bookmarkStream", bookmark_id as "bookmarkId",
      bookmark_hash as "bookmarkHash"
        from checkpoints where projection = any(${[...projections]}::text[]) order by projection for update`,
    )
    .catch((error: unknown) => {
      if (error instanceof pg.DatabaseError && error.code === '55P03') {
        throw new Unavailable('projections-busy', 'Another process is busy with the read tables.', { cause: error });
      }
      throw error;
    });
  return rows.map(asCheckpoint);
}

/** Adds the checkpoint of a projection that has to be built; one that is there already stays as it is. */
export async function insertCheckpoint(
  db: Queryable,
  { projection, version, store }: { projection: string; version: number; store: string },
): Promise<void> {
  await db.query(sql`
    insert into checkpoints (projection, version, store, built) values (${projection}, ${version}, ${store}::uuid, false)
    on conflict (projection) do nothing`);
}

/** Takes what an older version has applied for events of this store: it knew of one only. */
export async function adoptStore(db: Queryable, projections: readonly string[], store: string): Promise<void> {
  await db.query(sql`
    update checkpoints set store = ${store}::uuid
    where projection = any(${[...projections]}::text[]) and store is null`);
}

/** Moves checkpoints on; without a bookmark, the one before stays. */
export async function advanceCheckpoints(
  tx: Queryable,
  projections: readonly string[],
  { position, store, bookmark }: { position: bigint; store: string; bookmark: Bookmark | undefined },
): Promise<void> {
  await tx.query(sql`
    update checkpoints set position = ${String(position)}::bigint, store = ${store}::uuid, updated_at = now()
    where projection = any(${[...projections]}::text[])`);
  if (bookmark !== undefined) await setBookmark(tx, projections, bookmark);
}

/** Sets what was applied last, and where. */
export async function setBookmark(tx: Queryable, projections: readonly string[], bookmark: Bookmark): Promise<void> {
  const { position, stream, id, hash } = bookmark;
  await tx.query(sql`
    update checkpoints
    set bookmark_position = ${String(position)}::bigint, bookmark_stream = ${stream}, bookmark_id = ${id}::uuid,
      bookmark_hash = ${hash}
    where projection = any(${[...projections]}::text[])`);
}

/** Records that projections have come to the end of the event store: from now on their tables may be believed. */
export async function markBuilt(db: Queryable, projections: readonly string[]): Promise<void> {
  await db.query(sql`
    update checkpoints set built = true, updated_at = now()
    where projection = any(${[...projections]}::text[]) and not built`);
}

/** Records a projection rebuilt by a program of this version; it runs again, had it been stopped. */
export async function replaceCheckpoint(
  tx: Queryable,
  checkpoint: Pick<Checkpoint, 'projection' | 'version' | 'position' | 'bookmark'> & { readonly store: string },
): Promise<void> {
  const { projection, version, position, store, bookmark } = checkpoint;
  await tx.query(sql`
    insert into checkpoints (projection, version, position, store, built)
    values (${projection}, ${version}, ${position === undefined ? null : String(position)}::bigint, ${store}::uuid, true)
    on conflict (projection) do update
    set version = excluded.version, position = excluded.position, store = excluded.store, built = true,
      bookmark_position = null, bookmark_stream = null, bookmark_id = null, bookmark_hash = null,
      stopped_reason = null, updated_at = now()`);
  if (bookmark !== undefined) await setBookmark(tx, [projection], bookmark);
}

/** Stops a projection, unless another process has got it past the checkpoint where it failed. */
export async function stopAtCheckpoint(db: Queryable, failedAt: Checkpoint, reason: string): Promise<void> {
  const { projection, version, position } = failedAt;
  await db.query(sql`
    update checkpoints set stopped_reason = ${reason}, updated_at = now()
    where projection = ${projection} and version = ${version}
      and position is not distinct from ${position === undefined ? null : String(position)}::bigint`);
}

/** Stops a projection whose rebuild failed, unless it has been rebuilt since. */
export async function stopOutdated(
  db: Queryable,
  { projection, version }: Pick<Checkpoint, 'projection' | 'version'>,
  reason: string,
): Promise<void> {
  await db.query(sql`
    update checkpoints set stopped_reason = ${reason}, updated_at = now()
    where projection = ${projection} and version = ${version}`);
}

/** Lets stopped projections try again. */
export async function resumeProjections(db: Queryable, projections: readonly string[]): Promise<void> {
  await db.query(sql`
    update checkpoints set stopped_reason = null, updated_at = now()
    where projection = any(${[...projections]}::text[]) and stopped_reason is not null`);
}
