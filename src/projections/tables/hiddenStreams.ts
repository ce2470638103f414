import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The table hidden_streams: streams of which the event store does not show the beginning any more, or has a limit that will
// hide it (`limited`: usable until then, and looked at again and again). Not a projection: it is
// what the store was seen to show.

export interface HiddenStreamRow {
  stream: string;
  visibility: string;
  noticedAt: Date;
}

const NOTED = ['limited', 'hidden', 'removed'];

/** Notes what the store shows of a stream: `whole` and `absent` are nothing to note. */
export async function noteVisibility(db: Queryable, stream: string, visibility: string): Promise<void> {
  if (!NOTED.includes(visibility)) {
    await db.query(sql`delete from hidden_streams where stream = ${stream}`);
    return;
  }
  await db.query(sql`
    insert into hidden_streams (stream, visibility) values (${stream}, ${visibility})
    on conflict (stream) do update set visibility = excluded.visibility, noticed_at = now()
    where hidden_streams.visibility <> excluded.visibility`);
}

/** Forgets the hidden streams that no table knows any more, after their loss was accepted. */
export async function forgetLostStreams(db: Queryable): Promise<void> {
  await db.query(sql`
    delete from hidden_streams h where not exists (select from stream_heads s where s.stream = h.stream)`);
}

/** Lists hidden streams by name, from the one after `after` on. */
export async function listHiddenStreams(
  db: Queryable,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<HiddenStreamRow[]> {
  return db.query<HiddenStreamRow>(sql`
    select stream, visibility, noticed_at as "noticedAt" from hidden_streams
    where stream > ${after ?? ''} order by stream limit ${limit}`);
}

/** Lists streams with a limit that has not hidden anything yet. */
export async function listLimitedStreams(db: Queryable, limit: number): Promise<string[]> {
  const rows = await db.query<{ stream: string }>(sql`
    select stream from hidden_streams where visibility = 'limited' order by stream limit ${limit}`);
  return rows.map(({ stream }) => stream);
}
