import { z } from 'zod';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// How change feeds and confirmations find and hear each other, through Postgres alone.

export const ACKS_CHANNEL = 'metamcp_acks';

/** A feed's connection is named so for people who look at pg_stat_activity. */
const FEED_PREFIX = 'metamcp-feed ';
/** NAMEDATALEN - 1: PostgreSQL cuts an application_name there. */
const NAME_LIMIT_BYTES = 63;

/** With the id of a row of change_feeds, the advisory lock of a feed's session: "feed" in ASCII. */
const FEED_LOCK = 0x66656564;

const ackSchema = z.object({ feed: z.int(), question: z.string() });

/** The answer of a feed: everything notified before the question has been taken in. */
export type Ack = z.infer<typeof ackSchema>;

/** A session that a replica may trust its memory by. */
export interface AnnouncedFeed {
  readonly id: number;
  readonly replica: string;
  /** It stands on the server. */
  readonly live: boolean;
}

/**
 * Announces this session as the feed of a replica, in place of the session that the replica had before. From then on
 * whoever reports a change waits for it. @returns the feed's id
 */
export async function announceFeed(connection: Queryable, replica: string, former?: number): Promise<number> {
  // PostgreSQL allows printable ASCII only.
  const name = (FEED_PREFIX + replica.replace(/[^\x20-\x7e]/g, '?')).slice(0, NAME_LIMIT_BYTES);
  await connection.query<{ name: string | null }>(
    sql`select set_config('application_name', ${name}, false)::text as name`,
  );
  // Locked before the row can be seen: a row whose lock is free is one whose session has ended.
  const [row] = await connection.query<{ id: number; locked: string | null }>(sql`
    with replaced as (delete from change_feeds where id = ${former ?? null}),
      announced as (insert into change_feeds (replica) values (${replica}) returning id)
    select id, pg_advisory_lock(${FEED_LOCK}, id)::text as locked from announced`);
  if (row === undefined) throw new TypeError('an announced feed has an id');
  return row.id;
}

/** Lists the feeds that are announced in this database. */
export function listFeeds(db: Queryable): Promise<AnnouncedFeed[]> {
  return db.query<{ id: number; replica: string; live: boolean }>(sql`
    select f.id, f.replica, exists (
      select from pg_locks l join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and d.datname = current_database() and l.granted
        and l.classid::bigint = ${FEED_LOCK}::bigint and l.objid::bigint = f.id and l.objsubid = 2
    ) as live
    from change_feeds f`);
}

/** Forgets a feed that nobody trusts any more. */
export async function withdrawFeed(db: Queryable, id: number): Promise<void> {
  await db.query(sql`delete from change_feeds where id = ${id}`);
}

/** Answers a question. */
export async function acknowledge(connection: Queryable, ack: Ack): Promise<void> {
  const payload = JSON.stringify(ack);
  await connection.query<{ notified: string | null }>(
    sql`select pg_notify(${ACKS_CHANNEL}, ${payload})::text as notified`,
  );
}

/** Reads an answer; undefined when it makes no sense. */
export function parseAck(payload: string): Ack | undefined {
  try {
    return ackSchema.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
