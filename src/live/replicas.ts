import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// The table change_feeds: the replicas that hear invalidations, one row per database session. Not a projection: each replica
// announces itself, and a command that waits for confirmations reads it.

/** Part of the connection's name, for people who look at pg_stat_activity. */
const NAME_PREFIX = 'metamcp-feed ';
/** NAMEDATALEN - 1: PostgreSQL cuts an application_name there. */
const NAME_LIMIT_BYTES = 63;

/** With the id of a row of change_feeds, the advisory lock of a replica's database session: "feed" in ASCII. */
const SESSION_LOCK = 0x66656564;

/** A replica that may trust its memory by a database session. */
export interface AnnouncedReplica {
  readonly id: number;
  readonly replica: string;
  /** The session stands on the server. */
  readonly live: boolean;
}

/**
 * Announces a replica by this database session, in place of the session that it had before. From then on every change waits
 * for its confirmation. @returns the id of the announcement
 */
export async function announceReplica(connection: Queryable, replica: string, former?: number): Promise<number> {
  // PostgreSQL allows printable ASCII only.
  const name = (NAME_PREFIX + replica.replace(/[^\x20-\x7e]/g, '?')).slice(0, NAME_LIMIT_BYTES);
  await connection.query<{ name: string | null }>(
    sql`select set_config('application_name', ${name}, false)::text as name`,
  );
  // Locked before the row can be seen: a row whose lock is free is one whose session has ended.
  const [row] = await connection.query<{ id: number; locked: string | null }>(sql`
    with replaced as (delete from change_feeds where id = ${former ?? null}),
      announced as (insert into change_feeds (replica) values (${replica}) returning id)
    select id, pg_advisory_lock(${SESSION_LOCK}, id)::text as locked from announced`);
  if (row === undefined) throw new TypeError('an announced replica has an id');
  return row.id;
}

/** Lists the replicas that are announced in this database. */
export function listReplicas(db: Queryable): Promise<AnnouncedReplica[]> {
  return db.query<{ id: number; replica: string; live: boolean }>(sql`
    select f.id, f.replica, exists (
      select from pg_locks l join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and d.datname = current_database() and l.granted
        and l.classid::bigint = ${SESSION_LOCK}::bigint and l.objid::bigint = f.id and l.objsubid = 2
    ) as live
    from change_feeds f`);
}

/** Counts the replicas that are announced in this database and live: one that was killed stays announced. */
export async function countReplicas(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(sql`
    select count(*)::integer as count from change_feeds f
    where exists (
      select from pg_locks l join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and d.datname = current_database() and l.granted
        and l.classid::bigint = ${SESSION_LOCK}::bigint and l.objid::bigint = f.id and l.objsubid = 2
    )`);
  return row?.count ?? 0;
}

/** Removes an announcement whose session no replica trusts any more. */
export async function withdrawReplica(db: Queryable, id: number): Promise<void> {
  await db.query(sql`delete from change_feeds where id = ${id}`);
}
