import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The rows of the table unreadable_events, which unreadableEventsProjection.ts writes.

export interface UnreadableEventRow {
  stream: string;
  revision: number;
  /** A bigint, as text. */
  position: string;
  type: string;
  reason: string;
  skipped: boolean;
}

/** Finds what keeps a stream from being used. */
export async function listUnreadableOf(db: Queryable, stream: string): Promise<UnreadableEventRow[]> {
  return db.query<UnreadableEventRow>(sql`
    select stream, revision, position, type, reason, skipped from unreadable_events
    where stream = ${stream} order by revision`);
}

/** Lists the unreadable events that no operator has skipped, the first ones by stream name. */
export async function listUnreadable(db: Queryable, limit: number): Promise<UnreadableEventRow[]> {
  return db.query<UnreadableEventRow>(sql`
    select stream, revision, position, type, reason, skipped from unreadable_events
    where not skipped order by stream, revision limit ${limit}`);
}

/** Lists the newest unreadable events, skipped ones too, by position backwards from `before`. */
export async function listNewestUnreadable(
  db: Queryable,
  { before, limit }: { readonly before: string; readonly limit: number },
): Promise<UnreadableEventRow[]> {
  return db.query<UnreadableEventRow>(sql`
    select stream, revision, position, type, reason, skipped from unreadable_events
    where position < ${before}::bigint order by position desc limit ${limit}`);
}
