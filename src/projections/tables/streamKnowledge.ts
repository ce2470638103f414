import { z } from 'zod';
import type { Visibility } from '../../events/eventStore.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Database } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';
import { invalidationOfStreams, notifyInvalidation } from './invalidation.ts';
import { noteVisibility } from './hiddenStreams.ts';
import { saveStreamSnapshot, type StreamSnapshotRow } from './streamSnapshots.ts';

const unreadableSchema = z.array(z.object({ revision: z.int(), skipped: z.boolean(), reason: z.string() }));

const snapshotSchema = z.object({
  revision: z.int(),
  hash: z.string(),
  version: z.int(),
  state: z.json(),
  mac: z.string(),
});

/**
 * Makes what commands know of a stream before they read it: src/commands/streamKnowledge.ts. A join of four tables in one
 * statement, because every command begins with it.
 */
export function createStreamKnowledge({ db, logger }: { readonly db: Database; readonly logger: Logger }) {
  return {
    async find(stream: string) {
      const [row] = await db.query<{
        revision: number | null;
        hidden: string | null;
        unreadable: { revision: number; skipped: boolean; reason: string }[] | null;
        snapshot: { revision: number; hash: string; version: number; state: unknown; mac: string } | null;
      }>(sql`
        select
          (select revision from stream_heads where stream = ${stream}) as revision,
          (select visibility from hidden_streams where stream = ${stream} and visibility <> 'limited') as hidden,
          (select coalesce(jsonb_agg(jsonb_build_object('revision', revision, 'skipped', skipped, 'reason', reason)), '[]')
            from unreadable_events where stream = ${stream}) as unreadable,
          (select jsonb_build_object('revision', revision, 'hash', hash, 'version', version, 'state', state, 'mac', mac)
            from stream_snapshots where stream = ${stream}) as snapshot`);
      return {
        revision: row?.revision ?? undefined,
        hidden: z
          .enum(['hidden', 'removed'])
          .optional()
          .parse(row?.hidden ?? undefined),
        unreadable: unreadableSchema.parse(row?.unreadable ?? []),
        // One that is not of this form is none.
        snapshot: snapshotSchema.safeParse(row?.snapshot).data,
      };
    },
    async noteVisibility(stream: string, visibility: Visibility) {
      await db.transaction(async (tx) => {
        await noteVisibility(tx, stream, visibility);
        await notifyInvalidation(tx, invalidationOfStreams([stream]));
      });
    },
    async keepSnapshot(stream: string, snapshot: StreamSnapshotRow) {
      await saveStreamSnapshot(db, stream, snapshot).catch((error: unknown) => {
        logger.warn(
          { err: error, stream },
          'the state of a stream could not be kept; the next command reads all of it',
        );
      });
    },
  };
}
