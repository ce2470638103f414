import pg from 'pg';
import { Unavailable } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// The table checkpoints: how far each projection has come, and in which event store. Its rows are also the locks that
// make an event be applied once.

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
}

export interface Checkpoint {
  readonly projection: string;
  readonly version: number;
  /** The last event applied; undefined before the first. */
  readonly position: bigint | undefined;
  /** The identity of the event store whose position it is; undefined when an older version has written it. */
  readonly store: string | undefined;
  /** False until it has come to the end of the event store once. */
  readonly built: boolean;
  /** Undefined while it runs. */
  readonly stoppedReason: string | undefined;
}

function asCheckpoint({ projection, version, position, store, built, stoppedReason }: Row): Checkpoint {
  return {
    projection,
    version,
    position: position === null ? undefined : BigInt(position),
    store: store ?? undefined,
    built,
    stoppedReason: stoppedReason ?? undefined,
  };
}

/** Says whether a checkpoint has come as far as `position`; undefined lies before every event. */
export function hasReached(checkpoint: Pick<Checkpoint, 'position'>, position: bigint | undefined): boolean {
  return position === undefined || (checkpoint.position !== undefined && checkpoint.position >= position);
}

/** Says whether a checkpoint's position is one of this event store's. */
export function isOf(checkpoint: Checkpoint, identity: string): boolean {
  return checkpoint.store === undefined || checkpoint.store === identity;
}

/** The position up to which all have applied the events; undefined: some have applied none. */
export function lowest(checkpoints: readonly Checkpoint[]): bigint | undefined {
  return checkpoints.reduce((least, each) => (hasReached(each, least.position) ? least : each), {
    position: checkpoints[0]?.position,
  }).position;
}

/** The last position that any has applied. */
export function furthest(checkpoints: readonly Checkpoint[]): bigint | undefined {
  return checkpoints.reduce<bigint | undefined>(
    (max, { position }) => (max === undefined || (position !== undefined && position > max) ? position : max),
    undefined,
  );
}

/** Reads the checkpoints of the projections named. */
export async function readCheckpoints(db: Queryable, projections: readonly string[]): Promise<Checkpoint[]> {
  const rows = await db.query<Row>(sql`
    select projection, version, position, store, built, stopped_reason as "stoppedReason"
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
        select projection, version, position, store, built, stopped_reason as "stoppedReason"
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

/** Moves checkpoints on. */
export async function advanceCheckpoints(
  tx: Queryable,
  projections: readonly string[],
  { position, store }: { position: bigint; store: string },
): Promise<void> {
  await tx.query(sql`
    update checkpoints set position = ${String(position)}::bigint, store = ${store}::uuid, updated_at = now()
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
  checkpoint: { projection: string; version: number; position: bigint | undefined; store: string },
): Promise<void> {
  const { projection, version, position, store } = checkpoint;
  await tx.query(sql`
    insert into checkpoints (projection, version, position, store, built)
    values (${projection}, ${version}, ${position === undefined ? null : String(position)}::bigint, ${store}::uuid, true)
    on conflict (projection) do update
    set version = excluded.version, position = excluded.position, store = excluded.store, built = true,
      stopped_reason = null, updated_at = now()`);
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
