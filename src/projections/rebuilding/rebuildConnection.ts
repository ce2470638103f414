import { setTimeout as delay } from 'node:timers/promises';
import { pg } from '../../postgres/driver.ts';
import { Refused } from '../../errors/appError.ts';
import { openConnection } from '../../postgres/connection.ts';
import type { Queryable } from '../../postgres/database.ts';
import { sql } from '../../postgres/sql.ts';

/** With the oid of the table checkpoints, the advisory lock of the process that rebuilds: any constant, the same in every process. */
const REBUILD_LOCK = 1_380_271_696;

/** How often one who waits for another process's rebuild looks again. A statement that waits would hold back vacuum. */
const TURN_POLL_MS = 250;

/** A statement over a whole table takes its time; one that takes longer has no server behind it any more. */
const STATEMENT_TIMEOUT_MS = 30 * 60_000;

/** A connection of its own for a rebuild: its temporary tables and its turn end with its database session, however it ends. */
export interface RebuildConnection extends Queryable, AsyncDisposable {
  /** Runs `work` in one transaction; the connection is of no use any more when it throws. (Default: read committed) */
  transaction<T>(work: () => Promise<T>, isolation?: 'read committed' | 'repeatable read'): Promise<T>;
  /** Runs `work` so that, when it throws, nothing of it is left and the connection goes on; inside a transaction or not. */
  apart(work: () => Promise<void>): Promise<void>;
}

export interface RebuildConnectionOptions {
  readonly url: string;
  /** Only one process at a time has a turn; who changes no live table needs none. (Default: true) */
  readonly turn?: boolean;
  /** Called once when another process has its turn. */
  readonly onWaiting?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens a connection and waits for its turn. @throws Unavailable; AbortError */
export async function openRebuildConnection(options: RebuildConnectionOptions): Promise<RebuildConnection> {
  const { url, turn = true, onWaiting, signal } = options;
  await using opened = new AsyncDisposableStack();
  const connection = opened.use(await openConnection({ url, applicationName: 'metamcp rebuild' }));
  let inTransaction = false;
  const rebuildConnection: RebuildConnection = {
    async query(statement) {
      const timer = setTimeout(() => connection.destroy(), STATEMENT_TIMEOUT_MS);
      try {
        return await connection.query(statement);
      } catch (error) {
        throw privilegeMissing(error) ?? error;
      } finally {
        clearTimeout(timer);
      }
    },
    async transaction(work, isolation = 'read committed') {
      await rebuildConnection.query({ text: `begin isolation level ${isolation}`, values: [] });
      inTransaction = true;
      const result = await work();
      await rebuildConnection.query({ text: 'commit', values: [] });
      inTransaction = false;
      return result;
    },
    async apart(work) {
      const [begin, end, undo] = inTransaction
        ? ['savepoint apart', 'release savepoint apart', 'rollback to savepoint apart']
        : ['begin isolation level read committed', 'commit', 'rollback'];
      await rebuildConnection.query({ text: begin, values: [] });
      try {
        await work();
        await rebuildConnection.query({ text: end, values: [] });
      } catch (error) {
        if (connection.open) await rebuildConnection.query({ text: undo, values: [] });
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
  // Whole tables go through these; a lost commit of a shadow's rows is lost with the shadow.
  await rebuildConnection.query<{ buffers: string | null; memory: string | null; sync: string | null }>(sql`
    select set_config('temp_buffers', '32MB', false)::text as buffers,
      set_config('work_mem', '32MB', false)::text as memory,
      set_config('synchronous_commit', 'off', false)::text as sync`);
  for (let waiting = false; turn && !(await takeTurn(rebuildConnection)); waiting = true) {
    if (!waiting) onWaiting?.();
    await delay(TURN_POLL_MS, undefined, { ...(signal !== undefined && { signal }) });
  }
  const closing = opened.move();
  return rebuildConnection;
}

/** An operator may have granted the gateway no more than it needs day by day. */
function privilegeMissing(error: unknown): Refused | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code !== '42501') return undefined;
  return new Refused('privilege-missing', `The database user may not do this: ${error.message}.`, { cause: error });
}

async function takeTurn(databaseSession: Queryable): Promise<boolean> {
  const [row] = await databaseSession.query<{ taken: boolean | null }>(sql`
    select pg_try_advisory_lock(${REBUILD_LOCK}, 'checkpoints'::regclass::oid::integer) as taken`);
  return row?.taken === true;
}
