import type { Json } from '../../events/eventStore.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

// The table stream_snapshots: states of long streams. A cache, and no projection: commands write it, and believe nothing of it
// that the event store does not confirm (src/commands/snapshot.ts). streamKnowledge.ts reads it.

export interface StreamSnapshotRow {
  revision: number;
  hash: string;
  version: number;
  state: Json;
  mac: string;
}

/** Keeps a snapshot in place of the stream's one. */
export async function saveStreamSnapshot(db: Queryable, stream: string, snapshot: StreamSnapshotRow): Promise<void> {
  const { revision, hash, version, state, mac } = snapshot;
  await db.query(sql`
    insert into stream_snapshots (stream, revision, hash, version, state, mac)
    values (${stream}, ${revision}, ${hash}, ${version}, ${JSON.stringify(state)}::jsonb, ${mac})
    on conflict (stream) do update
    set revision = excluded.revision, hash = excluded.hash, version = excluded.version, state = excluded.state,
      mac = excluded.mac`);
}
