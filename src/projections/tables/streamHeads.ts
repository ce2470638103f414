import { carriedHash } from '../../events/carriedHash.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import type { Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table stream_heads: the last event of each stream, events of unknown types included. The audit compares it with
// the event store, to find a truncated stream.

export interface StreamHeadRow {
  stream: string;
  revision: number;
  /** Links the next event: hashChain.ts. Empty for an event that was written without one. */
  hash: string;
  /** A bigint, as text. */
  position: string;
}

export const streamHeads: Projection = {
  name: 'stream_heads',
  table: true,
  version: VERSIONS.stream_heads,
  severalOfAStream: true,
  on: {
    '*': (tx, events) => {
      // Each stream's last one.
      const heads = [...new Map(events.map((event) => [event.stream, event])).values()];
      const rows = heads.map((event) => ({
        stream: event.stream,
        revision: event.revision,
        position: String(event.position),
        // All that is read of an event: its type may be unknown, and its data is none of this table's business.
        hash: carriedHash(event),
      }));
      return tx.query(sql`
        insert into stream_heads as h (stream, revision, hash, position)
        select e.stream, e.revision, e.hash, e.position
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (
          stream text, revision integer, hash text, position bigint)
        on conflict (stream) do update
        set revision = excluded.revision, hash = excluded.hash, position = excluded.position
        where h.revision < excluded.revision`);
    },
  },
};

/** Finds the head of a stream. */
export async function findStreamHead(db: Queryable, stream: string): Promise<StreamHeadRow | undefined> {
  const [row] = await db.query<StreamHeadRow>(
    sql`select stream, revision, hash, position from stream_heads where stream = ${stream}`,
  );
  return row;
}

/** Finds how far some streams go, as far as this table knows. */
export async function findHeadRevisions(db: Queryable, streams: readonly string[]): Promise<Map<string, number>> {
  if (streams.length === 0) return new Map();
  const rows = await db.query<{ stream: string; revision: number }>(
    sql`select stream, revision from stream_heads where stream = any(${[...streams]}::text[])`,
  );
  return new Map(rows.map(({ stream, revision }) => [stream, revision]));
}

/** Lists the newest heads, by position backwards from `before`. */
export async function listNewestHeads(
  db: Queryable,
  { before, limit }: { readonly before: bigint; readonly limit: number },
): Promise<StreamHeadRow[]> {
  return db.query<StreamHeadRow>(sql`
    select stream, revision, hash, position from stream_heads
    where position < ${String(before)}::bigint order by position desc limit ${limit}`);
}

/** Lists heads by stream name, from the one after `after` on. */
export async function listStreamHeads(
  db: Queryable,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<StreamHeadRow[]> {
  return db.query<StreamHeadRow>(sql`
    select stream, revision, hash, position from stream_heads
    where stream > ${after ?? ''} order by stream limit ${limit}`);
}
