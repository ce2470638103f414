import { Conflict } from '../errors/appError.ts';
import type { Database } from '../postgres/database.ts';
import { sql } from '../postgres/sql.ts';

/** Names this among advisory locks: "appl" in ASCII. */
const APPLY_LOCK = 0x6170706c;

/**
 * Lets one process at a time apply a file: names of keys are not unique, so two would both create a key that neither
 * saw. It ends with the process that holds it.
 * @throws Conflict `apply-running`; what `work` throws; Unavailable
 */
export async function whileApplying(db: Database, work: () => Promise<void>): Promise<void> {
  const progress = { finished: false };
  try {
    await db.transaction(async (tx) => {
      const [row] = await tx.query<{ taken: boolean | null }>(
        sql`select pg_try_advisory_xact_lock(${APPLY_LOCK}) as taken`,
      );
      if (row?.taken !== true) {
        throw new Conflict(
          'apply-running',
          'Somebody else is applying a file at this moment. Nothing was changed; run it again.',
        );
      }
      await work();
      progress.finished = true;
    });
  } catch (error) {
    // What was done is done, even if the lock was lost with its connection.
    if (!progress.finished) throw error;
  }
}
