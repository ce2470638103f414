import pg from 'pg';
import { Unavailable } from '../errors.ts';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// The table checkpoints: how far each projection has come. Its rows are also the locks that make an event be applied once.

/** How long a process may freeze in the middle of a batch before PostgreSQL takes the locks from it. */
const IDLE_TIMEOUT_MS = 10_000;
/** How long a pump waits for the one that is under way in another process: longer than a frozen one holds out. */
const LOCK_TIMEOUT_MS = 15_000;

interface Row {
  projection: string;
  version: number;
  position: string | null;
  stoppedReason: string | null;
}

export interface Checkpoint {
  readonly projection: string;
  readonly version: number;
  /** The last event applied; undefined before the first. */
  readonly position: bigint | undefined;
  /** Undefined while it runs. */
  readonly stoppedReason: string | undefined;
}

function asCheckpoint({ projection, version, position, stoppedReason }: Row): Checkpoint {
  return {
    projection,
    version,
    position: position === null ? undefined : BigInt(position),
    stoppedReason: stoppedReason ?? undefined,
  };
}

/** Says whether a checkpoint has come as far as `position`; undefined lies before every event. */
export function hasReached(checkpoint: Pick<Checkpoint, 'position'>, position: bigint | undefined): boolean {
  return position === undefined || (checkpoint.position !== undefined && checkpoint.position >= position);
}

/** Reads the checkpoints of the projections named. */
export async function readCheckpoints(db: Queryable, projections: readonly string[]): Promise<Checkpoint[]> {
  const rows = await db.query<Row>(sql`
    select projection, version, position, stopped_reason as "stoppedReason"
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
        select projection, version, position, stopped_reason as "stoppedReason"
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

/** Adds the checkpoint of a new projection; one that is there already stays as it is. */
export async function insertCheckpoint(db: Queryable, projection: string, version: number): Promise<void> {
  await db.query(sql`
    insert into checkpoints (projection, version) values (${projection}, ${version}) on conflict (projection) do nothing`);
}

/** Moves checkpoints on. */
export async function advanceCheckpoints(
  tx: Queryable,
  projections: readonly string[],
  position: bigint,
): Promise<void> {
  await tx.query(sql`
    update checkpoints set position = ${String(position)}::bigint, updated_at = now()
    where projection = any(${[...projections]}::text[])`);
}

/** Records a projection rebuilt by a program of this version; it runs again, had it been stopped. */
export async function replaceCheckpoint(tx: Queryable, checkpoint: Omit<Checkpoint, 'stoppedReason'>): Promise<void> {
  const { projection, version, position } = checkpoint;
  await tx.query(sql`
    update checkpoints
    set version = ${version}, position = ${position === undefined ? null : String(position)}::bigint,
      stopped_reason = null, updated_at = now()
    where projection = ${projection}`);
}

/** Stops a projection, unless another process has got it past the checkpoint where it failed. */
export async function stopAtCheckpoint(db: Queryable, failedAt: Checkpoint, reason: string): Promise<void> {
  const { projection, version, position } = failedAt;
  await db.query(sql`
    update checkpoints set stopped_reason = ${reason}, updated_at = now()
    where projection = ${projection} and version = ${version}
      and position is not distinct from ${position === undefined ? null : String(position)}::bigint`);
}

/** Lets stopped projections try again. */
export async function resumeProjections(db: Queryable, projections: readonly string[]): Promise<void> {
  await db.query(sql`
    update checkpoints set stopped_reason = null, updated_at = now()
    where projection = any(${[...projections]}::text[]) and stopped_reason is not null`);
}
