import { streamRepairEvents } from '../../events/streamRepair.ts';
import { repairedStream } from '../../events/streamName.ts';
import { sql } from '../../postgres/sql.ts';
import type { Queryable } from '../../postgres/database.ts';
import { handlersOfSome, type Projection } from './projection.ts';
import { VERSIONS } from './versions.ts';

// The table retired_streams: keys, roles and servers that were made invalid although their history can't be read.

export interface RetiredStreamRow {
  stream: string;
  final: boolean;
  reason: string | null;
  at: Date;
  actor: string;
}

export const retiredStreams: Projection = {
  name: 'retired_streams',
  table: true,
  version: VERSIONS.retired_streams,
  on: handlersOfSome(streamRepairEvents, {
    StreamRetired: (tx, events) => {
      const rows = events.map(({ stream, revision, data, metadata: { at, actor } }) => ({
        stream: repairedStream(stream),
        final: data.final,
        reason: data.reason,
        at,
        actor,
        revision,
      }));
      return tx.query(sql`
        insert into retired_streams as r (stream, final, reason, at, actor, revision)
        select e.stream, e.final, e.reason, e.at, e.actor, e.revision
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (
          stream text, final boolean, reason text, at timestamptz, actor text, revision integer)
        on conflict (stream) do update
        set final = excluded.final, reason = excluded.reason, at = excluded.at, actor = excluded.actor,
          revision = excluded.revision
        where r.revision < excluded.revision`);
    },
    StreamReinstated: (tx, events) => {
      const rows = events.map(({ stream, revision }) => ({ stream: repairedStream(stream), revision }));
      return tx.query(sql`
        delete from retired_streams r
        using jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as e (stream text, revision integer)
        where r.stream = e.stream and r.revision < e.revision`);
    },
  }),
};

/** The streams whose keys, roles and servers nothing brings back: they count as deleted. */
export async function streamsRetiredForGood(db: Queryable): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ stream: string }>(sql`select stream from retired_streams where final`);
  return new Set(rows.map(({ stream }) => stream));
}

/** Lists the first retired streams by name. */
export async function listRetiredStreams(db: Queryable, limit: number): Promise<RetiredStreamRow[]> {
  return db.query<RetiredStreamRow>(
    sql`select stream, final, reason, at, actor from retired_streams order by stream limit ${limit}`,
  );
}
