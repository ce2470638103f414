import { pg } from './driver.ts';
import type { TimedQuery } from './timedQuery.ts';

export interface SessionSettings {
  /** How long a statement waits for a lock. (Default: no bound) */
  readonly lockTimeoutMs?: number | undefined;
  /** How long a statement runs. (Default: no bound) */
  readonly statementTimeoutMs?: number | undefined;
  /** How long a transaction may be without a statement. (Default: no bound) */
  readonly idleInTransactionTimeoutMs?: number | undefined;
  /** Whether the server refuses every statement that writes. (Default: false) */
  readonly readOnly?: boolean | undefined;
}

/** What our statements, and pg's parsers, rely on; the values are PostgreSQL's own defaults. */
const FIXED: Readonly<Record<string, string>> = {
  // How values are written and read.
  client_encoding: 'UTF8',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  // What a statement means and does.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  row_security: 'on',
  exit_on_error: 'off',
  default_table_access_method: 'heap',
  // A connection that waits for notifications is idle for days.
  idle_session_timeout: '0',
};

/**
 * Sets what a new connection relies on, so that nothing depends on what a role, a database or PGOPTIONS has set. It is a
 * statement, because poolers refuse a connection that sets in its start-up message what they don't know.
 */
export async function applySettings(
  client: pg.ClientBase,
  settings: SessionSettings,
  patienceMs: number,
): Promise<void> {
  const { lockTimeoutMs = 0, statementTimeoutMs = 0, idleInTransactionTimeoutMs = 0, readOnly = false } = settings;
  const values = Object.entries({
    ...FIXED,
    lock_timeout: String(lockTimeoutMs),
    statement_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: String(idleInTransactionTimeoutMs),
    default_transaction_read_only: readOnly ? 'on' : 'off',
  });
  const calls = values.map(([name, value]) => `set_config('${name}', '${value}', false)`);
  const query: TimedQuery = {
    // Two statements in one message: a role's time-out may be shorter than the second one takes.
    text: `set statement_timeout = 0; select ${[TRANSACTION_TIMEOUT, ...calls, SYNCHRONOUS_COMMIT, SEARCH_PATH].join(', ')}`,
    query_timeout: patienceMs,
  };
  for (let triesLeft = MAX_CANCELLED; ; triesLeft--) {
    try {
      await client.query(query);
      return;
    } catch (error) {
      if (!wasCancelled(error) || triesLeft === 0) throw error;
    }
  }
}

/**
 * A role's time-out of a millisecond may end even the statement that lifts it, on a busy machine; then nothing has been set,
 * and it is tried again so often.
 */
const MAX_CANCELLED = 10;

/** query_canceled (PostgreSQL, Appendix A). */
function wasCancelled(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '57014';
}

/** Since PostgreSQL 17. It comes first, because it ends the connection. */
const TRANSACTION_TIMEOUT =
  "case when current_setting('transaction_timeout', true) is not null then set_config('transaction_timeout', '0', false) end";

/** What is reported as stored is on disk. Whether standbys have it, too, is left to the server's administrator. */
const SYNCHRONOUS_COMMIT =
  "case when current_setting('synchronous_commit') = 'off' then set_config('synchronous_commit', 'on', false) end";

/**
 * One schema: the one on the path that holds our tables, before the first migration the first that there is, else
 * `public`. A schema that another program makes under the role's name, which stands before `public` in the default
 * path, changes nothing then.
 */
const SEARCH_PATH = `set_config('search_path', quote_ident(coalesce(
  (select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass('vault_keys')),
  (select s from current_schema() s where s not in ('pg_catalog', 'information_schema')),
  'public')), false)`;
