import { z } from 'zod';
import type { Queryable } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

// How change feeds and confirmations find and hear each other, through Postgres alone.

export const ACKS_CHANNEL = 'metamcp_acks';

/** A feed's connection is named so from when it listens on; pg_stat_activity is the list of live replicas. */
const FEED_PREFIX = 'metamcp-feed ';
/** NAMEDATALEN - 1: PostgreSQL cuts an application_name there. */
const NAME_LIMIT_BYTES = 63;

const ackSchema = z.object({ pid: z.int(), position: z.string().regex(/^\d+$/).transform(BigInt) });

/** The answer of a feed's connection: everything notified before the question about `position` has been taken in. */
export type Ack = z.infer<typeof ackSchema>;

/** A live feed, by the process id of its Postgres session. */
export interface LiveFeed {
  readonly pid: number;
  readonly replica: string;
}

/** Names this session as the feed of a replica. @returns the session's process id */
export async function announceFeed(connection: Queryable, replica: string): Promise<number> {
  // PostgreSQL allows printable ASCII only.
  const name = (FEED_PREFIX + replica.replace(/[^\x20-\x7e]/g, '?')).slice(0, NAME_LIMIT_BYTES);
  const [row] = await connection.query<{ pid: number; name: string | null }>(
    sql`select pg_backend_pid() as pid, set_config('application_name', ${name}, false)::text as name`,
  );
  if (row === undefined) throw new TypeError('a session has a process id');
  return row.pid;
}

/** Lists the feeds that are connected to this database. */
export async function listFeeds(db: Queryable): Promise<LiveFeed[]> {
  const rows = await db.query<{ pid: number | null; name: string | null }>(sql`
    select pid, application_name as name from pg_stat_activity
    where datname = current_database() and starts_with(application_name, ${FEED_PREFIX})`);
  return rows.flatMap(({ pid, name }) =>
    pid === null || name === null ? [] : [{ pid, replica: name.slice(FEED_PREFIX.length) }],
  );
}

/** Answers a question. */
export async function acknowledge(connection: Queryable, { pid, position }: Ack): Promise<void> {
  const payload = JSON.stringify({ pid, position: String(position) });
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
