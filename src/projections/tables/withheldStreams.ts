import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The table withheld_streams: keys and servers whose rows do not count until they have come to a revision. It lets a
// revocation hold that is stored while its projection is stopped or far behind. Not a projection.

/** Has the rows of a stream not count until they contain the event at `revision`. */
export async function withholdStream(db: Queryable, stream: string, revision: number): Promise<void> {
  await db.query(sql`
    insert into withheld_streams as w (stream, revision) values (${stream}, ${revision})
    on conflict (stream) do update set revision = greatest(w.revision, excluded.revision)`);
}

/** Ends the withholding up to a revision, once the rows have come to it. */
export async function releaseStream(db: Queryable, stream: string, revision: number): Promise<void> {
  await db.query(sql`delete from withheld_streams where stream = ${stream} and revision <= ${revision}`);
}

/** Withholds a stream up to this revision and no further. */
export async function withholdOnlyUpTo(db: Queryable, stream: string, revision: number): Promise<void> {
  await db.query(
    sql`update withheld_streams set revision = ${revision} where stream = ${stream} and revision > ${revision}`,
  );
}
